"""The site in Bottle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import Bottle, request, static_file

from tests.apps.frameworks import STATIC, blocks, told

if TYPE_CHECKING:
    from collections.abc import Iterator

application = Bottle()


@application.get("/")
def page() -> str:
    return f"hello {request.query.get('name', 'world')}"


@application.post("/form")
def form() -> dict[str, str]:
    return {name: request.forms.getunicode(name) for name in request.forms}


@application.post("/upload")
def upload() -> dict[str, object]:
    file = request.files["file"]
    return told(file.raw_filename, file.file.read())


@application.get("/stream/<count:int>")
def stream(count: int) -> Iterator[bytes]:
    return blocks(count)


@application.get("/fails")
def fails() -> str:
    raise RuntimeError("xyzzy")


@application.get("/static/<name>")
def static(name: str) -> Any:
    return static_file(name, root=str(STATIC))
