"""The site in Litestar."""

from typing import Annotated, Any

from litestar import Litestar, MediaType, get, post
from litestar.datastructures import UploadFile  # noqa: TC002  Litestar reads annotations
from litestar.enums import RequestEncodingType
from litestar.logging import LoggingConfig
from litestar.params import Body
from litestar.response import Stream
from litestar.static_files import create_static_files_router

from tests.apps.frameworks import STATIC, blocks, told


@get("/", media_type=MediaType.TEXT)
async def page(name: str = "world") -> str:
    return f"hello {name}"


@post("/form", status_code=200)
async def form(
    data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> dict[str, str]:
    return data


@post("/upload", status_code=200)
async def upload(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> dict[str, Any]:
    file: UploadFile = data["file"]
    return told(file.filename, await file.read())


@get("/stream/{count:int}")
async def stream(count: int) -> Stream:
    return Stream(blocks(count))


@get("/fails")
async def fails() -> str:
    raise RuntimeError("xyzzy")


application = Litestar(
    logging_config=LoggingConfig(log_exceptions="always"),
    route_handlers=[
        page,
        form,
        upload,
        stream,
        fails,
        create_static_files_router(path="/static", directories=[STATIC]),
    ],
)
