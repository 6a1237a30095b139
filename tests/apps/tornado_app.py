"""A Tornado application: what asynchronous workers are for, and what a test wants to see of one."""

from __future__ import annotations

import asyncio
import os
import time

from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

# How often a stream has something to say.
PAUSE_S = 0.2


class Index(RequestHandler):
    def get(self) -> None:
        request = self.request
        told = {"path": request.path, "url": request.full_url(), "client": request.remote_ip}
        self.write({"pid": os.getpid(), **told})


class Echo(RequestHandler):
    def post(self) -> None:
        """Give the body back."""
        self.write(self.request.body)


class Poll(RequestHandler):
    async def get(self) -> None:
        """Answer after a while, as a long poll does."""
        print("polled", flush=True)
        await asyncio.sleep(float(self.get_argument("s", "1")))
        self.write("news")


class Fails(RequestHandler):
    def get(self) -> None:
        raise RuntimeError("xyzzy")


class Hangs(RequestHandler):
    def get(self) -> None:
        """Keep the event loop from turning."""
        time.sleep(3600)


class Events(RequestHandler):
    async def get(self) -> None:
        """Tell events as they come (text/event-stream)."""
        self.set_header("Content-Type", "text/event-stream")
        for number in range(int(self.get_argument("n", "10"))):
            self.write(f"data: {number}\n\n")
            await self.flush()
            await asyncio.sleep(PAUSE_S)


class Talk(WebSocketHandler):
    async def on_message(self, message: str | bytes) -> None:
        """Give each word back, until the client says goodbye."""
        await self.write_message(f"echo {message!s}")
        if message == "goodbye":
            self.close()


class Refuse(WebSocketHandler):
    async def prepare(self) -> None:
        self.send_error(403)


application = Application(
    [
        ("/", Index),
        ("/echo", Echo),
        ("/poll", Poll),
        ("/fails", Fails),
        ("/hangs", Hangs),
        ("/events", Events),
        ("/talk", Talk),
        ("/refuse", Refuse),
    ]
)
