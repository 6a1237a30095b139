"""How long to wait before the next worker is started, when workers keep dying young.

A worker that cannot boot, or that dies within 10 s of readiness, is a *failure*. Failures in a row make the
next spawn wait 1, 2, 4 ... 30 s, so that a broken application does not keep the machine busy.

What does not count:

* the first death after readiness: it is replaced at once, for one crash is no pattern;
* the death of a worker that was born before the last failure: several workers die of one cause;
* SIGKILL, SIGTERM, SIGINT, SIGQUIT from outside: an administrator (`kill -9`, twenty times in a row); the
  application did not do it. But where the kernel says that it killed for want of memory, the application did;
* what we asked for: retired workers, worn ones, and those that we ended for hanging.

A worker that has served for 10 s since the last failure ends the row; so does a new generation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter.pool import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.arbiter.pool import Worker

# A death sooner than this after readiness says something about the application.
YOUNG_S: Final = 10.0

_LONGEST_S: Final = 30.0


class Backoff(NamedTuple):
    """The failures in a row, and when the next spawn may be."""

    failures: int = 0
    last: float = 0.0
    """When the last of them was."""
    spawn_at: float = 0.0


def after_death(backoff: Backoff, worker: Worker, now: float, *, from_outside: bool) -> Backoff:
    """Return what follows from the end of a worker; `worker` is as it was before it was gone."""
    asked = worker.state is State.DRAINING or worker.is_worn
    if asked or from_outside or worker.born < backoff.last:
        return backoff
    if worker.ready_at is None:
        return _after_failure(backoff, now, free=0)
    if worker.state is State.KILLED or now - worker.ready_at >= YOUNG_S:
        return backoff
    return _after_failure(backoff, now, free=1)


def after_failed_fork(backoff: Backoff, now: float) -> Backoff:
    """Return what follows from a fork that the kernel refused."""
    return _after_failure(backoff, now, free=0)


def after_lost_template(backoff: Backoff, now: float, *, from_outside: bool) -> Backoff:
    """Return what follows from the end of a template that was wanted, loaded or not."""
    return backoff if from_outside else _after_failure(backoff, now, free=0)


def recovered(backoff: Backoff, workers: Sequence[Worker], now: float) -> Backoff:
    """End the row of failures if a worker that became ready after the last has served long enough."""
    if backoff.failures and any(
        worker.state is State.SERVING
        and worker.ready_at is not None
        and worker.ready_at >= backoff.last
        and now - worker.ready_at >= YOUNG_S
        for worker in workers
    ):
        return Backoff()
    return backoff


def _after_failure(backoff: Backoff, now: float, free: int) -> Backoff:
    """Count one more failure; the first `free` of a row cost nothing."""
    failures = backoff.failures + 1
    doublings = failures - free - 1
    wait = min(2.0 ** min(doublings, 5), _LONGEST_S) if doublings >= 0 else 0.0
    return Backoff(failures, last=now, spawn_at=max(backoff.spawn_at, now + wait))
