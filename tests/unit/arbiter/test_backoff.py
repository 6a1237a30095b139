"""Waiting: for what cannot boot, not for what was killed."""

from __future__ import annotations

from typing import Any

import pytest

from wsgid.arbiter.backoff import Backoff, after_death, after_failed_fork, after_lost_template, recovered
from wsgid.arbiter.pool import State, Worker


def worker(state: State = State.SERVING, ready_at: float | None = 0.0, **fields: Any) -> Worker:
    given = {"since": 0.0, "born": 0.0, **fields}
    return Worker(pid=1, slot=0, generation=1, state=state, ready_at=ready_at, **given)


def waits(deaths: int, **fields: Any) -> list[float]:
    """How long the spawn after each of so many deaths in a row waits, each 100 s after the last."""
    backoff = Backoff()
    result = []
    for number in range(deaths):
        now = 100.0 * (number + 1)
        ready_at = None if fields.get("state") is State.STARTING else now - 1.0
        dead = worker(**{"ready_at": ready_at, "born": now - 2.0, **fields})
        backoff = after_death(backoff, dead, now, from_outside=False)
        result.append(max(backoff.spawn_at - now, 0.0))
    return result


def test_failed_boots_wait_longer_and_longer() -> None:
    assert [1, 2, 4, 8, 16, 30, 30] == waits(7, state=State.STARTING)


def test_the_first_early_death_is_free() -> None:
    """One crash is no pattern: a worker that dies is replaced at once."""
    assert [0, 1, 2, 4, 8, 16, 30, 30] == waits(8)


def test_templates_that_fail_wait_longer_and_longer_unless_somebody_kills_them() -> None:
    backoff = after_lost_template(Backoff(), 10.0, from_outside=True)
    assert Backoff() == backoff

    for failures, wait_s in ((1, 1.0), (2, 2.0), (3, 4.0)):
        backoff = after_lost_template(backoff, 100.0 * failures, from_outside=False)
        assert (failures, wait_s) == (backoff.failures, backoff.spawn_at - 100.0 * failures)


def test_no_number_of_failures_is_too_much() -> None:
    assert 30.0 == waits(3000, state=State.STARTING)[-1]


def test_a_death_in_ripe_age_is_free() -> None:
    dead = worker(ready_at=90.0)

    assert Backoff() == after_death(Backoff(), dead, 100.0, from_outside=False)


def test_a_death_from_outside_is_free_twenty_times() -> None:
    backoff = Backoff()
    for _ in range(20):
        backoff = after_death(backoff, worker(ready_at=99.0), 100.0, from_outside=True)

    assert Backoff() == backoff


@pytest.mark.parametrize(
    "asked",
    [
        worker(State.DRAINING, ready_at=99.0),
        worker(State.DRAINING, ready_at=None),
        worker(State.SERVING, ready_at=99.0, is_worn=True),
        worker(State.KILLED, ready_at=99.0),
    ],
)
def test_what_we_asked_for_is_free(asked: Worker) -> None:
    assert Backoff() == after_death(Backoff(), asked, 100.0, from_outside=False)


def test_who_was_ended_for_being_late_failed_to_boot() -> None:
    dead = worker(State.KILLED, ready_at=None, born=40.0)

    assert 101.0 == after_death(Backoff(), dead, 100.0, from_outside=False).spawn_at


def test_several_that_die_of_one_cause_count_once() -> None:
    backoff = Backoff()
    for now in (100.0, 100.1, 100.2, 100.3):
        backoff = after_death(backoff, worker(State.STARTING, None, born=99.0), now, from_outside=False)

    assert Backoff(failures=1, last=100.0, spawn_at=101.0) == backoff


def test_a_fork_that_fails_waits() -> None:
    backoff = after_failed_fork(after_failed_fork(Backoff(), 100.0), 101.0)

    assert 103.0 == backoff.spawn_at


def test_ten_seconds_of_service_end_the_row() -> None:
    failed = Backoff(failures=3, last=100.0, spawn_at=104.0)

    assert failed == recovered(failed, [worker(ready_at=104.0)], 113.9)
    assert Backoff() == recovered(failed, [worker(ready_at=104.0)], 114.0)


def test_who_served_before_the_failure_proves_nothing() -> None:
    failed = Backoff(failures=3, last=100.0, spawn_at=104.0)

    assert failed == recovered(failed, [worker(ready_at=50.0)], 999.0)
