"""As kinds.py, for a worker that serves Tornado's applications; `site` is the application."""

from __future__ import annotations

import asyncio
import os

from tornado.web import Application, RequestHandler

from tests.apps.kinds import WAIT_S


async def application(handler: RequestHandler) -> None:
    """Answer with the pid; `/wait` after half a second, `/spin` never. `/raise` fails, `/fail` says so."""
    if handler.request.path == "/wait":
        os.write(2, b"-- waiting\n")
        await asyncio.sleep(WAIT_S)
    while handler.request.path == "/spin":
        pass
    if handler.request.path == "/raise":
        raise RuntimeError("as asked")
    if handler.request.path == "/fail":
        handler.set_status(503)
    handler.write(b"%d" % os.getpid())


class Page(RequestHandler):
    async def get(self) -> None:
        await application(self)


site = Application([(".*", Page)])
