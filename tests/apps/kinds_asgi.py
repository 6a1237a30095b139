"""As kinds.py, for a worker that serves ASGI."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from tests.apps.kinds import WAIT_S


async def application(scope: Any, _receive: Any, send: Any) -> None:
    """Answer with the pid; `/wait` after half a second, `/spin` never. `/raise` fails, `/fail` says so."""
    if scope["type"] == "lifespan":
        raise RuntimeError("this one knows none")
    if scope["path"] == "/wait":
        os.write(2, b"-- waiting\n")
        await asyncio.sleep(WAIT_S)
    while scope["path"] == "/spin":
        pass
    if scope["path"] == "/raise":
        raise RuntimeError("as asked")
    status = 503 if scope["path"] == "/fail" else 200
    body = b"%d" % os.getpid()
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length]})
    await send({"type": "http.response.body", "body": body})
