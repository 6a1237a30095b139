"""A worker is killed from outside, as by the kernel for want of memory: the log says so, and others serve."""

from __future__ import annotations

import signal

import pytest

from tests.load import disturb
from tests.load.client import Load, Plan
from tests.load.processes import workers
from tests.load.stage import report, request, stage

pytestmark = [pytest.mark.slow, pytest.mark.fault]

GROWN = 64 * 2**20


def test_a_worker_that_is_killed_is_replaced_at_once_and_as_often_as_it_takes() -> None:
    """Nothing else is lost than what it had in hand; and the memory that it took is free."""
    with stage("-w", "2") as on, Load(on.address, Plan(kept=8, closing=4)) as load:
        load.wait_round()
        kills = []
        for _ in range(3):
            with on.connect() as wire:
                wire.ask(request(999_999, "/keep", str(GROWN)))
            kills.append(disturb.kill_oldest(on.server.pid, load))
        tally = load.stop()
        seen = on.account(tally, kills)
        log = on.server.log

        assert 2 == len(workers(on.server.pid))
    report(tally, seen)
    assert ((), ()) == (seen.lost, tuple(number for number in seen.repeated if number != 999_999))
    for kill in kills:
        assert (
            f"pid={kill.pid} generation=1 killed by {signal.SIGKILL.name}, and not by us: by hand, or by the"
            " kernel for want of memory (see dmesg)"
        ) in log
    assert "the next worker starts" not in log
