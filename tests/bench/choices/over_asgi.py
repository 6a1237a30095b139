"""The application of ASGI, without a framework: so is that of WSGI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.bench import choices
from tests.bench.choices.over_asyncio import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_database = Database()


async def application(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Do what the path says."""
    assert scope["type"] == "http"
    match scope["path"]:
        case "/compute":
            body = choices.compute()
        case "/database":
            body = await _database.ask()
        case "/wait":
            await asyncio.sleep(choices.WAIT_S)
            body = choices.HELLO
        case _:
            body = choices.HELLO
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
