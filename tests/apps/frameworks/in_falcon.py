"""The site in Falcon."""

from __future__ import annotations

from typing import Any

import falcon

from tests.apps.frameworks import STATIC, blocks, told


class Page:
    def on_get(self, req: Any, resp: Any) -> None:
        resp.text = f"hello {req.get_param('name') or 'world'}"


class Form:
    def on_post(self, req: Any, resp: Any) -> None:
        resp.media = req.get_media()


class Upload:
    def on_post(self, req: Any, resp: Any) -> None:
        for part in req.get_media():
            if part.name == "file":
                resp.media = told(part.filename, part.stream.read())


class Stream:
    def on_get(self, _: Any, resp: Any, count: int) -> None:
        resp.stream = blocks(count)


class Fails:
    def on_get(self, _: Any, __: Any) -> None:
        raise RuntimeError("xyzzy")


application = falcon.App()
application.add_route("/", Page())
application.add_route("/form", Form())
application.add_route("/upload", Upload())
application.add_route("/stream/{count:int}", Stream())
application.add_route("/fails", Fails())
application.add_static_route("/static", str(STATIC))
