"""The application of Tornado."""

from __future__ import annotations

import asyncio

from tornado.web import Application, RequestHandler

from tests.bench import choices
from tests.bench.choices.over_asyncio import Database

_database = Database()


class Hello(RequestHandler):
    def get(self) -> None:
        self.write(choices.HELLO)


class Compute(RequestHandler):
    def get(self) -> None:
        self.write(choices.compute())


class Ask(RequestHandler):
    async def get(self) -> None:
        self.write(await _database.ask())


class Wait(RequestHandler):
    async def get(self) -> None:
        await asyncio.sleep(choices.WAIT_S)
        self.write(choices.HELLO)


application = Application([("/", Hello), ("/compute", Compute), ("/database", Ask), ("/wait", Wait)])
