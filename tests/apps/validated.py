"""Applications that wsgiref.validate watches: it raises at each breach of PEP 3333, on either side."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from wsgiref.validate import validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PLAIN = [("Content-Type", "text/plain")]


def one_block(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Give a list of one."""
    start_response("200 OK", [*PLAIN, ("Content-Length", "5")])
    return [b"hello"]


def generator(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    """Call start_response at the first next()."""
    start_response("200 OK", PLAIN)
    yield b"he"
    yield b""
    yield b"llo"


def write(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Send a block by the old way."""
    start_response("200 OK", PLAIN)(b"he")
    return [b"llo"]


def read(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Read the body in every way, as far as there is something."""
    stream = environ["wsgi.input"]
    parts = [stream.read(2), stream.readline(), *stream.readlines(1), *stream, stream.read(10)]
    start_response("200 OK", PLAIN)
    return [b"".join(parts)]


def late_error(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Replace a head by that of an error."""
    start_response("200 OK", PLAIN)
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        start_response("503 Sorry", PLAIN, sys.exc_info())
    return [b"sorry"]


def nothing(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Give neither a type nor a body."""
    start_response("204 No Content", [])
    return []


def errors(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Write to wsgi.errors."""
    environ["wsgi.errors"].write("a word\n")
    environ["wsgi.errors"].writelines(["of", " two\n"])
    environ["wsgi.errors"].flush()
    return one_block(environ, start_response)


WAYS: dict[str, Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]] = {
    f"/{way.__name__}": way for way in (one_block, generator, write, read, late_error, nothing, errors)
}


def choose(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Do what the path names."""
    return WAYS[environ["PATH_INFO"]](environ, start_response)


application = validator(choose)
