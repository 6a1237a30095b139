"""Many requests at once, each on a connection of its own, and how long each took."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import TYPE_CHECKING

from tests.load.answer import Answer
from tests.load.processes import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

DEADLINE_S = 20.0


def ask_new(
    address: tuple[str, int], requests: Sequence[bytes], *, freeze: Iterable[int] = ()
) -> list[float]:
    """Ask each on a new connection, one right after the other; give the seconds that each took."""
    with Burst(address) as burst, burst.at_once(freeze):
        burst.connect(len(requests))
        burst.send(requests)
    return burst.seconds


class Burst:
    """Some connections that ask together."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socks: list[socket.socket] = []
        self._began: list[float] = []
        self.seconds: list[float] = []
        """How long each of the last requests took, to the last octet of its answer."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in self._socks:
            sock.close()

    def connect(self, count: int) -> None:
        """Open so many connections more."""
        for _ in range(count):
            self._began.append(time.monotonic())
            sock = socket.create_connection(self._address, DEADLINE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socks.append(sock)

    def send(self, requests: Sequence[bytes]) -> None:
        """Send a request on each connection."""
        for sock, octets in zip(self._socks, requests, strict=True):
            sock.sendall(octets)

    @contextlib.contextmanager
    def at_once(self, freeze: Iterable[int]) -> Iterator[None]:
        """Read the answers to what the block sends; for the processes in `freeze` it comes in one moment."""
        self._began = [time.monotonic()] * len(self._socks)
        with contextlib.ExitStack() as stack:
            for pid in freeze:
                stack.enter_context(frozen(pid))
            yield
            if freeze:
                self._began = [time.monotonic()] * len(self._socks)
        self._read()

    def _read(self) -> None:
        poll = select.poll()
        places = {sock.fileno(): place for place, sock in enumerate(self._socks)}
        answers = [Answer() for _ in self._socks]
        self.seconds = [0.0] * len(self._socks)
        for fd in places:
            poll.register(fd, select.POLLIN)
        deadline = time.monotonic() + DEADLINE_S
        while left := [place for place, answer in enumerate(answers) if not answer.whole]:
            assert time.monotonic() < deadline, f"no answer on connections {left}"
            for fd, _ in poll.poll(1000):
                place = places[fd]
                data = self._socks[place].recv(65536)
                assert data, f"an answer was cut after {answers[place].octets} octets"
                if answers[place].feed(data):
                    assert 200 == answers[place].status
                    self.seconds[place] = time.monotonic() - self._began[place]
