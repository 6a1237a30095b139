"""SIGSTOP: a worker that stands still is replaced; an arbiter that stood still judges nobody by that time."""

from __future__ import annotations

import signal
import time

import pytest

from tests.load.client import Load, Plan
from tests.load.processes import Ends, cpu_seconds, workers
from tests.load.stage import report, request, stage

pytestmark = [pytest.mark.slow, pytest.mark.fault]

# Longer than an arbiter may be away without mercy (arbiter.py: a turn and 5 s), and than `timeout`.
AWAY_S = 6.5


def test_a_worker_that_stands_still_is_replaced() -> None:
    """It hears no SIGABRT, so SIGKILL follows; who comes anew is served by the other one meanwhile."""
    with stage("-w", "2", "--timeout", "1") as on:
        stopped, other = workers(on.server.pid)
        with Ends([stopped]) as ends:
            on.server.signal(signal.SIGSTOP, stopped)
            with on.connect() as wire:
                assert other == int(wire.ask(request(1)).body.split()[1])
            ends.wait(1, 20.0)
        on.server.expect(rf"worker silent .*pid={stopped} ", deadline_s=20.0)
        gone = on.server.expect(rf"worker gone .*pid={stopped} .*")
        on.server.expect("worker ready", count=3)

        assert gone[0].endswith("killed by SIGKILL, by us")
        assert other in workers(on.server.pid)


def test_an_arbiter_that_stood_still_judges_nobody_by_that_time() -> None:
    """Its workers serve on without it, and it finds them as they are now, not as they were."""
    with stage("-w", "2", "--timeout", "1") as on, Load(on.address, Plan(kept=8, closing=4)) as load:
        load.wait_round()
        before = workers(on.server.pid)
        on.server.signal(signal.SIGSTOP)
        until = time.monotonic() + AWAY_S
        while time.monotonic() < until:
            load.wait_round()
        on.server.signal(signal.SIGHUP)
        on.server.signal(signal.SIGCONT)
        on.server.expect(r"away for \d+ s: nobody is judged by that time")
        # What was asked of it meanwhile is done now.
        on.server.expect("reload done generation=2")
        load.wait_round()
        tally = load.stop()
        log = on.server.log

    report(tally)
    assert ([], 0) == (tally.failures, tally.closed_idle)
    assert "silent" not in log
    assert "SIGKILL" not in log
    assert not set(before) & set(workers(on.server.pid))


def test_an_arbiter_and_its_workers_that_stood_still_go_on() -> None:
    """A machine that was suspended, a container that was paused (`docker pause`)."""
    with stage("-w", "2", "--timeout", "1") as on, on.connect() as wire:
        wire.ask(request(1))
        before = workers(on.server.pid)
        for pid in (on.server.pid, *before):
            on.server.signal(signal.SIGSTOP, pid)
        time.sleep(AWAY_S)
        # The arbiter first: it looks at the beats of workers that still stand.
        for pid in (on.server.pid, *before):
            on.server.signal(signal.SIGCONT, pid)
        on.server.expect("away for")

        assert 200 == wire.ask(request(2)).status
        assert before == workers(on.server.pid)
        assert cpu_seconds(on.pids()) < 5.0
