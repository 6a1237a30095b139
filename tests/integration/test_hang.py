"""A call that makes no progress for `timeout` is ended; the log says which, how long, and where it hung."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.load.client import Load, Plan
from tests.load.processes import Ends, workers
from tests.load.request import quick
from tests.load.stage import report, request, stage

if TYPE_CHECKING:
    import socket

TIMEOUT_S = 1
# timeout, a second for the stacks (ABRT), then KILL; and the arbiter looks once a second at the latest
END_DEADLINE_S = 10.0
CALLS = {"sleep": "hang_in_sleep", "spin": "hang_in_loop", "lock": "hang_in_lock"}
KINDS = {"sync": ("-k", "sync"), "threads": ("-k", "gthread", "--threads", "4")}

pytestmark = [pytest.mark.slow, pytest.mark.fault]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_a_hanging_call_is_named_and_its_worker_replaced(kind: str, call: str) -> None:
    """2 workers, of which one hangs; 8 connections go on asking, and 4 more keep connecting."""
    plan = Plan(kept=8, closing=4, pause_s=0.02, make=quick)
    with stage("-w", "2", "-t", str(TIMEOUT_S), *KINDS[kind]) as on, Load(on.address, plan) as load:
        load.wait_round()
        mark = on.server.mark()
        with on.connect(timeout_s=END_DEADLINE_S) as hanging:
            hanging.send(request(999_999, f"/hang/{call}"))
            pid = on.wait_begun()
            # others go on while it hangs
            load.wait_round()
            with Ends([pid]) as ends:
                ends.wait(1, END_DEADLINE_S)
            assert b"" == rest_of(hanging.sock)
        on.server.expect(rf"worker ready slot=\d+ pid=(?!{pid}\b)\d+", since=mark)
        load.wait_round()
        tally = load.stop()
        seen = on.account(tally)
        log = on.server.log

    report(tally, log)
    assert f"in {CALLS[call]}\n" in log
    line = next(line for line in log.splitlines() if f"/hang/{call}?999999" in line)
    assert "GET" in line
    assert f"{pid}" in line
    duration = re.search(r"duration_s=(\d+\.\d+)", line)
    assert duration is not None
    assert TIMEOUT_S <= float(duration[1]) < TIMEOUT_S + 2
    assert "timeout" in line
    assert re.search(rf"worker gone slot=\d+ pid={pid} ", log)
    # the other threads of the worker that was killed lose what they had in hand; sync has no other threads
    allowed = 12 if kind == "threads" else 0
    assert len(tally.failures) <= allowed
    assert () == seen.repeated


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_makes_progress_does_not_hang(kind: str) -> None:
    """A block that was yielded is progress, however long the whole takes."""
    with stage("-w", "1", "-t", str(TIMEOUT_S), *KINDS[kind]) as on, on.connect() as wire:
        before = workers(on.server.pid)
        answer = wire.ask(request(1, "/blocks", "0.5"))

        assert (200, 6) == (answer.status, len(answer.chunks))
        assert before == workers(on.server.pid)


def rest_of(sock: socket.socket) -> bytes:
    """Read to the end of a connection, be it orderly or a reset: its process was killed."""
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""
