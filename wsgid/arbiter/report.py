"""How the server is, in one line for `systemctl status`, and when systemd is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wsgid.arbiter.pool import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.arbiter.pool import Worker
    from wsgid.daemon.notify import Notifier
    from wsgid.metrics.scoreboard import Scoreboard

# No more often than this; and what a person should read stays at least so long.
_EVERY_S: Final = 5.0


class Report:
    """The arbiter's word to systemd."""

    def __init__(self, notifier: Notifier, scoreboard: Scoreboard) -> None:
        self._notifier: Final = notifier
        self._scoreboard: Final = scoreboard
        self._told_at = 0.0
        self._requests_before = 0
        """Of workers that are gone."""

    def ready(self, workers: Sequence[Worker], now: float) -> None:
        """Say that the first generation serves."""
        self._notifier.ready(self._line(workers))
        self._told_at = now

    def refused(self, reason: str, generation: int, now: float) -> None:
        """Say why a reload has changed nothing."""
        first_line = reason.strip().partition("\n")[0]
        self._notifier.status(f"reload refused: {first_line}; generation {generation} serves on")
        self._told_at = now

    def stopping(self) -> None:
        """Say that the server ends."""
        self._notifier.stopping("stopping")

    def tick(self, workers: Sequence[Worker], now: float) -> None:
        """Say how things are, if that was long ago."""
        if now - self._told_at >= _EVERY_S:
            self._notifier.status(self._line(workers))
            self._told_at = now

    def gone(self, worker: Worker) -> None:
        """Keep the number of requests of a worker whose row will be another's."""
        row = self._scoreboard.row(worker.slot)
        if row.read().pid == worker.pid:
            self._requests_before += row.requests()

    def requests(self, workers: Sequence[Worker]) -> int:
        """Return how many requests have been begun, by all workers, gone or not."""
        rows = [(worker, self._scoreboard.row(worker.slot)) for worker in workers]
        mine = [row for worker, row in rows if row.read().pid == worker.pid]
        return self._requests_before + sum(row.requests() for row in mine)

    def _line(self, workers: Sequence[Worker]) -> str:
        rows = [(worker, self._scoreboard.row(worker.slot)) for worker in workers]
        mine = [row for worker, row in rows if row.read().pid == worker.pid]
        serving = sum(worker.state is State.SERVING for worker in workers)
        busy = sum(row.read().is_busy for row in mine)
        return f"{serving} workers, {busy} busy, {self.requests(workers)} requests"
