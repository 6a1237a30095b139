"""When a worker is replaced, and what becomes of its connections."""

from __future__ import annotations

from wsgid.workers.leaving import HOLD_S, IDLE_S, Leaving


def test_the_replacement_is_ordered_before_the_bound() -> None:
    leaving = Leaving(1000, 0, 30.0)

    assert (1000, 900) == (leaving.bound, leaving.announce_at)


def test_the_replacement_is_ordered_once() -> None:
    leaving = Leaving(1000, 0, 30.0)

    assert [False, True, False] == [leaving.is_worn(served) for served in (899, 900, 901)]


def test_the_smallest_bound_is_announced_when_it_is_reached() -> None:
    leaving = Leaving(1, 0, 30.0)

    assert (1, 1) == (leaving.bound, leaving.announce_at)


def test_jitter_only_adds() -> None:
    """So that workers which began together do not end together."""
    bounds = {Leaving(100, 20, 30.0).bound for _ in range(500)}

    assert min(bounds) >= 100
    assert max(bounds) <= 120
    assert len(bounds) > 1


def test_without_a_bound_nothing_is_counted() -> None:
    leaving = Leaving(0, 50, 30.0)

    assert not leaving.bound
    assert not leaving.announce_at


def test_a_hold_ends_with_the_bound() -> None:
    """A replacement that needs longer than the hold costs nobody an answer."""
    leaving = Leaving(10, 0, 30.0)

    leaving.hold(5.0)

    assert leaving.passes_on
    assert leaving.held_until == 5.0 + HOLD_S
    leaving.end_hold()
    assert not leaving.passes_on
    assert not leaving.bound


def test_with_heirs_connections_are_passed_on_and_answers_keep_them() -> None:
    leaving = Leaving(0, 0, 30.0)

    leaving.begin(5.0, with_heirs=True)

    assert leaving.is_draining
    assert leaving.passes_on
    assert not leaving.closes


def test_the_last_worker_says_close_and_waits_no_longer_than_it_may() -> None:
    patient, hasty = Leaving(0, 0, 30.0), Leaving(0, 0, 2.0)

    patient.begin(5.0, with_heirs=False)
    hasty.begin(5.0, with_heirs=False)

    assert patient.closes
    assert not patient.passes_on
    assert patient.idle_until == 5.0 + IDLE_S
    assert hasty.idle_until == 7.0
