"""Answers in each of the ways in which a response can leave, with a body that is easily found on a wire."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# It is looked for in what passes by: a response that was not ciphered has it.
MARK = b"in plain text "
SIZE = 1 << 20
BODY = MARK * (SIZE // len(MARK))
FILE = Path(__file__)


def take_over(client: socket.socket) -> Iterable[bytes]:
    """Speak another protocol: whatever the client says is said back to it."""
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while data := client.recv(65536):
            client.sendall(data)
    return []


def broken() -> Iterator[bytes]:
    """Fail when a part has gone out."""
    yield MARK
    raise RuntimeError(MARK)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as the path says."""
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    headers = [("Content-Type", "text/plain"), ("X-Mark", MARK.decode().strip())]
    if path == "/environ":
        start_response("200 OK", headers)
        return [json.dumps(environ, default=repr).encode()]
    if path == "/echo":
        body = environ["wsgi.input"].read()
        start_response("200 OK", headers)
        return [body]
    if path == "/blocks":
        start_response("200 OK", headers)
        return (BODY[at : at + 10_000] for at in range(0, len(BODY), 10_000))
    if path == "/file":
        start_response("200 OK", headers)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](FILE.open("rb"))
        return wrapped
    if path == "/taken":
        return take_over(environ["gunicorn.socket"])
    if path == "/broken":
        start_response("200 OK", headers)
        return broken()
    if path == "/hints":
        environ["wsgi.early_hints"]([("Link", MARK.decode())])
    if path == "/sleep":
        print("sleeping", file=environ["wsgi.errors"], flush=True)
        time.sleep(float(query))
    if path == "/fail":
        raise RuntimeError(MARK)
    start_response("200 OK", headers)
    return [BODY if path == "/large" else MARK]
