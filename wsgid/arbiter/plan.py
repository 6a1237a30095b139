"""What to do next: compares the workers that are wanted with those that are there.

Nothing here forks, kills, waits or reads a clock; `arbiter.py` does what `plan` says.
"""

# The rules, in this order:
# 1. What is late (boot_timeout), hung or silent (timeout), or overlong (request_timeout) is sent SIGABRT, so
#    that it can write where it is, and SIGKILL a second later; what will not leave (graceful_timeout) is sent
#    SIGKILL. A worker in which a call hangs beside others that do not is given up: it writes where it is, is
#    replaced first, and ended when nothing but what hangs is left in it.
# 2. A worker is retired only when another serves in its stead.
# 3. A candidate, the generation that a reload tries, gets one worker; all else goes on as before.
# 4. What the wanted generation lacks is spawned. While stale workers serve, of a former generation or spent,
#    there is at most one worker more than wanted: they are replaced one by one.

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter.pool import Call, State, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# From SIGABRT to SIGKILL, and from SIGQUIT to SIGKILL: time enough to write all stacks.
LAST_WORDS_S: Final = 1.0

# By then a worker that was told to drain accepts no more, whatever it is doing.
HEARING_S: Final = 1.0

# A worker beats once a second, an event loop oftener where `timeout` is short. On a busy machine a few beats
# that are late are no sign of death, however short it is.
BEATS_MISSED: Final = 5
SHORTEST_SILENCE_S: Final = 2.0


class Wanted(NamedTuple):
    """The goal; replaced, never mutated. Times are seconds of `time.monotonic()`."""

    workers: int
    """How many; 0 when the server stops."""
    generation: int
    candidate: int = 0
    """The generation that a reload tries; 0 without one."""
    boot: float = 60.0
    """How long a worker may take to become ready (boot_timeout); 0: for ever."""
    candidate_boot: float = 60.0
    """The same for one of the candidate, as its own settings say."""
    silence: float = 30.0
    """How long a call may make no progress, and a worker not beat (timeout); 0: for ever."""
    longest: float = 0.0
    """How long a call may take, with progress or without (request_timeout); 0: for ever."""
    grace: float = 30.0
    """How long a retired worker may take to leave (graceful_timeout)."""
    most_memory: int = 0
    """Octets of private memory above which a worker is replaced (max_worker_memory, wear.py); 0: any."""
    most_age: float = 0.0
    """For how long a worker may serve until it is replaced (max_worker_age, wear.py); 0: for ever."""
    is_quick: bool = False
    """Whoever is to leave leaves at once."""
    spawn_at: float = 0.0
    """Nothing that is lacking is spawned before this time (backoff.py)."""
    unready: frozenset[int] = frozenset()
    """Generations that cannot have a worker born now: their template loads, or is at it (preload.py)."""
    reserved: frozenset[int] = frozenset()
    """Slots of workers that a template was asked for, and that have no pid yet."""

    def boot_of(self, generation: int) -> float:
        """Return how long a worker of a generation, or its template, may take to become ready."""
        return self.candidate_boot if generation == self.candidate else self.boot


class Why(Enum):
    """Why a worker is ended."""

    LATE = "late"
    HUNG = "hung"
    OVERLONG = "overlong"
    SILENT = "silent"
    GRACE = "grace"
    LAST_WORDS = "last words"
    """It was sent SIGABRT a moment ago."""


@dataclass(frozen=True, slots=True)
class Spawn:
    """Start a worker of this generation in this slot."""

    slot: int
    generation: int


@dataclass(frozen=True, slots=True)
class Retire:
    """Have a worker drain, or leave at once."""

    pid: int
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Have a worker write where it is, and know that it is to be replaced: it still serves others."""

    pid: int
    why: Why
    after: float
    """For how many seconds it has been so."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Have a worker write where it is, and die."""

    pid: int
    why: Why
    after: float


@dataclass(frozen=True, slots=True)
class Kill:
    """End a worker without its help."""

    pid: int
    why: Why
    after: float


Action = Spawn | Retire | GiveUp | Abort | Kill


def plan(wanted: Wanted, workers: Sequence[Worker], now: float) -> list[Action]:
    """Return what is to be done now."""
    deadlines = [_deadline(wanted, worker, now) for worker in workers]
    overdue = [deadline for deadline in deadlines if deadline.at <= now]
    hopeful = [
        worker._replace(given_up_at=now) if deadline.at <= now else worker
        for worker, deadline in zip(workers, deadlines, strict=True)
        if deadline.at > now or deadline.action is GiveUp
    ]
    return [
        *(deadline.action(deadline.worker.pid, deadline.why, now - deadline.since) for deadline in overdue),
        *_retire(wanted, hopeful),
        *_spawn(wanted, hopeful, workers, now),
    ]


def next_deadline(wanted: Wanted, workers: Sequence[Worker], now: float) -> float:
    """Return when `plan` may have something to do even if nothing happens; infinity for never."""
    times = [_deadline(wanted, worker, now).at for worker in workers]
    if wanted.spawn_at > now and _sort(wanted, workers).lacking > 0:
        times.append(wanted.spawn_at)
    return min(times, default=inf)


def is_rolled(wanted: Wanted, workers: Sequence[Worker], now: float) -> bool:
    """Say if the wanted generation serves, and former ones answer nobody but whom they had begun with.

    Between our signal and the closing of its listener a worker may still accept.
    """
    fresh = [worker for worker in workers if worker.generation == wanted.generation]
    return len(_serving(fresh)) >= wanted.workers and all(
        worker in fresh
        or worker.state is State.KILLED
        or (worker.state is State.DRAINING and now - worker.since >= HEARING_S)
        for worker in workers
    )


class _Deadline(NamedTuple):
    """The next moment at which a worker has done wrong, and what is to be done then."""

    at: float
    action: type[GiveUp | Abort | Kill]
    why: Why
    since: float
    worker: Worker


def _deadline(wanted: Wanted, worker: Worker, now: float) -> _Deadline:
    match worker.state:
        case State.STARTING if boot := wanted.boot_of(worker.generation):
            return _Deadline(worker.since + boot, Abort, Why.LATE, worker.since, worker)
        case State.SERVING:
            shortest = max(SHORTEST_SILENCE_S, BEATS_MISSED * worker.beat_every)
            silence = max(wanted.silence, shortest) if wanted.silence else inf
            # A hang that holds the interpreter's lock is silent too; the call says more about it.
            silent = _Deadline(worker.beat + silence, Abort, Why.SILENT, worker.beat, worker)
            return _earlier(_hang(wanted, worker, now), silent)
        case State.DRAINING:
            grace = min(wanted.grace, LAST_WORDS_S) if worker.is_hurried else wanted.grace
            leave = _Deadline(worker.since + grace, Kill, Why.GRACE, worker.since, worker)
            return _earlier(_hang(wanted, worker, now), leave)
        case State.KILLED if not worker.is_doomed:
            return _Deadline(worker.since + LAST_WORDS_S, Kill, Why.LAST_WORDS, worker.since, worker)
        case _:
            return _never(worker)


def _hang(wanted: Wanted, worker: Worker, now: float) -> _Deadline:
    """Return when a call of it is to be seen to: with the worker, if nothing but what hangs is in it then."""
    ends = sorted((_call_deadline(wanted, worker, call) for call in worker.calls), key=lambda end: end.at)
    if not ends:
        return _never(worker)
    first, last = ends[0], ends[-1]
    end = first._replace(at=last.at) if _holds_nothing_else(worker) else _never(worker)
    if worker.given_up_at < inf or end.at <= max(first.at, now):
        return end
    return first._replace(action=GiveUp)


def _call_deadline(wanted: Wanted, worker: Worker, call: Call) -> _Deadline:
    hung_at = call.stalled_since + (wanted.silence or inf)
    overlong_at = call.began + (wanted.longest or inf)
    if hung_at <= overlong_at:
        return _Deadline(hung_at, Abort, Why.HUNG, call.stalled_since, worker)
    return _Deadline(overlong_at, Abort, Why.OVERLONG, call.began, worker)


def _holds_nothing_else(worker: Worker) -> bool:
    """Say if its calls are all that it has: every thread is in one, or all other connections have left.

    Whoever drains accepts no more, so an older number of connections is never too small; but it must have
    heard of it.
    """
    return len(worker.calls) >= worker.threads or (
        worker.state is State.DRAINING
        and worker.beat >= worker.since + HEARING_S
        and worker.connections <= len(worker.calls)
    )


def _never(worker: Worker) -> _Deadline:
    return _Deadline(inf, Kill, Why.LAST_WORDS, worker.since, worker)


def _earlier(one: _Deadline, other: _Deadline) -> _Deadline:
    return one if one.at <= other.at else other


class _Sorted(NamedTuple):
    """Those who serve or may yet serve, by what they are to us."""

    fresh: list[Worker]
    """What is wanted."""
    stale: list[Worker]
    """Of a former generation, or spent: to be replaced."""
    trial: list[Worker]
    """Of the candidate."""
    lacking: int
    """How many are to be spawned so that enough are fresh."""


def _sort(wanted: Wanted, workers: Sequence[Worker]) -> _Sorted:
    living = [worker for worker in workers if worker.state in {State.STARTING, State.SERVING}]
    fresh = [worker for worker in living if worker.generation == wanted.generation and not worker.is_spent]
    trial = [worker for worker in living if worker.generation == wanted.candidate]
    stale = [worker for worker in living if worker not in fresh and worker not in trial]
    return _Sorted(fresh, stale, trial, lacking=wanted.workers - len(fresh))


def _retire(wanted: Wanted, workers: Sequence[Worker]) -> Iterator[Retire]:
    fresh, stale, _, lacking = _sort(wanted, workers)
    if wanted.workers == 0:
        # A candidate is not among them: without workers (SIGWINCH) a reload is how they come back, and when
        # the server stops there is none.
        leaving = [*fresh, *stale]
        if wanted.is_quick:
            leaving += [
                worker for worker in workers if worker.state is State.DRAINING and not worker.is_hurried
            ]
    else:
        # Those that serve nobody yet are no loss; of the others, the oldest generation goes first, and those
        # in which a call hangs.
        leaving = [worker for worker in stale if worker.state is State.STARTING]
        serving = sorted(
            _serving(stale), key=lambda worker: (worker.generation, worker.given_up_at, worker.slot)
        )
        surplus = len(serving) + len(_serving(fresh)) - wanted.workers
        leaving += serving[: max(surplus, 0)]
        if lacking < 0:
            # The lowest slots stay: a row of the scoreboard that was used once is used again.
            by_loss = sorted(fresh, key=lambda worker: (worker.state is State.SERVING, -worker.slot))
            leaving += by_loss[:-lacking]
    return (Retire(worker.pid, wanted.is_quick) for worker in leaving)


def _spawn(
    wanted: Wanted, hopeful: Sequence[Worker], workers: Sequence[Worker], now: float
) -> Iterator[Spawn]:
    fresh, stale, _, lacking = _sort(wanted, hopeful)
    stale_serving = len(_serving(stale))
    if stale_serving:
        lacking = min(lacking, wanted.workers + 1 - stale_serving - len(fresh))
    if now < wanted.spawn_at or wanted.generation in wanted.unready:
        lacking = 0
    taken = wanted.reserved.union(worker.slot for worker in workers)
    slots = (slot for slot in count() if slot not in taken)
    # Any worker of the candidate, whatever became of it, was its trial: it does not get a second.
    is_tried = any(worker.generation == wanted.candidate for worker in workers)
    if wanted.candidate and wanted.candidate not in wanted.unready and not is_tried:
        yield Spawn(next(slots), wanted.candidate)
    for _ in range(lacking):
        yield Spawn(next(slots), wanted.generation)


def _serving(workers: Sequence[Worker]) -> list[Worker]:
    return [worker for worker in workers if worker.state is State.SERVING]
