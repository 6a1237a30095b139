"""`environ["gunicorn.socket"]`: the client's socket, for an application that speaks another protocol on it.

simple-websocket, and with it flask-sock and Flask-SocketIO, looks for it by this name. Looking takes nothing:
the connection is the application's with the first thing that is done with the socket, and never ours again.
"""

from __future__ import annotations

import contextlib
import select
import socket
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.workers.connection import Connection

# How long a client may take to answer to the last word (RFC 6455, 7.1.1) before what it says is a reset.
LINGER_S: Final = 1.0


class Takeover:
    """Stands for the socket of a connection until the application does something with it."""

    __slots__ = ("_connection", "_on_take")

    def __init__(self, connection: Connection, on_take: Callable[[Connection], None]) -> None:
        """`on_take` is told before: nobody of ours is to wait for the connection any more."""
        self._connection: Connection | None = connection
        self._on_take = on_take

    def __getattr__(self, name: str) -> Any:
        """Take the socket, and be it."""
        connection = self._connection
        if connection is None:
            if name == "close":
                # As with any socket: twice is once. A thread of the application may come to it late.
                return _stay_closed
            raise ConnectionAbortedError("the connection is closed")
        if connection.taken is None:
            self._on_take(connection)
        return getattr(connection.take(), name)

    def end(self) -> None:
        """Let go of the connection, which holds this object as this object holds it."""
        self._connection = None


def _stay_closed() -> None:
    """Do nothing."""


class Taken:
    """In the place of a socket that is the application's: whatever we have to say, nobody hears it."""

    __slots__ = ("_end", "_socket", "_wait")

    def __init__(
        self,
        taken: socket.socket,
        wait: Callable[[int, int, float], bool],
        end: Callable[[], None] | None = None,
    ) -> None:
        """`wait` waits for a descriptor as this kind of server does; `end` ends what is behind the socket."""
        self._socket = taken
        self._wait = wait
        self._end = end

    def send(self, _: object) -> int:
        """Say nothing: the client hears another protocol."""
        raise ConnectionAbortedError("the application has taken the connection over")

    def shutdown(self, _: int) -> None:
        """Leave that to `close`, which knows what the client has still to hear."""

    def close(self) -> None:
        """End the connection for all of the application, after the client has heard the last of it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._wait(self._socket.fileno(), select.POLLIN, LINGER_S)
            # A thread of the application that still reads is woken by this, and not by a close.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._end is not None:
            self._end()
