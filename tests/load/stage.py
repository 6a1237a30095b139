"""A server with the application under load, and what that application tells."""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.load.account import account
from tests.support import ServerProcess, start_server
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.load.account import Account, Kill
    from tests.load.outcome import Tally

EVENT_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One server and the two ways in which its application speaks to the test."""

    server: ServerProcess
    address: tuple[str, int]
    _notes: Path
    _events: socket.socket

    def account(self, tally: Tally, kills: Sequence[Kill] = ()) -> Account:
        """Say what each failure is to be blamed on, once the load has ended."""
        return account(tally, kills, self._notes.read_text().splitlines())

    def wait_begun(self) -> int:
        """Wait until the application has begun its next slow or hanging call; give its pid."""
        return int(self._events.recv(100).split()[0])

    def environment(self) -> dict[str, str]:
        """Give what a second server needs to tell the same test."""
        return {"LOAD_NOTES": str(self._notes), "LOAD_EVENTS": self._events.getsockname()}

    def connect(self, timeout_s: float = 10.0) -> Wire:
        """Open a connection of the test's own."""
        sock = socket.create_connection(self.address, timeout_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Wire(sock)

    def pids(self) -> tuple[int, ...]:
        """Give every process of the server, the arbiter first."""
        return (self.server.pid, *self.server.children())


@contextlib.contextmanager
def stage(*args: str, peer: str = "wsgid", **options: Any) -> Iterator[Stage]:
    """Start a server with `tests.load.app`; end it on the way out. `options` are `start_server`'s."""
    with (
        tempfile.TemporaryDirectory(prefix="wsgid-load-") as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as events,
    ):
        notes, path = Path(directory, "notes"), str(Path(directory, "events"))
        notes.touch()
        events.bind(path)
        events.settimeout(EVENT_DEADLINE_S)
        env = {"LOAD_NOTES": str(notes), "LOAD_EVENTS": path, **options.pop("env", {})}
        options.setdefault("app", "tests.load.app:application")
        with start_server(*args, env=env, peer=peer, **options) as server:
            yield Stage(server, ("127.0.0.1", server.port), notes, events)


def request(number: int, path: str = "/answer", argument: str = "") -> bytes:
    """Make a request of `tests.load.app` for a connection of the test's own."""
    query = f"{number}&{argument}" if argument else str(number)
    return f"GET {path}?{query} HTTP/1.1\r\nHost: load\r\n\r\n".encode()


def report(*figures: object) -> None:
    """Write down what was seen: pytest shows it for a failed test, and with -rP for all."""
    sys.stdout.writelines(f"{figure}\n" for figure in figures)
