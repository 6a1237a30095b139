"""Served by every kind of worker in turn: says who answers, waits a while, or never gives way."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WAIT_S = 0.5


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the pid; `/wait` after half a second, `/spin` never. `/raise` fails, `/fail` says so."""
    if environ["PATH_INFO"] == "/wait":
        os.write(2, b"-- waiting\n")
        time.sleep(WAIT_S)
    while environ["PATH_INFO"] == "/spin":
        pass
    if environ["PATH_INFO"] == "/raise":
        raise RuntimeError("as asked")
    status = "503 Service Unavailable" if environ["PATH_INFO"] == "/fail" else "200 OK"
    body = b"%d" % os.getpid()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
