"""The site in FastAPI."""

from typing import Annotated

from fastapi import FastAPI, Form, UploadFile
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from tests.apps.frameworks import STATIC, blocks, told

application = FastAPI()
application.mount("/static", StaticFiles(directory=STATIC))


@application.get("/", response_class=PlainTextResponse)
async def page(name: str = "world") -> str:
    return f"hello {name}"


@application.post("/form")
async def form(a: Annotated[str, Form()], b: Annotated[str, Form()]) -> dict[str, str]:
    return {"a": a, "b": b}


@application.post("/upload")
async def upload(file: UploadFile) -> dict[str, object]:
    return told(file.filename or "", await file.read())


@application.get("/stream/{count}")
async def stream(count: int) -> StreamingResponse:
    return StreamingResponse(blocks(count))


@application.get("/fails")
def fails() -> str:
    """Fail in a thread, where functions without `async` run."""
    raise RuntimeError("xyzzy")
