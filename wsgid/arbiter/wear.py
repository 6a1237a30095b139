"""Whom to replace for its age or its memory: one worker at a time, each with its numbers.

A worker that has served its `max_requests` says so itself (workers/leaving.py). What is found here is
replaced likewise: the next one serves first, then it drains.
"""

# Rule 1: deciding is done with values; a process is measured by the function that is given.
# Rule 2: one measurement a look, one look a second, whatever the number of workers.

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter.pool import State
from wsgid.metrics.memory import private_memory, resident_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wsgid.arbiter.plan import Wanted
    from wsgid.arbiter.pool import Worker

_LOOK_S: Final = 1.0

# Were the bound too low for a worker that has just loaded the application, replacing would be all that is
# done.
MEMORY_PAUSE_S: Final = 10.0

# Workers that were born together end within this part of max_worker_age before it.
SPREAD: Final = 0.1

# Multiples of it, modulo 1, lie far from one another, however many there are (Weyl, 1916).
_GOLDEN: Final = 0.6180339887498949


class Worn(NamedTuple):
    """A worker that is to be replaced, and why: for the log."""

    worker: Worker
    why: str


class Wear:
    """Looks at one worker after another; the arbiter is its only user."""

    def __init__(self, measure: Callable[[int, int], int | None] | None = None) -> None:
        """`measure` is `memory_above`, or what a test has in its place."""
        self._measure: Final = measure or memory_above
        self._look_at = 0.0
        self._measured = -1  # the slot that was measured last
        self._memory_at = 0.0  # nobody is replaced for its memory before

    def find(self, wanted: Wanted, workers: Sequence[Worker], now: float) -> Worn | None:
        """Return who is to be replaced next; None if nobody is, or somebody is being replaced already."""
        if now < self._look_at or not (wanted.most_age or wanted.most_memory):
            return None
        self._look_at = now + _LOOK_S
        if any(worker.is_worn for worker in workers if worker.state is not State.KILLED):
            return None
        serving = [
            worker
            for worker in workers
            if worker.state is State.SERVING and worker.generation == wanted.generation
        ]
        return _oldest(wanted, serving, now) or self._largest(wanted, serving, now)

    def _largest(self, wanted: Wanted, serving: Sequence[Worker], now: float) -> Worn | None:
        """Measure the worker whose turn it is."""
        if not (wanted.most_memory and serving) or now < self._memory_at:
            return None
        worker = min(serving, key=lambda one: (one.slot <= self._measured, one.slot))
        self._measured = worker.slot
        memory = self._measure(worker.pid, wanted.most_memory)
        if memory is None or memory <= wanted.most_memory:
            return None
        self._memory_at = now + MEMORY_PAUSE_S
        return Worn(
            worker,
            f"memory_mib={memory / 2**20:.1f} age_s={_age(worker, now):.1f}: more private memory than"
            f" max_worker_memory ({wanted.most_memory / 2**20:g} MiB)",
        )


def memory_above(pid: int, bound: int) -> int | None:
    """Return the private memory of a process if it may be above a bound; None if it cannot, or is gone.

    What the kernel has at hand is asked first. Where the exact figure is hidden, that of the pages which are
    no file's takes its place.
    """
    resident = resident_memory(pid)
    if resident is None or resident[0] <= bound:
        return None
    memory = private_memory(pid)
    return resident[1] if memory is None else memory


def lifetime(most_age: float, slot: int) -> float:
    """Return how long the worker in a slot may serve: between nine and ten tenths of max_worker_age.

    By the slot and not by chance: workers that were born together have different ones, so their ends are
    never close together.
    """
    return most_age * (1 - SPREAD * (slot * _GOLDEN % 1.0))


def _oldest(wanted: Wanted, serving: Sequence[Worker], now: float) -> Worn | None:
    """Return the worker that has been due for longest."""
    if not wanted.most_age:
        return None
    due = [worker for worker in serving if _overtime(wanted, worker, now) >= 0]
    if not due:
        return None
    worker = max(due, key=lambda one: _overtime(wanted, one, now))
    return Worn(
        worker,
        f"age_s={_age(worker, now):.1f}: its share of max_worker_age ({wanted.most_age:g} s) is"
        f" {lifetime(wanted.most_age, worker.slot):.1f} s",
    )


def _overtime(wanted: Wanted, worker: Worker, now: float) -> float:
    return _age(worker, now) - lifetime(wanted.most_age, worker.slot)


def _age(worker: Worker, now: float) -> float:
    """Return for how long it has served: loading the application is no wear."""
    return now - (worker.born if worker.ready_at is None else worker.ready_at)
