"""The application of WSGI; with gevent and eventlet what waits here is patched."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Any

from psycopg_pool import ConnectionPool

from tests.bench import choices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Database:
    """Connections to the database, made when the first request wants one: in the worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: Any = None
        self._numbers = itertools.count()

    def ask(self) -> bytes:
        """Ask twice."""
        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    choices.database(), min_size=1, max_size=choices.POOL, open=True, timeout=60
                )
        customer = (choices.customer_of(next(self._numbers)),)
        with self._pool.connection() as connection:
            name = connection.execute(choices.CUSTOMER, customer).fetchone()[0]
            count = connection.execute(choices.ORDERS, customer).fetchone()[0]
        return f"{name} {count}".encode()


_database = Database()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Do what the path says."""
    match environ["PATH_INFO"]:
        case "/compute":
            body = choices.compute()
        case "/database":
            body = _database.ask()
        case "/wait":
            time.sleep(choices.WAIT_S)
            body = choices.HELLO
        case _:
            body = choices.HELLO
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
