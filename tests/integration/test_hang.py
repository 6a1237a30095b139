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

    from tests.wire import Answer

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
    # the other threads of the worker that was ended had the time to finish what they had in hand
    assert ([], ()) == (tally.failures, seen.repeated)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_makes_progress_does_not_hang(kind: str) -> None:
    """A block that was yielded is progress, however long the whole takes: here ten times `timeout`."""
    with stage("-w", "1", "-t", "0.5", *KINDS[kind]) as on, on.connect() as wire:
        before = workers(on.server.pid)
        answer = wire.ask(request(1, "/blocks", "0.1&50"))

        assert (200, 50) == (answer.status, len(answer.chunks))
        assert before == workers(on.server.pid)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_makes_progress_is_ended_by_request_timeout(kind: str) -> None:
    """The log names the request and the setting; the stacks show what it was doing."""
    options = ("-w", "1", "-t", "30", "--request-timeout", str(TIMEOUT_S))
    with stage(*options, *KINDS[kind]) as on, on.connect() as wire:
        (pid,) = workers(on.server.pid)
        wire.send(request(999_999, "/blocks", "0.1&1000"))
        with Ends([pid]) as ends:
            ends.wait(1, END_DEADLINE_S)
        on.server.expect(rf"worker gone slot=0 pid={pid} .*exit status 134, by us")
        on.server.expect(rf"worker ready slot=\d+ pid=(?!{pid}\b)\d+")
        log = on.server.log

    report(log)
    line = next(line for line in log.splitlines() if "worker overlong" in line)
    found = re.search(r'method=GET target="/blocks\S+" peer=127.0.0.1 duration_s=(\S+) stalled_s=0\.\d', line)
    assert found is not None
    assert TIMEOUT_S <= float(found[1]) < TIMEOUT_S + 2
    assert f"pid={pid} " in line
    assert f"request_timeout ({TIMEOUT_S} s)" in line
    assert "in _blocks\n" in log
    assert "worker hung" not in log


def test_a_hung_thread_takes_nobody_along() -> None:
    """One worker of four threads: one hangs, one streams, one client pauses between two requests."""
    with (
        stage("-w", "1", "-t", str(TIMEOUT_S), "--threads", "4") as on,
        on.connect(END_DEADLINE_S) as hanging,
        on.connect(END_DEADLINE_S) as streaming,
        on.connect() as idle,
        on.connect() as half_sent,
    ):
        (pid,) = workers(on.server.pid)
        assert pid == pid_in(idle.ask(request(1)))
        half_sent.send(request(2)[:-2])
        hanging.send(request(999_999, "/hang/sleep"))
        assert pid == on.wait_begun()
        streaming.send(request(3, "/blocks", "0.25&16"))
        on.server.expect("worker hung")
        on.server.expect(r"worker ready slot=1 ")
        half_sent.send(b"\r\n")
        answers = [half_sent.read_answer(), idle.ask(request(4)), streaming.read_answer()]
        with Ends([pid]) as ends:
            ends.wait(1, END_DEADLINE_S)
        end = rest_of(hanging.sock)
        on.server.expect(rf"worker gone slot=0 pid={pid} .*, by us")
        log = on.server.log

    report(log)
    assert [200, 200, 200] == [answer.status for answer in answers]
    assert 16 == len(answers[2].chunks)
    assert b"" == end
    # told when it was found, with its stack, and once more when nothing else was left
    assert 2 == sum("worker hung" in line for line in log.splitlines())
    assert log.index("in hang_in_sleep\n") < log.index("worker ready slot=1 ")
    assert "graceful_timeout (1 s)" not in log


def test_a_hung_worker_is_killed_after_graceful_timeout() -> None:
    """Whoever is served beside the hang has that long, and no longer."""
    options = ("-w", "1", "-t", str(TIMEOUT_S), "--threads", "4", "--graceful-timeout", "1")
    with stage(*options) as on, on.connect() as hanging, on.connect() as streaming:
        (pid,) = workers(on.server.pid)
        hanging.send(request(999_999, "/hang/sleep"))
        assert pid == on.wait_begun()
        streaming.send(request(3, "/blocks", "0.1&1000"))
        with Ends([pid]) as ends:
            ends.wait(1, END_DEADLINE_S)
        on.server.expect(rf"worker killed slot=0 pid={pid} .*did not leave within graceful_timeout \(1 s\)")
        on.server.expect(rf"worker killed slot=0 pid={pid} .* was serving .*/blocks")
        with on.connect() as wire:
            assert 200 == wire.ask(request(4)).status


def pid_in(answer: Answer) -> int:
    """Give the pid that stands in an answer's first line."""
    return int(answer.body.split()[1])


def rest_of(sock: socket.socket) -> bytes:
    """Read to the end of a connection, be it orderly or a reset: its process was killed."""
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""
