"""Limits and deadlines: a client that sends too much or nothing costs little, and is told why."""

from __future__ import annotations

import re
import select
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.apps.probe.files import content
from tests.conformance import strict
from tests.conformance.case import get, ordered_file, post
from tests.conformance.conftest import BODY_TIMEOUT_S, HEADER_TIMEOUT_S, SEND_TIMEOUT_S
from tests.conformance.stage import check_end
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.case import Case
    from tests.conformance.stage import Stage

# what the kernel may take for a connection, beside what the server keeps: tcp_wmem and tcp_rmem
KERNEL_BYTES = 16 * 1024 * 1024
BLOCK_BYTES = 65536

# of a client that has to be on time, on a busy machine
ATTEMPTS = 5


@pytest.mark.parametrize("case", strict.LIMITS, ids=lambda case: case.id)
def test_limit(case: Case, strict_stage: Stage) -> None:
    """A limit is what the administrator set it to, to the octet."""
    strict_stage.play(case)


@pytest.mark.parametrize("case", strict.LIMITS_READ_BEFORE, ids=lambda case: case.id)
def test_limit_of_a_body_that_is_read_before(case: Case, strict_buffered_stage: Stage) -> None:
    """The application is not called for what is too large."""
    strict_buffered_stage.play(case)


@pytest.mark.slow
def test_deadlines(strict_stage: Stage) -> None:
    """What stalls is answered 408 and closed; a connection without a byte is closed silently."""
    strict_stage.play_together(strict.DEADLINES)


@pytest.mark.slow
def test_deadlines_of_bodies_that_are_read_before(strict_buffered_stage: Stage) -> None:
    """The application is not called for what does not come."""
    strict_buffered_stage.play_together(strict.DEADLINES_READ_BEFORE)


@pytest.mark.slow
def test_octets_of_a_head_do_not_postpone_its_deadline(strict_stage: Stage) -> None:
    """Else a head that trickles holds a connection for ever."""
    with strict_stage.wire() as wire:
        began = time.monotonic()
        for octet in get("/" + "a" * 50, "X-A: " + "a" * 150):
            wire.send(bytes([octet]))
            if select.select([wire.sock], [], [], HEADER_TIMEOUT_S / 10)[0]:
                break
        answer = wire.read_answer()

        assert answer.status == 408
        assert time.monotonic() - began < 10 * HEADER_TIMEOUT_S
        check_end(wire, is_last=True)


@pytest.mark.slow
def test_octets_of_a_body_postpone_its_deadline(strict_stage: Stage) -> None:
    """body_timeout is without a byte of the body: a slow line is no fault."""
    body = b"abcdefgh"

    def trickle(pace: Pace) -> None:
        with strict_stage.wire() as wire:
            wire.send(post(body)[: -len(body)])
            for octet in body:
                pace.step()
                assert select.select([wire.sock], [], [], BODY_TIMEOUT_S / 4)[0] == []
                wire.send(bytes([octet]))
            answer = wire.read_answer()

            assert answer.status == 200
            assert b'"body": "abcdefgh"' in answer.body

    on_time(trickle, BODY_TIMEOUT_S)


@pytest.mark.slow
def test_client_that_does_not_read_holds_the_application_back(strict_stage: Stage) -> None:
    """Else an endless response fills the memory; after send_timeout its application is let go, and told."""
    since = strict_stage.mark()
    with unread(strict_stage) as wire:
        wire.send(get("/-/endless"))
        told = strict_stage.server.expect(r"^-- close blocks=(\d+)$", since=since)

    assert int(told[1]) * BLOCK_BYTES < KERNEL_BYTES
    assert worse_than_info(strict_stage, since) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["buffered", "only-read"])
def test_client_that_reads_slowly_gets_all(strict_stage: Stage, kind: str) -> None:
    """send_timeout is without the client taking a byte; however long it takes, it gets all."""
    size = 4_000_000
    pauses = 6

    def sip(pace: Pace) -> None:
        with unread(strict_stage) as wire:
            wire.send(ordered_file(kind=kind, size=size, length=size))
            for _ in range(pauses):
                pace.step()
                assert select.select([], [], [], SEND_TIMEOUT_S / 4) == ([], [], [])
                wire.read_some(size // 20)
            pace.step()
            answer = wire.read_answer()

            assert answer.body == content(size)

    on_time(sip, SEND_TIMEOUT_S)


class Pace:
    """How long a client that is slow on purpose took for a step at most: a busy machine may hold it up."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._at = time.monotonic()

    def step(self) -> None:
        now = time.monotonic()
        self.longest_s = max(self.longest_s, now - self._at)
        self._at = now


def on_time(attempt: Callable[[Pace], None], bound_s: float) -> None:
    """Let a client try again if it fails, and a step of its own took longer: that is its own fault."""
    for number in range(ATTEMPTS):
        pace = Pace()
        try:
            attempt(pace)
        except (AssertionError, OSError):
            pace.step()
            if pace.longest_s < bound_s or number == ATTEMPTS - 1:
                raise
        else:
            break


def unread(stage: Stage) -> Wire:
    """Connect with a small receive buffer, so that what is not read stays with the server."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(10)
    sock.connect(("127.0.0.1", stage.server.port))
    return Wire(sock)


def worse_than_info(stage: Stage, since: int) -> list[str]:
    """Give the lines above info that came since."""
    lines = stage.server.lines(since)
    return [line for line in lines if re.search(r"\[(WARNING|ERROR|CRITICAL)\]|Traceback", line)]
