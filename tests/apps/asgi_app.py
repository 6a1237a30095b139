"""A Starlette application: what asynchronous workers are for, and what a test wants to see of one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

# How often a stream has something to say.
PAUSE_S = 0.2


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[dict[str, str]]:
    """Have what lives as long as the worker: here, words."""
    if os.environ.get("FAILS_TO_START"):
        raise RuntimeError("no database today")
    print("the application has started", flush=True)
    yield {"began": "by lifespan"}
    print("the application has ended", flush=True)


async def index(request: Request) -> Response:
    told = {
        "pid": os.getpid(),
        "state": request.state.began if hasattr(request.state, "began") else None,
        "root_path": request.scope.get("root_path"),
        "path": request.url.path,
        "url": str(request.url),
        "client": request.client.host if request.client else None,
    }
    return JSONResponse(told)


async def echo(request: Request) -> Response:
    """Give the body back."""
    return PlainTextResponse(await request.body())


async def poll(request: Request) -> Response:
    """Answer after a while, as a long poll does."""
    print("polled", flush=True)
    await asyncio.sleep(float(request.query_params.get("s", "1")))
    return PlainTextResponse("news")


async def fails(_: Request) -> Response:
    raise RuntimeError("xyzzy")


async def hangs(_: Request) -> Response:
    """Keep the event loop from turning."""
    time.sleep(3600)  # noqa: ASYNC251  that is the point
    return PlainTextResponse("never")


async def events(request: Request) -> Response:
    """Tell events as they come (text/event-stream)."""
    count = int(request.query_params.get("n", "10"))

    async def tell() -> AsyncIterator[str]:
        for number in range(count):
            yield f"data: {number}\n\n"
            await asyncio.sleep(PAUSE_S)

    return StreamingResponse(tell(), media_type="text/event-stream")


async def talk(socket: WebSocket) -> None:
    """Give each word back, until the client says goodbye."""
    await socket.accept()
    async for word in socket.iter_text():
        await socket.send_text(f"echo {word}")
        if word == "goodbye":
            await socket.close()
            return


async def refuse(socket: WebSocket) -> None:
    await socket.close()


routes = [
    Route("/", index),
    Route("/echo", echo, methods=["POST"]),
    Route("/poll", poll),
    Route("/fails", fails),
    Route("/hangs", hangs),
    Route("/events", events),
    WebSocketRoute("/talk", talk),
    WebSocketRoute("/refuse", refuse),
]
application = Starlette(routes=[*routes, Mount("/app", routes=routes)], lifespan=lifespan)
