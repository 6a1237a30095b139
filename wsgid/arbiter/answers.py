"""What is told of the server as it is, to whoever asks by the control socket; nothing here changes it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wsgid import __version__
from wsgid.arbiter.status import server_status, template_status, worker_status

if TYPE_CHECKING:
    from wsgid.arbiter.control import Client, Control
    from wsgid.arbiter.generation import Generations
    from wsgid.arbiter.pool import WorkerPool
    from wsgid.arbiter.preload import Preload
    from wsgid.arbiter.report import Report
    from wsgid.arbiter.stacks import Stacks
    from wsgid.arbiter.succession import Succession
    from wsgid.metrics.scoreboard import Scoreboard

# Writing stacks takes a worker some milliseconds; what it has not written by then is left out.
_STACKS_S: Final = 0.3


class Answers:
    """Looks at what the arbiter keeps; the arbiter is its only user."""

    def __init__(
        self,
        control: Control,
        pool: WorkerPool,
        preload: Preload,
        scoreboard: Scoreboard,
        generations: Generations,
        report: Report,
        stacks: Stacks,
        succession: Succession,
    ) -> None:
        self._control: Final = control
        self._pool: Final = pool
        self._preload: Final = preload
        self._scoreboard: Final = scoreboard
        self._generations: Final = generations
        self._report: Final = report
        self._stacks: Final = stacks
        self._succession: Final = succession

    def show_status(self, client: Client, phase: str, wanted: int, now: float) -> None:
        """Tell how all workers are, and what each is serving."""
        workers = self._pool.workers
        status = server_status(
            version=__version__,
            pid=os.getpid(),
            phase=phase,
            generation=self._generations.current.number,
            wanted=wanted,
            requests=self._report.requests(workers),
            failed=self._report.failed(workers),
            listeners=[str(one.address) for one in self._generations.current.listeners.values()],
            predecessor=self._succession.predecessor,
            successor=self._succession.successor,
            workers=[
                worker_status(worker, self._scoreboard.row(worker.slot).read(), now) for worker in workers
            ],
            templates=[template_status(template, now) for template in self._preload.templates],
        )
        self._control.answer(client, status=status)

    def show_stacks(self, client: Client, now: float) -> None:
        """Tell, a moment later, what every thread of every worker is doing."""
        pids = [worker.pid for worker in self._pool.workers if worker.ready_at is not None]
        for pid in pids:
            self._stacks.ask(pid)
        self._control.answer_at(
            client, now + _STACKS_S, lambda: {"stacks": {str(pid): self._stacks.read(pid) for pid in pids}}
        )
