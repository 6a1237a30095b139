"""Many requests at once, each on a connection of its own, and how long each took."""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING

from tests.load.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence


def ask_all(address: tuple[str, int], requests: Sequence[bytes], *, deadline_s: float = 20.0) -> list[float]:
    """Open a connection a request, one right after the other; give the seconds to the last octet of each."""
    poll = select.poll()
    began: dict[int, float] = {}
    ended: dict[int, float] = {}
    socks: dict[int, socket.socket] = {}
    answers: dict[int, Answer] = {}
    try:
        for octets in requests:
            sock = socket.socket()
            fd = sock.fileno()
            socks[fd], answers[fd], began[fd] = sock, Answer(), time.monotonic()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
            sock.sendall(octets)
            poll.register(fd, select.POLLIN)
        deadline = time.monotonic() + deadline_s
        while len(ended) < len(socks):
            for fd, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                data = socks[fd].recv(65536)
                assert data, f"an answer was cut after {answers[fd].octets} octets"
                if answers[fd].feed(data):
                    assert 200 == answers[fd].status
                    ended[fd] = time.monotonic()
                    poll.unregister(fd)
            assert time.monotonic() < deadline, f"only {len(ended)} of {len(socks)} answers"
    finally:
        for sock in socks.values():
            sock.close()
    return [ended[fd] - began[fd] for fd in socks]
