"""The pool: each pair of state and event, and what the scoreboard is believed."""

from __future__ import annotations

from math import inf

import pytest

from wsgid.arbiter.pool import TRANSITIONS, Call, Event, State, Worker, WorkerPool
from wsgid.metrics.scoreboard import CellView, RowView

PID = 4711

# Written out once more, on purpose: whoever changes the table says so in two places.
EXPECTED = {
    (State.STARTING, Event.READY): State.SERVING,
    (State.STARTING, Event.RETIRE): State.DRAINING,
    (State.STARTING, Event.KILL): State.KILLED,
    (State.STARTING, Event.EXIT): State.GONE,
    (State.SERVING, Event.RETIRE): State.DRAINING,
    (State.SERVING, Event.KILL): State.KILLED,
    (State.SERVING, Event.EXIT): State.GONE,
    (State.DRAINING, Event.READY): State.DRAINING,
    (State.DRAINING, Event.RETIRE): State.DRAINING,
    (State.DRAINING, Event.KILL): State.KILLED,
    (State.DRAINING, Event.EXIT): State.GONE,
    (State.KILLED, Event.READY): State.KILLED,
    (State.KILLED, Event.KILL): State.KILLED,
    (State.KILLED, Event.EXIT): State.GONE,
}


def pool_in(state: State) -> WorkerPool:
    pool = WorkerPool()
    pool.add(PID, slot=0, generation=1, now=1.0)
    match state:
        case State.SERVING:
            pool.ready(PID, 2.0)
        case State.DRAINING:
            pool.retire(PID, 2.0)
        case State.KILLED:
            pool.kill(PID, 2.0, finally_=False)
        case _:
            pass
    return pool


def happen(pool: WorkerPool, event: Event) -> Worker:
    match event:
        case Event.READY:
            return pool.ready(PID, 3.0)
        case Event.RETIRE:
            return pool.retire(PID, 3.0)
        case Event.KILL:
            return pool.kill(PID, 3.0, finally_=True)
        case Event.EXIT:
            return pool.exit(PID, 3.0)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", [state for state in State if state is not State.GONE])
def test_every_pair(state: State, event: Event) -> None:
    """A pair that is not in the table is our bug, and must not pass in silence."""
    pool = pool_in(state)
    expected = EXPECTED.get((state, event))
    if expected is None:
        with pytest.raises(RuntimeError, match=event.name):
            happen(pool, event)
    else:
        assert expected is happen(pool, event).state


def test_table_names_every_state() -> None:
    assert set(State) == set(TRANSITIONS)
    assert {} == TRANSITIONS[State.GONE]


def test_who_is_gone_is_not_in_the_pool() -> None:
    pool = pool_in(State.SERVING)
    pool.exit(PID, 3.0)

    assert () == pool.workers
    assert pool.get(PID) is None


def test_readiness_keeps_its_time() -> None:
    worker = pool_in(State.SERVING).workers[0]

    assert (1.0, 2.0, 2.0) == (worker.born, worker.since, worker.ready_at)


def test_readiness_that_crosses_our_signal_changes_nothing() -> None:
    pool = pool_in(State.DRAINING)
    pool.ready(PID, 3.0)

    assert (State.DRAINING, 2.0, None) == (
        pool.workers[0].state,
        pool.workers[0].since,
        pool.workers[0].ready_at,
    )


def test_a_second_retirement_gives_no_more_time_unless_it_is_quick() -> None:
    pool = pool_in(State.DRAINING)
    assert (2.0, False) == (pool.retire(PID, 5.0).since, pool.workers[0].is_hurried)
    assert (6.0, True) == (pool.retire(PID, 6.0, quick=True).since, pool.workers[0].is_hurried)


def row(pid: int = PID, beat: float = 9.0, *progress: float) -> RowView:
    cells = tuple(CellView(1, 1.0, time, b"GET", b"/", b"") for time in progress)
    return RowView(pid=pid, generation=1, beat=beat, connections=3, cells=cells, threads=4)


def observed(view: RowView, state: State = State.SERVING) -> Worker:
    pool = pool_in(state)
    pool.observe(lambda _slot: view, now=10.0)
    return pool.workers[0]


def test_each_call_is_known() -> None:
    worker = observed(row(PID, 9.0, 5.0, 3.0, 0.0))

    assert (9.0, 4, 3) == (worker.beat, worker.threads, worker.connections)
    assert (Call(1.0, 5.0), Call(1.0, 3.0), Call(1.0, inf)) == worker.calls


def test_calls_of_an_event_loop_are_not_judged() -> None:
    """They wait side by side; what is judged is whether the loop turns."""
    cell = CellView(requests=7, began=1.0, progress=5.0, method=b"GET", target=b"/", peer=b"")
    worker = observed(RowView(PID, 1, 9.0, 0, cells=(cell,), threads=1, loop_beat_s=0.2))

    assert ((), 9.0) == (worker.calls, worker.beat)


def test_an_idle_thread_is_in_no_call() -> None:
    idle = CellView(requests=7, began=0.0, progress=5.0, method=b"GET", target=b"/", peer=b"")

    assert () == observed(RowView(PID, 1, 9.0, 0, cells=(idle,), threads=1)).calls


def test_a_stall_that_is_over_is_forgotten() -> None:
    pool = pool_in(State.SERVING)
    pool.observe(lambda _slot: row(PID, 9.0, 3.0), now=10.0)
    pool.observe(lambda _slot: row(PID, 9.0), now=10.0)

    assert () == pool.workers[0].calls


def test_a_former_workers_row_says_nothing() -> None:
    worker = observed(row(pid=1, beat=9.0))

    assert (2.0, ()) == (worker.beat, worker.calls)


def test_a_heartbeat_from_the_future_is_taken_for_now() -> None:
    """Garbage must not make a worker immortal."""
    assert 10.0 == observed(row(beat=1e300)).beat


def test_who_is_not_serving_yet_is_not_observed() -> None:
    pool = pool_in(State.STARTING)
    pool.observe(lambda _slot: row(PID, 9.0, 3.0), now=10.0)

    assert () == pool.workers[0].calls


def test_mercy_holds_nothing_against_anybody() -> None:
    pool = pool_in(State.SERVING)
    pool.forgive(100.0)
    pool.observe(lambda _slot: row(PID, 9.0, 3.0), now=101.0)
    worker = pool.workers[0]

    assert (100.0, 100.0) == (worker.since, worker.beat)
    assert (Call(100.0, 100.0),) == worker.calls


def test_worker_shows_its_state() -> None:
    pool = pool_in(State.SERVING)

    assert "<Worker slot=0 pid=4711 generation=1 SERVING, worn>" == repr(pool.worn(PID))
    assert "<Worker slot=0 pid=4711 generation=1 SERVING, worn, given up>" == repr(pool.give_up(PID, 9.0))
