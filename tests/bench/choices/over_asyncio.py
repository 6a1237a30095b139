"""The connections to the database of the applications of asgi and tornado."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from psycopg_pool import AsyncConnectionPool

from tests.bench import choices


class Database:
    """Connections to the database, made when the first request wants one: in the worker's loop."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._opening: asyncio.Task[None] | None = None
        self._numbers = itertools.count()

    async def ask(self) -> bytes:
        """Ask twice."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())
        await self._opening
        customer = (choices.customer_of(next(self._numbers)),)
        async with self._pool.connection() as connection:
            name = (await (await connection.execute(choices.CUSTOMER, customer)).fetchone())[0]
            count = (await (await connection.execute(choices.ORDERS, customer)).fetchone())[0]
        return f"{name} {count}".encode()

    async def _open(self) -> None:
        self._pool = AsyncConnectionPool(
            choices.database(), min_size=1, max_size=choices.POOL, open=False, timeout=60
        )
        await self._pool.open()
