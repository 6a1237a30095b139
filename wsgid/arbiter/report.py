"""How the server is, in one line for `systemctl status`, and what else systemd is told, and when."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wsgid.arbiter.pool import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wsgid.arbiter.pool import Worker
    from wsgid.daemon.notify import Notifier
    from wsgid.metrics.scoreboard import Scoreboard

# The numbers are told no more often than this.
_EVERY_S: Final = 5.0

# What takes longer than `_SLOW_S` asks for time: so much more at once, and again each `_EVERY_S`. If the
# arbiter hangs, it asks no more.
_SLOW_S: Final = 2.0
_MORE_S: Final = 15.0

# Of a reason: what comes behind it is to be read, too.
_MOST_OF_A_REASON: Final = 600

_RELOADING: Final = "reloading; "
_UPGRADING: Final = "upgrading; "


def _clock() -> str:
    return time.strftime("%Y-%m-%d %H:%M")


class Report:
    """The arbiter's word to systemd. Times are `time.monotonic()`."""

    def __init__(self, notifier: Notifier, scoreboard: Scoreboard, clock: Callable[[], str] = _clock) -> None:
        """`clock` gives the time for a person to read."""
        self._notifier: Final = notifier
        self._scoreboard: Final = scoreboard
        self._clock: Final = clock
        self._told_at = 0.0
        self._extend_at = 0.0
        self._alive_at = 0.0
        self._requests_before = 0
        """Of workers that are gone."""
        self._failed_before = 0
        """The same; and what they were serving when they ended."""
        self._prefix = ""
        """What is to be read before the numbers until the next reload."""
        self._in_force_since = ""
        self.is_reloading = False
        """systemd waits for the end of a reload."""
        self._is_upgrading = False

    @property
    def deadline(self) -> float:
        """When `tick` is due for the watchdog's sake."""
        return self._alive_at + self._notifier.watchdog_s / 2

    def starting(self, now: float) -> None:
        """Say nothing yet: most starts are quick."""
        self._extend_at = now + _SLOW_S

    def ready(self, workers: Sequence[Worker], now: float) -> None:
        """Say that the first generation serves."""
        self._in_force_since = self._clock()
        self._notifier.ready(self._line(workers))
        self._told_at = now

    def reload_begun(self, workers: Sequence[Worker], now: float) -> None:
        """Say that a configuration is read; `reload_over` has to follow."""
        self.is_reloading = True
        self._prefix = _RELOADING
        self._notifier.reloading(self._line(workers), now)
        self._told_at = now
        self._extend_at = now + _SLOW_S

    def accepted(self) -> None:
        """Note that another configuration is in force."""
        self._prefix = _RELOADING
        self._in_force_since = self._clock()

    def refused(self, reason: str, workers: Sequence[Worker], now: float, what: str = "reload") -> None:
        """Say why a reload, or an upgrade, has changed nothing; it can be read until the next."""
        first_line, _, more = reason.strip().partition("\n")
        if more and first_line.endswith(":"):
            first_line += (
                f" {more.splitlines()[-1].strip()}"  # a traceback follows: it ends with what was raised
            )
        if len(first_line) > _MOST_OF_A_REASON:
            first_line = f"{first_line[:_MOST_OF_A_REASON]}..."
        self._prefix = f"{what} refused: {first_line}; serving the configuration of {self._in_force_since}; "
        self._tell(workers, now)

    def reload_over(self, workers: Sequence[Worker], now: float) -> None:
        """Say that the server is as it will be, new or old: without this a unit is "reloading" for ever."""
        self.is_reloading = False
        if self._prefix == _RELOADING:
            self._prefix = ""
        self._notifier.ready(self._line(workers))
        self._told_at = now

    # ------------------------------------------------------------------ upgrades

    def upgrade_begun(self, workers: Sequence[Worker], now: float) -> None:
        """Say that a successor starts."""
        self._is_upgrading = True
        self._extend_at = now + _SLOW_S  # where a command that waits for it is ExecReload=
        self._prefix = _UPGRADING
        self._tell(workers, now)

    def upgrade_over(self, workers: Sequence[Worker], now: float, reason: str = "") -> None:
        """Say that a successor serves, or why there is none."""
        self._is_upgrading = False
        if self._prefix == _UPGRADING:
            self._prefix = ""
        if reason:
            self.refused(reason, workers, now, "upgrade")
        else:
            self._tell(workers, now)

    def hand_over(self, pid: int) -> None:
        """Say that a successor is the server from now on; `close` is to follow, once that has been heard."""
        if self.is_reloading:  # the successor does not know of it
            self.is_reloading = False
            self._notifier.ready("upgraded")
        self._notifier.hand_over(pid)

    @property
    def is_heard(self) -> bool:
        """Whether systemd has heard what it has to."""
        return not self._notifier.has_unsent

    def close(self) -> None:
        """Say nothing more: the service is another process."""
        self._notifier.close()

    def hold(self) -> None:
        """Say nothing until `take_over`: our predecessor speaks."""
        self._notifier.hold()

    def take_over(self, workers: Sequence[Worker], now: float) -> None:
        """Speak from now on: our predecessor has said that we are the server."""
        self._notifier.release()
        self._alive_at = now
        self._tell(workers, now)

    # ------------------------------------------------------------------ the end, and the numbers

    def stopping(self, now: float) -> None:
        """Say that the server ends."""
        self.is_reloading = False
        self._notifier.stopping("stopping")
        self._extend_at = now + _SLOW_S

    def tick(self, workers: Sequence[Worker], now: float, *, is_serving: bool) -> None:
        """Say how things are, if that was long ago; and that we are, if that is due."""
        if now >= self.deadline:
            self._notifier.alive()
            self._alive_at = now
        self._notifier.flush()
        if is_serving and now - self._told_at >= _EVERY_S:
            self._tell(workers, now)
        if (self.is_reloading or self._is_upgrading or not is_serving) and now >= self._extend_at:
            self._notifier.extend(_MORE_S)
            self._extend_at = now + _EVERY_S

    def gone(self, worker: Worker) -> None:
        """Keep the numbers of a worker whose row will be another's."""
        row = self._scoreboard.row(worker.slot)
        view = row.read()
        if view.pid == worker.pid:
            self._requests_before += row.requests()
            self._failed_before += view.failed + sum(cell.is_busy for cell in view.cells)

    def requests(self, workers: Sequence[Worker]) -> int:
        """Return how many requests have been begun, by all workers, gone or not."""
        rows = [(worker, self._scoreboard.row(worker.slot)) for worker in workers]
        mine = [row for worker, row in rows if row.read().pid == worker.pid]
        return self._requests_before + sum(row.requests() for row in mine)

    def failed(self, workers: Sequence[Worker]) -> int:
        """Return how many of the requests were answered with a failure, or not to the end."""
        views = [(worker, self._scoreboard.row(worker.slot).read()) for worker in workers]
        return self._failed_before + sum(view.failed for worker, view in views if view.pid == worker.pid)

    def _tell(self, workers: Sequence[Worker], now: float) -> None:
        self._notifier.status(self._line(workers))
        self._told_at = now

    def _line(self, workers: Sequence[Worker]) -> str:
        rows = [(worker, self._scoreboard.row(worker.slot)) for worker in workers]
        mine = [row for worker, row in rows if row.read().pid == worker.pid]
        serving = sum(worker.state is State.SERVING for worker in workers)
        busy = sum(row.read().is_busy for row in mine)
        numbers = f"{self.requests(workers)} requests, {self.failed(workers)} failed"
        return f"{self._prefix}{serving} workers, {busy} busy, {numbers}"
