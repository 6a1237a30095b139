"""Every way to read wsgi.input, and not to read it."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def read_by_plan(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Do what the JSON in `X-Plan` says, and answer with what came of it."""
    plan = json.loads(environ["HTTP_X_PLAN"])
    data = json.dumps(carry_out(plan, environ["wsgi.input"])).encode("ascii")
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    return [data]


def carry_out(plan: list[list[Any]], stream: IO[bytes]) -> list[Any]:
    """Call the methods of a stream in order; the test does the same with a BytesIO of the body."""
    results: list[Any] = []
    for name, *arguments in plan:
        found: Any = list(stream) if name == "iterate" else getattr(stream, name)(*arguments)
        if isinstance(found, bytes):
            results.append(found.decode("latin-1"))
        else:
            results.append([line.decode("latin-1") for line in found])
    return results


def ignore(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Never look at the body."""
    start_response("200 OK", [("Content-Length", "7")])
    return [b"ignored"]


def peek(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Read three octets, and leave the rest."""
    data = environ["wsgi.input"].read(3)
    start_response("200 OK", [("Content-Length", str(len(data)))])
    return [data]
