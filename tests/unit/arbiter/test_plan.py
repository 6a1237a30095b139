"""Supervision, with lists and numbers."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.arbiter.plan import (
    Abort,
    Action,
    GiveUp,
    Kill,
    Retire,
    Spawn,
    Wanted,
    Why,
    is_rolled,
    next_deadline,
    plan,
)
from wsgid.arbiter.pool import Call, State, Worker, WorkerPool

NOW = 1000.0


def worker(state: State, slot: int = 0, generation: int = 1, **fields: Any) -> Worker:
    """A worker whose pid is 100 more than its slot; just come into its state, and in good health."""
    given = {"since": NOW, "born": NOW - 20, "beat": NOW, **fields}
    return Worker(pid=100 + slot, slot=slot, generation=generation, state=state, **given)


def starting(slot: int = 0, generation: int = 1, **fields: Any) -> Worker:
    return worker(State.STARTING, slot, generation, **fields)


def serving(slot: int = 0, generation: int = 1, **fields: Any) -> Worker:
    return worker(State.SERVING, slot, generation, **fields)


def draining(slot: int = 0, generation: int = 1, **fields: Any) -> Worker:
    return worker(State.DRAINING, slot, generation, **fields)


def killed(slot: int = 0, generation: int = 1, **fields: Any) -> Worker:
    return worker(State.KILLED, slot, generation, **fields)


def stalled(for_s: float) -> Call:
    """A call that began so long ago, and has got nowhere since."""
    return Call(began=NOW - for_s, stalled_since=NOW - for_s)


def streaming(for_s: float) -> Call:
    """A call that began so long ago, and yields one block after the other."""
    return Call(began=NOW - for_s, stalled_since=NOW)


def waiting(for_s: float) -> Call:
    """A call that waits for its client."""
    return Call(began=NOW - for_s, stalled_since=inf)


def wanted(workers: int = 2, generation: int = 1, **fields: Any) -> Wanted:
    return Wanted(workers, generation, **fields)


def test_nothing_is_done_when_all_is_well() -> None:
    assert [] == plan(wanted(), [serving(0), serving(1)], NOW)


def test_at_first_all_are_started() -> None:
    assert [Spawn(0, 1), Spawn(1, 1)] == plan(wanted(), [], NOW)


def test_who_died_is_replaced_in_the_lowest_free_slot() -> None:
    assert [Spawn(0, 1)] == plan(wanted(), [serving(1)], NOW)


def test_one_more_is_wanted() -> None:
    assert [Spawn(2, 1)] == plan(wanted(3), [serving(0), serving(1)], NOW)


def test_one_less_is_wanted() -> None:
    assert [Retire(101)] == plan(wanted(1), [serving(0), serving(1)], NOW)


def test_one_less_is_wanted_and_one_serves_nobody_yet() -> None:
    assert [Retire(100)] == plan(wanted(1), [starting(0), serving(1)], NOW)


def test_nothing_is_spawned_before_its_time() -> None:
    goal = wanted(spawn_at=NOW + 2)

    assert [] == plan(goal, [serving(0)], NOW + 1)
    assert NOW + 2 == next_deadline(goal, [draining(3)], NOW + 1)
    assert [Spawn(1, 1)] == plan(goal, [serving(0)], NOW + 2)


# A reload: first its trial, then one by one.


def test_a_candidate_gets_one_worker() -> None:
    assert [Spawn(2, 2)] == plan(wanted(candidate=2), [serving(0), serving(1)], NOW)


@pytest.mark.parametrize("state", [State.STARTING, State.SERVING, State.DRAINING, State.KILLED])
def test_a_candidate_gets_one_worker_only(state: State) -> None:
    """Whatever became of it; the arbiter draws the consequence."""
    assert [] == plan(wanted(candidate=2), [serving(0), serving(1), worker(state, 2, 2)], NOW)


def test_while_a_candidate_is_tried_all_goes_on_as_before() -> None:
    """A worker that dies during a bad deploy is replaced by one that can serve."""
    assert [Spawn(0, 1)] == plan(wanted(candidate=2), [serving(1), starting(2, 2)], NOW)


def test_a_candidate_is_tried_even_while_others_wait() -> None:
    """The new code may be the cure."""
    assert [Spawn(1, 2)] == plan(wanted(candidate=2, spawn_at=NOW + 9), [serving(0)], NOW)


def test_a_candidate_that_was_given_up_leaves() -> None:
    assert [Retire(102)] == plan(wanted(), [serving(0), serving(1), starting(2, 2)], NOW)


def test_old_generation_serves_until_new_one_is_ready() -> None:
    """A deploy that cannot boot must not cost a single request."""
    assert [] == plan(wanted(1, 2), [serving(0, 1), starting(1, 2)], NOW)


def test_an_old_worker_leaves_when_a_new_one_serves_in_its_stead() -> None:
    assert [Retire(100)] == plan(wanted(1, 2), [serving(0, 1), serving(1, 2)], NOW)


def test_workers_roll_one_by_one() -> None:
    workers = [serving(0, 1), serving(1, 1), serving(2, 1), serving(3, 2)]
    assert [Retire(100)] == plan(wanted(3, 2), workers, NOW)

    workers[0] = draining(0, 1)
    assert [Spawn(4, 2)] == plan(wanted(3, 2), workers, NOW)

    workers.append(starting(4, 2))
    assert [] == plan(wanted(3, 2), workers, NOW)

    workers[-1] = serving(4, 2)
    assert [Retire(101)] == plan(wanted(3, 2), workers, NOW)


def test_old_workers_that_do_not_serve_yet_leave_at_once() -> None:
    assert [Retire(101), Spawn(3, 2)] == plan(
        wanted(2, 2), [serving(0, 1), starting(1, 1), serving(2, 2)], NOW
    )


def test_a_worker_lost_during_a_roll_is_made_up_for() -> None:
    """Two of three old ones died: three wanted, one serves, so three new ones may start at once."""
    assert [Spawn(0, 2), Spawn(1, 2), Spawn(3, 2)] == plan(wanted(3, 2), [serving(2, 1)], NOW)


def test_more_are_wanted_after_a_reload() -> None:
    """Only those that replace an old one wait for their turn."""
    assert [Spawn(2, 2), Spawn(3, 2)] == plan(wanted(3, 2), [serving(0, 1), serving(1, 2)], NOW)


@pytest.mark.parametrize(
    ("expected", "former"),
    [
        (True, []),
        (False, [serving(2, 1)]),
        (False, [starting(2, 1)]),
        (False, [draining(2, 1)]),
        (True, [draining(2, 1, since=NOW - 1)]),
        (True, [killed(2, 1)]),
    ],
)
def test_a_reload_is_done_when_no_former_worker_accepts(expected: bool, former: list[Worker]) -> None:  # noqa: FBT001
    """Who asks after "reload done" is answered by the new code."""
    assert expected is is_rolled(wanted(2, 2), [serving(0, 2), serving(1, 2), *former], NOW)
    assert not is_rolled(wanted(2, 2), [serving(0, 2), starting(1, 2), *former], NOW)


# A worn worker is replaced likewise.


def test_a_worn_worker_serves_until_its_replacement_does() -> None:
    worn = serving(0, is_worn=True)

    assert [Spawn(1, 1)] == plan(wanted(1), [worn], NOW)
    assert [] == plan(wanted(1), [worn, starting(1)], NOW)
    assert [Retire(100)] == plan(wanted(1), [worn, serving(1)], NOW)


def test_worn_workers_go_one_by_one() -> None:
    workers = [serving(slot, is_worn=True) for slot in range(3)]

    assert [Spawn(3, 1)] == plan(wanted(3), workers, NOW)


# Who does wrong.


def test_a_late_worker_is_ended_and_replaced() -> None:
    late = starting(0, since=NOW - 60)

    assert [Abort(100, Why.LATE, 60.0), Spawn(1, 1)] == plan(wanted(1), [late], NOW)
    assert [] == plan(wanted(1), [late], NOW - 0.1)
    assert [] == plan(wanted(1, boot=0), [late], NOW + 9999)


def test_a_candidate_has_as_long_as_its_own_settings_say() -> None:
    """Whoever has an application that loads for longer says so in the reload that brings it."""
    trying = [serving(0), starting(1, generation=2, since=NOW - 60)]

    assert [] == plan(wanted(1, candidate=2, candidate_boot=90), trying, NOW)
    late = plan(wanted(1, boot=90, candidate=2, candidate_boot=60), trying, NOW)
    assert Abort(101, Why.LATE, 60.0) in late


def test_a_hung_worker_is_ended_and_replaced() -> None:
    hung = serving(0, calls=(stalled(31),))

    assert [Abort(100, Why.HUNG, 31.0), Spawn(1, 1)] == plan(wanted(1), [hung], NOW)
    assert [] == plan(wanted(1, silence=0), [hung], NOW)


def test_a_silent_worker_is_ended_and_replaced() -> None:
    silent = serving(0, beat=NOW - 30)

    assert [Abort(100, Why.SILENT, 30.0), Spawn(1, 1)] == plan(wanted(1), [silent], NOW)
    assert [] == plan(wanted(1, silence=0), [silent], NOW)


def test_a_short_timeout_does_not_take_a_late_heartbeat_for_death() -> None:
    assert [] == plan(wanted(1, silence=0.5), [serving(0, beat=NOW - 2)], NOW)
    assert [Abort(100, Why.SILENT, 5.0), Spawn(1, 1)] == plan(
        wanted(1, silence=0.5), [serving(0, beat=NOW - 5)], NOW
    )


def test_an_event_loop_that_beats_oftener_is_ended_sooner() -> None:
    """Where `timeout` is short; but nobody for two seconds of a busy machine."""
    loop = serving(0, beat=NOW - 3, beat_every=0.6)
    quick = serving(0, beat=NOW - 1.9, beat_every=0.05)

    assert Abort(100, Why.SILENT, 3.0) == plan(wanted(1, silence=3), [loop], NOW)[0]
    assert [] == plan(wanted(1, silence=3), [loop._replace(beat=NOW - 2.9)], NOW)
    assert [] == plan(wanted(1, silence=0.1), [quick], NOW)


def test_the_request_is_blamed_before_the_heartbeat() -> None:
    hung = serving(0, calls=(stalled(30),), beat=NOW - 30)

    assert Abort(100, Why.HUNG, 30.0) == plan(wanted(1), [hung], NOW)[0]


def test_who_will_not_leave_is_ended() -> None:
    slow = draining(1, since=NOW - 30)

    assert [Kill(101, Why.GRACE, 30.0)] == plan(wanted(1), [serving(0), slow], NOW)
    assert [] == plan(wanted(1), [serving(0), slow], NOW - 0.1)


def test_who_hangs_while_leaving_is_ended() -> None:
    hung = draining(1, calls=(stalled(30),))

    assert [Abort(101, Why.HUNG, 30.0)] == plan(wanted(1), [serving(0), hung], NOW)


def test_a_heartbeat_is_not_asked_of_who_leaves() -> None:
    assert [] == plan(wanted(1), [serving(0), draining(1, beat=0.0)], NOW)


# A call that hangs, beside others that do not.


def test_a_hang_beside_others_gives_the_worker_up_and_starts_the_next() -> None:
    """Nobody is told to leave, and nobody is killed: the other calls go on."""
    beside = serving(0, calls=(stalled(31), streaming(5)), threads=4)

    assert [GiveUp(100, Why.HUNG, 31.0), Spawn(1, 1)] == plan(wanted(1), [beside], NOW)


def test_a_hang_in_a_worker_with_a_free_thread_gives_it_up() -> None:
    """Its idle connections, and requests that are half sent, are to find another worker first."""
    assert (
        GiveUp(100, Why.HUNG, 31.0) == plan(wanted(1), [serving(0, calls=(stalled(31),), threads=2)], NOW)[0]
    )


def test_who_is_given_up_serves_until_its_replacement_does() -> None:
    given_up = serving(0, calls=(stalled(99),), threads=4, given_up_at=NOW - 68)

    assert [] == plan(wanted(1), [given_up, starting(1)], NOW)
    assert [Retire(100)] == plan(wanted(1), [given_up, serving(1)], NOW)
    assert [] == plan(wanted(1, spawn_at=NOW + 9), [given_up], NOW)


def test_who_is_given_up_goes_before_who_is_worn() -> None:
    workers = [
        serving(0, is_worn=True),
        serving(1, calls=(stalled(31),), threads=4, given_up_at=NOW - 1),
        serving(2),
    ]

    assert [Retire(101)] == plan(wanted(2), workers, NOW)


def test_who_is_given_up_is_ended_once_each_thread_hangs() -> None:
    workers = [serving(0, calls=(stalled(40), stalled(30)), threads=2, given_up_at=NOW - 10)]

    assert [] == plan(wanted(1), [*workers, starting(1)], NOW - 0.1)
    assert NOW == next_deadline(wanted(1), [*workers, starting(1)], NOW - 0.1)
    assert [Abort(100, Why.HUNG, 40.0)] == plan(wanted(1), [*workers, starting(1)], NOW)


def test_a_thread_that_waits_for_its_client_does_not_hang() -> None:
    workers = [serving(0, calls=(stalled(40), waiting(99)), threads=2, given_up_at=NOW - 10), starting(1)]

    assert [] == plan(wanted(1), workers, NOW)


def test_who_is_given_up_and_silent_is_ended() -> None:
    """The hang holds the interpreter's lock: there is nobody else whom it serves."""
    workers = [serving(0, calls=(stalled(99),), threads=4, given_up_at=NOW - 9, beat=NOW - 30), starting(1)]

    assert [Abort(100, Why.SILENT, 30.0)] == plan(wanted(1), workers, NOW)


def test_other_calls_have_graceful_timeout_after_a_hang() -> None:
    leaving = draining(1, calls=(stalled(99), streaming(5)), threads=4, given_up_at=NOW - 31, since=NOW - 30)

    assert [] == plan(wanted(1), [serving(0), leaving], NOW - 0.1)
    assert [Kill(101, Why.GRACE, 30.0)] == plan(wanted(1), [serving(0), leaving], NOW)


def test_a_hang_that_is_found_while_draining_is_told_once() -> None:
    leaving = draining(1, calls=(stalled(30), streaming(5)), threads=4)

    assert [GiveUp(101, Why.HUNG, 30.0)] == plan(wanted(1), [serving(0), leaving], NOW)
    assert [] == plan(wanted(1), [serving(0), leaving._replace(given_up_at=NOW)], NOW)


@pytest.mark.parametrize(
    ("is_ended", "fields"),
    [
        (True, {"connections": 1, "beat": NOW + 2}),
        (False, {"connections": 2, "beat": NOW + 2}),  # somebody is half way through a request
        (False, {"connections": 1, "beat": NOW + 0.9}),  # it may not have heard, and have accepted one since
    ],
)
def test_a_hang_that_is_left_alone_ends_its_worker(is_ended: bool, fields: dict[str, Any]) -> None:  # noqa: FBT001
    leaving = draining(1, calls=(stalled(31),), threads=4, given_up_at=NOW - 1, **fields)
    actions = plan(wanted(1), [serving(0, beat=NOW + 2), leaving], NOW + 2)

    assert ([Abort(101, Why.HUNG, 33.0)] if is_ended else []) == actions


# A call that takes too long, though it makes progress.


def test_progress_is_enough_for_timeout_but_not_for_request_timeout() -> None:
    busy = serving(0, calls=(streaming(300),), threads=1)

    assert [] == plan(wanted(1), [busy], NOW)
    assert [] == plan(wanted(1, longest=300.1), [busy], NOW)
    assert [Abort(100, Why.OVERLONG, 300.0), Spawn(1, 1)] == plan(wanted(1, longest=300), [busy], NOW)
    assert NOW == next_deadline(wanted(1, longest=300), [busy], NOW - 1)


def test_a_client_that_takes_its_time_counts_for_request_timeout() -> None:
    assert (
        Abort(100, Why.OVERLONG, 60.0)
        == plan(wanted(1, longest=60), [serving(0, calls=(waiting(60),))], NOW)[0]
    )


def test_request_timeout_holds_without_timeout() -> None:
    busy = serving(0, calls=(stalled(61),))

    assert Abort(100, Why.OVERLONG, 61.0) == plan(wanted(1, silence=0, longest=60), [busy], NOW)[0]


def test_an_overlong_call_beside_others_gives_the_worker_up() -> None:
    beside = serving(0, calls=(streaming(60), streaming(5)), threads=4)

    assert [GiveUp(100, Why.OVERLONG, 60.0), Spawn(1, 1)] == plan(wanted(1, longest=60), [beside], NOW)


def test_last_words_take_a_second() -> None:
    assert [] == plan(wanted(1), [serving(0), killed(1)], NOW + 0.9)
    assert [Kill(101, Why.LAST_WORDS, 1.0)] == plan(wanted(1), [serving(0), killed(1)], NOW + 1)
    assert [] == plan(wanted(1), [serving(0), killed(1, is_doomed=True)], NOW + 9)


# The end.


def test_a_stop_retires_all() -> None:
    workers = [serving(0), starting(1), draining(2), killed(3), serving(4, 2)]

    assert [Retire(100), Retire(101), Retire(104)] == plan(wanted(0), workers, NOW)


def test_a_quick_stop_hurries_those_who_leave_already() -> None:
    workers = [serving(0), draining(1), draining(2, is_hurried=True)]

    assert [Retire(100, is_quick=True), Retire(101, is_quick=True)] == plan(
        wanted(0, is_quick=True), workers, NOW
    )


def test_who_is_hurried_has_a_second() -> None:
    hurried = draining(0, is_hurried=True)

    assert [Kill(100, Why.GRACE, 1.0)] == plan(wanted(0, is_quick=True), [hurried], NOW + 1)


def test_next_deadline_is_the_earliest() -> None:
    workers = [serving(0), starting(1), draining(2, since=NOW - 10), killed(3, is_doomed=True)]

    assert NOW + 20 == next_deadline(wanted(), workers, NOW)
    assert inf == next_deadline(wanted(0), [], NOW)
    assert inf == next_deadline(wanted(1, boot=0, silence=0), [serving(0), starting(1)], NOW)


# Whatever the state of things: carried out, the plan leads where it should, and service is never given up.

states = st.sampled_from([State.STARTING, State.SERVING, State.DRAINING, State.KILLED])
workers_lists = st.lists(
    st.tuples(
        states,
        st.integers(1, 3),
        st.booleans(),
        st.sampled_from([0.0, 5.0, 29.0, 31.0, 61.0]),
        st.sampled_from([(), (31.0,), (5.0, 31.0), (31.0, 40.0)]),
    ),
    max_size=8,
)


@given(workers_lists, st.integers(1, 4), st.integers(1, 3), st.integers(0, 1))
def test_the_plan_never_gives_up_service_and_always_arrives(
    known: list[tuple[State, int, bool, float, tuple[float, ...]]], count: int, generation: int, trial: int
) -> None:
    pool = WorkerPool()
    for slot, (state, number, worn, age, stalls) in enumerate(known):
        pool._workers[100 + slot] = worker(
            state,
            slot,
            number,
            since=NOW - age,
            is_worn=worn and state is State.SERVING,
            calls=tuple(stalled(for_s) for for_s in stalls),
            threads=2,
        )
    goal = wanted(count, generation, candidate=9 if trial else 0)
    now = NOW
    pid = 1000
    for turn in range(60):
        actions: list[Action] = plan(goal, pool.workers, now)
        before = sum(1 for one in pool.workers if one.state is State.SERVING)
        for action in actions:
            match action:
                case Spawn(slot, number):
                    assert slot not in {one.slot for one in pool.workers}
                    pid += 1
                    pool.add(pid, slot, number, now)
                case Retire(pid=gone):
                    pool.retire(gone, now)
                case GiveUp(pid=gone):
                    pool.give_up(gone, now)
                case Abort(pid=gone):
                    pool.kill(gone, now, finally_=False)
                case Kill(pid=gone):
                    pool.kill(gone, now, finally_=True)
        after = sum(1 for one in pool.workers if one.state is State.SERVING)
        lost = sum(isinstance(action, Abort) and action.why is Why.HUNG for action in actions)
        assert after >= min(before - lost, count)
        if not actions and turn > 40:
            break
        # Then each does what it should: leaves or becomes ready.
        for one in pool.workers:
            match one.state:
                case State.STARTING:
                    pool.ready(one.pid, now)
                case State.DRAINING | State.KILLED:
                    pool.exit(one.pid, now)
                case _:
                    pool._workers[one.pid] = pool._workers[one.pid]._replace(beat=now)
        now += 0.1

    assert count + trial == len(pool.workers)
    assert {State.SERVING} == {one.state for one in pool.workers}
    assert count == sum(1 for one in pool.workers if one.generation == generation and not one.is_spent)
