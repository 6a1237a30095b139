"""What the application was given, as JSON."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# A larger body is reported by its length and hash alone.
SHOWN_BODY_BYTES = 65536


def tell(text: str) -> None:
    """Say on stderr what no client can see; one write, so that lines of threads do not mix."""
    os.write(2, f"-- {text}\n".encode("ascii", "backslashreplace"))


def report(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the environ, the types in it and the body."""
    values = {name: value for name, value in environ.items() if isinstance(value, (str, int, tuple))}
    types = {name: type(value).__name__ for name, value in environ.items()}
    try:
        body = environ["wsgi.input"].read()
    except OSError:
        tell("read raised")
        raise
    found = {
        "environ": values,
        "types": types,
        "environ_is_dict": type(environ) is dict,
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "body": body.decode("latin-1") if len(body) <= SHOWN_BODY_BYTES else None,
    }
    # the next request has a dict of its own, or it shows
    environ["HTTP_X_LEFT_BEHIND"] = "1"
    data = json.dumps(found).encode("ascii")
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    return [data]


def write_errors(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Write to wsgi.errors in all three ways."""
    errors = environ["wsgi.errors"]
    errors.write("one line\n")
    errors.write("half a")
    errors.write(" line\n")
    errors.writelines(["first of a list\n", "second of a list\n"])
    errors.flush()
    start_response("200 OK", [("Content-Length", "7")])
    return [b"written"]
