"""The workers that are there: what is known of each, and what may become of it."""

# Rule 1: a Worker is a value; the pool alone replaces one by another, and only as TRANSITIONS says.
# Rule 2: nothing here forks, kills or reads a clock; what the scoreboard says is taken with a grain of salt.

from __future__ import annotations

from enum import Enum
from math import inf
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.metrics.scoreboard import RowView


class State(Enum):
    STARTING = "starting"
    """Forked; the application is being loaded."""
    SERVING = "serving"
    """It has said that it is ready."""
    DRAINING = "draining"
    """Retired: it accepts no more and finishes what it began."""
    KILLED = "killed"
    """It was late, hung or silent, and has been sent SIGABRT or SIGKILL."""
    GONE = "gone"
    """The kernel has told its exit status."""


class Event(Enum):
    READY = "ready"
    RETIRE = "retire"
    KILL = "kill"
    EXIT = "exit"


# A pair that is not here is our bug, and raises. The word of a worker that is ready may cross our signal to
# it, and a stop may turn from graceful to quick: those pairs change nothing.
TRANSITIONS: Final[dict[State, dict[Event, State]]] = {
    State.STARTING: {
        Event.READY: State.SERVING,
        Event.RETIRE: State.DRAINING,
        Event.KILL: State.KILLED,
        Event.EXIT: State.GONE,
    },
    State.SERVING: {
        Event.RETIRE: State.DRAINING,
        Event.KILL: State.KILLED,
        Event.EXIT: State.GONE,
    },
    State.DRAINING: {
        Event.READY: State.DRAINING,
        Event.RETIRE: State.DRAINING,
        Event.KILL: State.KILLED,
        Event.EXIT: State.GONE,
    },
    State.KILLED: {
        Event.READY: State.KILLED,
        Event.KILL: State.KILLED,
        Event.EXIT: State.GONE,
    },
    State.GONE: {},
}


class Call(NamedTuple):
    """A call of the application that a thread of a worker is in. Times are `time.monotonic()`."""

    began: float
    stalled_since: float
    """When it last made progress; infinity while it waits for its client."""


class Worker(NamedTuple):
    """What is known of one child process. Times are `time.monotonic()`."""

    pid: int
    slot: int
    generation: int
    state: State
    since: float
    """When it came into its state, or last was forgiven (`WorkerPool.forgive`)."""
    born: float
    """When it was forked."""
    ready_at: float | None = None
    """When it said that it is ready."""
    beat: float = 0.0
    """Its last heartbeat."""
    beat_every: float = 1.0
    """How often it beats, in seconds."""
    calls: tuple[Call, ...] = ()
    """Those that are judged: none of an event loop's, which ends what is overlong itself."""
    threads: int = 0
    """How many calls it can be in at a time."""
    connections: int = 0
    """How many it had open at its last heartbeat or before."""
    is_worn: bool = False
    """It is to be replaced: it has asked for that (max_requests), or wear.py has found it."""
    given_up_at: float = inf
    """When a call in it was found to hang beside others; infinity if none was."""
    is_hurried: bool = False
    """It was told to leave at once, not only to drain."""
    is_doomed: bool = False
    """It was sent SIGKILL; there is nothing more to be done."""

    @property
    def is_spent(self) -> bool:
        """Whether another one is to serve in its stead."""
        return self.is_worn or self.given_up_at < inf

    def __repr__(self) -> str:
        marks = (", worn" if self.is_worn else "") + (", given up" if self.given_up_at < inf else "")
        return (
            f"<Worker slot={self.slot} pid={self.pid} generation={self.generation} {self.state.name}{marks}>"
        )


class WorkerPool:
    """All workers that are not gone; the arbiter is its only user."""

    def __init__(self) -> None:
        self._workers: Final[dict[int, Worker]] = {}  # by pid
        self._forgiven = 0.0  # what is older than this is not held against anybody

    @property
    def workers(self) -> tuple[Worker, ...]:
        return tuple(self._workers.values())

    def get(self, pid: int) -> Worker | None:
        return self._workers.get(pid)

    def add(self, pid: int, slot: int, generation: int, now: float) -> Worker:
        """Note a worker that was forked."""
        worker = Worker(pid, slot, generation, State.STARTING, since=now, born=now, beat=now)
        self._workers[pid] = worker
        return worker

    def ready(self, pid: int, now: float) -> Worker:
        """Note that it has loaded the application and will accept."""
        worker = self._move(pid, Event.READY, now)
        if worker.state is State.SERVING:
            worker = self._replace(worker, ready_at=now, beat=now)
        return worker

    def worn(self, pid: int) -> Worker:
        """Note that it wants to be replaced."""
        return self._replace(self._workers[pid], is_worn=True)

    def give_up(self, pid: int, now: float) -> Worker:
        """Note that a call in it hangs beside others that do not."""
        return self._replace(self._workers[pid], given_up_at=now)

    def retire(self, pid: int, now: float, *, quick: bool = False) -> Worker:
        """Note that it was told to drain, or to leave at once."""
        worker = self._move(pid, Event.RETIRE, now)
        # From graceful to quick the time that it is given begins anew.
        return self._replace(worker, since=now, is_hurried=True) if quick else worker

    def kill(self, pid: int, now: float, *, finally_: bool) -> Worker:
        """Note that it was sent SIGABRT, or, in the end, SIGKILL."""
        return self._replace(self._move(pid, Event.KILL, now), since=now, is_doomed=finally_)

    def exit(self, pid: int, now: float) -> Worker:
        """Note its end; the worker returned is GONE and no longer in the pool."""
        worker = self._move(pid, Event.EXIT, now)
        del self._workers[pid]
        return worker

    def observe(self, read: Callable[[int], RowView], now: float) -> None:
        """Learn from the scoreboard what each worker does, and since when.

        `read` gives the row of a slot. A row that another pid has signed is that of a former worker. A time
        in the future is garbage, and taken for now.
        """
        for worker in self.workers:
            if worker.state not in {State.SERVING, State.DRAINING}:
                continue
            view = read(worker.slot)
            if view.pid != worker.pid:
                continue
            self._replace(
                worker,
                beat=max(worker.beat, min(view.beat, now), self._forgiven),
                beat_every=min(view.loop_beat_s or 1.0, 1.0),
                calls=tuple(
                    Call(max(cell.began, self._forgiven), max(cell.stalled_since, self._forgiven))
                    for cell in view.cells
                    if cell.is_busy and not view.is_loop
                ),
                threads=view.threads,
                connections=view.connections,
            )

    def forgive(self, now: float) -> None:
        """Hold nothing against anybody that happened until now: we were away ourselves."""
        self._forgiven = now
        for worker in self.workers:
            calls = tuple(Call(now, max(call.stalled_since, now)) for call in worker.calls)
            self._replace(worker, since=now, beat=now, calls=calls)

    def _move(self, pid: int, event: Event, now: float) -> Worker:
        worker = self._workers[pid]
        try:
            state = TRANSITIONS[worker.state][event]
        except KeyError:
            raise RuntimeError(f"{worker!r}: {event.name} has no meaning in this state") from None
        return worker if state is worker.state else self._replace(worker, state=state, since=now)

    def _replace(self, worker: Worker, **changes: Any) -> Worker:
        fresh = worker._replace(**changes)
        self._workers[worker.pid] = fresh
        return fresh
