"""The applications behind each contestant: as small as can be, so that the server is what is measured."""

from __future__ import annotations

import tempfile
import time
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HELLO = b"Hello, World!"

LARGE = b"x" * (1 << 20)

CHUNK, CHUNKS = b"x" * 1024, 64

FILE_SIZE = 10 * (1 << 20)
BLOCK_SIZE = 64 * 1024


def hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say hello, with the two headers that every framework sends."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(HELLO)))])
    return [HELLO]


def read(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say hello once the body has been read, as long as its Content-Length says."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(HELLO)))])
    return [HELLO]


def large(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Give 1 MB in one block."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(LARGE)))])
    return [LARGE]


def chunks(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Give blocks, and do not say how many: each leaves before the next is made (PEP 3333)."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return blocks()


def blocks() -> Iterator[bytes]:
    for _ in range(CHUNKS):
        yield CHUNK


def file(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Give a file, in the way that the server offers, or in blocks where it offers none."""
    start_response(
        "200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(FILE_SIZE))]
    )
    opened = open(written_file(), "rb")  # noqa: SIM115, PTH123 - who sends it closes it
    if "wsgi.file_wrapper" in environ:
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](opened, BLOCK_SIZE)
        return wrapped
    return read_on(opened)


@cache
def written_file() -> str:
    """Write the file when it is first asked for; it is there as long as the process."""
    kept = _KEPT.setdefault("file", tempfile.NamedTemporaryFile(prefix="wsgid-bench-"))  # noqa: SIM115
    kept.write(b"x" * FILE_SIZE)
    kept.flush()
    return str(kept.name)


_KEPT: dict[str, tempfile._TemporaryFileWrapper[bytes]] = {}


def read_on(opened: BinaryIO) -> Iterator[bytes]:
    with opened:
        while block := opened.read(BLOCK_SIZE):
            yield block


def compute(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say hello after a millisecond or two of work, in which nobody else of the process runs."""
    sum(range(100_000))
    return hello(environ, start_response)


def wait(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say hello after as many milliseconds as the query says."""
    time.sleep(int(environ["QUERY_STRING"] or 0) / 1000)
    return hello(environ, start_response)
