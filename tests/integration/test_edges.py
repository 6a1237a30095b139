"""Threads that share an epoll are told once of what happens on a connection, and forget none of it.

Each of these is a moment at which the kernel has nothing more to tell: the octets, or the end, were there
when the event was drawn, or came while the connection was in somebody's hands.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import workers
from tests.load.stage import request, stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.load.stage import Stage

# What is forgotten comes back when the connection's time is over; keepalive is 75 s.
SOON_S = 5.0

# As much as one read takes of a head (workers/threads.py).
HEAD_READ = 16 * 1024

# More than the kernel takes for a client that does not read.
LARGE = 16 * 1024 * 1024

KINDS = {"sync": ("-w", "1"), "threads": ("-w", "1", "--threads", "4")}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=KINDS)
def on(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with stage(*KINDS[request.param]) as ready:
        yield ready


def test_an_end_behind_the_last_octets_is_seen(on: Stage) -> None:
    """A client that half-closes behind its request waits for our end to know that all is said."""
    (worker,) = workers(on.server.pid)
    with on.connect(SOON_S) as wire:
        wire.ask(request(1))
        # Both are there when the worker looks: one event tells of them.
        os.kill(worker, signal.SIGSTOP)
        wire.send(request(2))
        wire.sock.shutdown(socket.SHUT_WR)
        os.kill(worker, signal.SIGCONT)

        assert 200 == wire.read_answer().status
        assert b"" == wire.read_to_end()


def test_an_end_that_comes_during_a_call_is_seen(on: Stage) -> None:
    with on.connect(SOON_S) as wire:
        wire.ask(request(1))
        wire.send(request(2, "/slow", "0.2"))
        on.wait_begun()
        wire.sock.shutdown(socket.SHUT_WR)

        assert 200 == wire.read_answer().status
        assert b"" == wire.read_to_end()


def test_a_client_that_has_ended_and_reads_slowly_costs_nothing(on: Stage) -> None:
    """Its end can be told again and again, and changes nothing while the answer waits for it."""
    (worker,) = workers(on.server.pid)
    with on.connect(SOON_S) as wire:
        wire.ask(request(1))
        wire.send(request(2, "/large", str(LARGE)))
        wire.sock.shutdown(socket.SHUT_WR)
        wire.read_until(b"\r\n\r\n")
        before = cpu_s(worker)
        time.sleep(0.5)

        assert cpu_s(worker) - before < 0.2
        assert LARGE <= len(wire.read_to_end())


def test_a_request_that_comes_during_a_call_is_answered(on: Stage) -> None:
    """Its event is drawn by a thread that may not touch the connection."""
    with on.connect(SOON_S) as wire:
        for number in range(0, 20, 2):
            wire.send(request(number, "/slow", "0.03"))
            on.wait_begun()
            wire.send(request(number + 1))

            assert [200, 200] == [wire.read_answer().status for _ in range(2)]


@pytest.mark.parametrize("more", [-1, 0, 1, HEAD_READ], ids=str)
def test_what_one_read_does_not_take_is_read(on: Stage, more: int) -> None:
    """A read that comes back full says nothing of what is behind it."""
    head = b"POST /echo?1 HTTP/1.1\r\nHost: load\r\nContent-Length: %d\r\n\r\n"
    size = HEAD_READ + more - len(head % HEAD_READ)
    post = head % size + b"x" * size
    assert len(post) == HEAD_READ + more
    with on.connect(SOON_S) as wire:
        for _ in range(10):
            wire.send(post + request(2))

            assert wire.read_answer().body.endswith(b"x" * size)
            assert 200 == wire.read_answer().status


def test_a_large_body_arrives_however_it_is_cut(on: Stage) -> None:
    """In pieces of what one read takes, so that each of them comes back full."""
    body = b"y" * (64 * 1024)
    with on.connect(SOON_S) as wire:
        wire.send(b"POST /echo?1 HTTP/1.1\r\nHost: load\r\nContent-Length: %d\r\n\r\n" % (8 * len(body)))
        for _ in range(8):
            wire.send(body)

        answer = wire.read_answer()
    assert answer.body.endswith(body * 8)


def test_many_that_speak_at_once_are_all_heard(on: Stage) -> None:
    """Half a request in one moment, the rest in the next, over and over: events and owners cross."""
    wires = [on.connect(SOON_S) for _ in range(24)]
    began = time.monotonic()
    for number in range(40):
        octets = request(number)
        for wire in wires:
            wire.send(octets[:20])
        for wire in wires:
            wire.send(octets[20:])
        for wire in wires:
            assert 200 == wire.read_answer().status
    for wire in wires:
        wire.sock.close()

    assert time.monotonic() - began < 10 * SOON_S


def cpu_s(pid: int) -> float:
    """Seconds that the threads of a process have been on a CPU."""
    tasks = Path("/proc", str(pid), "task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
