"""A worker that is retired after so many requests is replaced first, its connections live on elsewhere."""

from __future__ import annotations

import pytest

from tests.load.client import Load, Plan
from tests.load.stage import report, stage

pytestmark = [pytest.mark.slow, pytest.mark.load, pytest.mark.timeout(180)]


@pytest.mark.parametrize("kind", [("-k", "sync"), ("--threads", "4")], ids=["sync", "threads"])
def test_one_kept_connection_outlives_a_hundred_workers(kind: tuple[str, ...]) -> None:
    """One worker, ten requests each, and a client that neither pauses nor connects again."""
    plan = Plan(kept=1, closing=0, pause_s=0.0, total=1000)
    with stage("-w", "1", "--max-requests", "10", *kind) as on, Load(on.address, plan) as load:
        tally = load.wait_end()
        seen = on.account(tally)

    report(tally)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)
    assert 1 == tally.connects
    assert len(tally.pids) >= 90


def test_workers_wear_out_under_load_without_a_lost_request() -> None:
    with stage("-w", "2", "--max-requests", "200", "--max-requests-jitter", "50") as on:
        with Load(on.address) as load:
            load.wait_requests(5000)
        seen = on.account(load.tally)

    report(load.tally)
    assert ([], (), 0) == (load.tally.failures, seen.repeated, load.tally.closed_idle)
    assert len(load.tally.pids) >= 10
