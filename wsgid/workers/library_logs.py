"""What a server's library logs, led to where our errors go."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class LibraryLogs(logging.Handler):
    """A handler that hands records on to our error log; what the worker has told itself is left out.

    In a `with` the errors are kept: they are the reason that is told.
    """

    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self._log = log
        self._said: list[str] | None = None
        # The exception that was told last: the library would tell it again.
        self.told: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and error is self.told:
            self.told = None
        elif self._said is not None and record.levelno >= logging.ERROR:
            self._said.append(logging.Formatter().format(record))
        else:
            record.msg = str(record.msg).rstrip("\n")
            self._log.handle(record)

    def __enter__(self) -> list[str]:
        self._said = []
        return self._said

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._said = None


def lead(name: str, log: logging.Logger) -> LibraryLogs:
    """Lead a library's logger to our error log, unless a logging configuration has led it already."""
    logs = LibraryLogs(log)
    theirs = logging.getLogger(name)
    if not theirs.handlers:
        theirs.addHandler(logs)
        theirs.propagate = False
        # What it says of its own start and end, the arbiter says.
        theirs.setLevel(logging.DEBUG if log.isEnabledFor(logging.DEBUG) else logging.WARNING)
    return logs
