"""The site in Quart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Quart, request

from tests.apps.frameworks import STATIC, blocks, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

application = Quart(__name__, static_folder=str(STATIC), static_url_path="/static")


@application.get("/")
async def page() -> str:
    return f"hello {request.args.get('name', 'world')}"


@application.post("/form")
async def form() -> Any:
    return dict(await request.form)


@application.post("/upload")
async def upload() -> Any:
    file = (await request.files)["file"]
    return told(file.filename or "", file.read())


@application.get("/stream/<int:count>")
async def stream(count: int) -> Any:
    async def tell() -> AsyncIterator[bytes]:
        for block in blocks(count):
            yield block

    return tell()


@application.get("/fails")
async def fails() -> str:
    raise RuntimeError("xyzzy")
