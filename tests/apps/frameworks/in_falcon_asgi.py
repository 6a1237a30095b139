"""The site in Falcon for ASGI, which is an application of another class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import falcon.asgi

from tests.apps.frameworks import STATIC, blocks, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Page:
    async def on_get(self, req: Any, resp: Any) -> None:
        resp.text = f"hello {req.get_param('name') or 'world'}"


class Form:
    async def on_post(self, req: Any, resp: Any) -> None:
        resp.media = await req.get_media()


class Upload:
    async def on_post(self, req: Any, resp: Any) -> None:
        async for part in await req.get_media():
            if part.name == "file":
                resp.media = told(part.filename, await part.stream.read())


class Stream:
    async def on_get(self, _: Any, resp: Any, count: int) -> None:
        async def each() -> AsyncIterator[bytes]:
            for block in blocks(count):
                yield block

        resp.stream = each()


class Fails:
    async def on_get(self, _: Any, __: Any) -> None:
        raise RuntimeError("xyzzy")


application = falcon.asgi.App()
application.add_route("/", Page())
application.add_route("/form", Form())
application.add_route("/upload", Upload())
application.add_route("/stream/{count:int}", Stream())
application.add_route("/fails", Fails())
application.add_static_route("/static", str(STATIC))
