"""What the arbiter says of its workers in the log: deaths, and what they were doing when they were ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from wsgid.arbiter.plan import Abort, GiveUp, Kill, Why
from wsgid.arbiter.pool import State
from wsgid.arbiter.template_plan import Template
from wsgid.log.error import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.arbiter.plan import Wanted
    from wsgid.arbiter.pool import Worker
    from wsgid.arbiter.spawn import Exit
    from wsgid.metrics.scoreboard import CellView, RowView

# The scoreboard keeps this much of a target; what is as long was longer.
_TARGET_KEPT = 160

_KILLERS = {
    True: ", by the kernel for want of memory (max_worker_memory replaces a worker before it comes to that)",
    False: ", neither by us nor by the kernel for want of memory: by hand, or by a program",
    None: ", and not by us: by hand, or by the kernel for want of memory (see dmesg)",
}


def name(worker: Worker | Template) -> str:
    """Return the ids of a worker, as in every line about it; a template has no slot."""
    if isinstance(worker, Template):
        return f"pid={worker.pid} generation={worker.generation}"
    return f"slot={worker.slot} pid={worker.pid} generation={worker.generation}"


def kind(worker: Worker | Template) -> str:
    return "template" if isinstance(worker, Template) else "worker"


def verdict(
    action: GiveUp | Abort | Kill, worker: Worker, view: RowView, wanted: Wanted, now: float
) -> Iterator[str]:
    """Yield the lines that say why a worker is ended: for which request, after how long, by which setting."""
    calls = [cell for cell in view.cells if cell.is_busy] if view.pid == worker.pid else []
    match action.why:
        case Why.LATE:
            yield (
                f"worker late {name(worker)} boot_s={action.after:.1f}: not ready within boot_timeout"
                f" ({wanted.boot_of(worker.generation):g} s); it writes its stacks and is killed"
            )
        case Why.HUNG | Why.OVERLONG:
            yield from _hang(action, worker, calls, wanted, now)
        case Why.SILENT:
            mistake = "its event loop has not turned" if view.is_loop else "no heartbeat"
            yield (
                f"worker silent {name(worker)} silent_s={action.after:.1f}: {mistake} for longer than"
                f" timeout ({wanted.silence:g} s); it writes its stacks and is killed"
            )
            yield from (f"worker silent {name(worker)} was serving {_call(cell, now)}" for cell in calls)
        case Why.GRACE:
            yield (
                f"worker killed {name(worker)} drained_s={action.after:.1f}: it did not leave within"
                f" graceful_timeout ({wanted.grace:g} s)"
            )
            yield from (f"worker killed {name(worker)} was serving {_call(cell, now)}" for cell in calls)
        case Why.LAST_WORDS:
            pass  # its ABRT has had its lines


def _hang(
    action: GiveUp | Abort | Kill, worker: Worker, calls: list[CellView], wanted: Wanted, now: float
) -> Iterator[str]:
    """Yield a line for each call that hangs or is overlong."""
    mistakes = {
        Why.HUNG: f"no progress for longer than timeout ({wanted.silence:g} s)",
        Why.OVERLONG: f"one call for longer than request_timeout ({wanted.longest:g} s)",
    }
    fate = "it writes its stacks and is killed"
    if isinstance(action, GiveUp):
        fate = (
            "it writes its stacks, and is killed when nothing else is left in it,"
            f" or graceful_timeout ({wanted.grace:g} s) after it is retired"
        )
    found = [(why, cell) for cell in calls if (why := _mistake(cell, wanted, now)) is not None]
    for why, cell in found or [(action.why, cell) for cell in calls]:
        yield f"worker {why.value} {name(worker)} {_call(cell, now)}: {mistakes[why]}; {fate}"
    if not calls:
        field = "stalled_s" if action.why is Why.HUNG else "duration_s"
        known = f"{name(worker)} {field}={action.after:.1f}"
        yield f"worker {action.why.value} {known}: {mistakes[action.why]}; {fate}"


def _mistake(cell: CellView, wanted: Wanted, now: float) -> Why | None:
    if wanted.silence and now - cell.stalled_since >= wanted.silence:
        return Why.HUNG
    return Why.OVERLONG if wanted.longest and now - cell.began >= wanted.longest else None


def death(worker: Worker, exit_: Exit) -> str:
    """Return the line that says how a worker ended; `worker` is as it was just before."""
    return f"worker gone {name(worker)} {exit_.text}{_because(worker, exit_)}"


def by_whom(exit_: Exit) -> str:
    """Say who has sent a SIGKILL that we have not; the kernel's count of its own may be hidden."""
    return _KILLERS[exit_.is_oom]


def level(worker: Worker, exit_: Exit) -> int:
    """Return how grave a worker's end is: info for what was asked, error for what somebody must look at."""
    asked = worker.state is State.DRAINING or worker.is_worn
    # Our own signal ends a worker that has no ears yet, or, when it is to leave at once, no time.
    signalled = worker.state is State.DRAINING and exit_.is_from_outside and not exit_.is_killed
    if (asked and exit_.is_clean) or signalled or (worker.is_hurried and exit_.is_from_outside):
        return logging.INFO
    return logging.WARNING if worker.state in {State.DRAINING, State.KILLED} else logging.ERROR


def _because(worker: Worker, exit_: Exit) -> str:
    match worker.state:
        case State.KILLED:
            return ", by us"
        case _ if exit_.is_oom:
            return by_whom(exit_)
        case State.DRAINING:
            return ", retired"
        case _ if worker.is_worn and exit_.is_clean:
            return ", worn"
        case _ if exit_.is_killed:
            return by_whom(exit_)
        case State.STARTING:
            return ", before it was ready"
        case _:
            return ", unasked"


def _call(cell: CellView, now: float) -> str:
    """Tell of one call; what a client sent is escaped."""
    cut = "..." if len(cell.target) >= _TARGET_KEPT else ""
    progress = f" stalled_s={now - cell.progress:.1f}" if cell.progress else " waiting for its client"
    return (
        f'method={escape(cell.method)} target="{escape(cell.target)}{cut}" peer={escape(cell.peer) or "-"}'
        f" duration_s={now - cell.began:.1f}{progress}"
    )
