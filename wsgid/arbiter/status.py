"""How the server is, for whoever asks by the control socket: plain values, made of what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsgid.log.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wsgid.arbiter.pool import Worker
    from wsgid.arbiter.template_plan import Template
    from wsgid.metrics.scoreboard import RowView


def worker_status(worker: Worker, view: RowView, now: float) -> dict[str, Any]:
    """Return what is known of a worker; what it says of itself counts only if the row is its own."""
    is_own = view.pid == worker.pid
    cells = view.cells if is_own else ()
    return {
        "pid": worker.pid,
        "slot": worker.slot,
        "generation": worker.generation,
        "state": worker.state.value,
        "age_s": round(now - worker.born, 3),
        "connections": view.connections if is_own else 0,
        "requests": sum(cell.requests for cell in cells),
        "failed": view.failed if is_own else 0,
        "serving": [
            {
                "method": escape(cell.method),
                "target": escape(cell.target),
                "peer": escape(cell.peer),
                "for_s": round(now - cell.began, 3),
                "is_waiting_for_client": not cell.progress,
            }
            for cell in cells
            if cell.is_busy
        ],
    }


def template_status(template: Template, now: float) -> dict[str, Any]:
    """Return what is known of the process that holds an application (preload_app)."""
    return {
        "pid": template.pid,
        "generation": template.generation,
        "state": "ready" if template.is_ready else "loading" if template.lives else "killed",
        "age_s": round(now - template.since, 3),
    }


def busy(workers: Iterable[dict[str, Any]]) -> int:
    """Return how many workers are serving something."""
    return sum(bool(worker["serving"]) for worker in workers)


def server_status(
    *,
    version: str,
    pid: int,
    phase: str,
    generation: int,
    wanted: int,
    requests: int,
    failed: int,
    listeners: Sequence[str],
    predecessor: int | None,
    successor: int | None,
    workers: Sequence[dict[str, Any]],
    templates: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return the whole; `requests` are those of all workers, gone or not, and so are the `failed` of them.

    `predecessor` and `successor` are arbiters that serve too: pids, and only while they live.
    """
    return {
        "version": version,
        "pid": pid,
        "phase": phase,
        "generation": generation,
        "wanted": wanted,
        "busy": busy(workers),
        "requests": requests,
        "failed": failed,
        "listeners": list(listeners),
        "predecessor": predecessor,
        "successor": successor,
        "workers": list(workers),
        "templates": list(templates),
    }
