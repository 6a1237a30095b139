"""The site in Starlette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.apps.frameworks import STATIC, blocks, told

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def page(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.query_params.get('name', 'world')}")


async def form(request: Request) -> Response:
    return JSONResponse(dict(await request.form()))


async def upload(request: Request) -> Response:
    async with request.form() as fields:
        file = fields["file"]
        assert isinstance(file, UploadFile)
        return JSONResponse(told(file.filename or "", await file.read()))


async def stream(request: Request) -> Response:
    return StreamingResponse(blocks(request.path_params["count"]))


async def fails(_: Request) -> Response:
    raise RuntimeError("xyzzy")


application = Starlette(
    routes=[
        Route("/", page),
        Route("/form", form, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/stream/{count:int}", stream),
        Route("/fails", fails),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
)
