"""The error log: what the server has to tell, one event a line, as gunicorn writes it.

`[2026-11-23 09:26:39 +0000] [4711] [INFO] worker ready slot=2 pid=4711 generation=1 boot_s=0.41`

The lines go through the logger `wsgid.error`.
"""

from __future__ import annotations

import logging
from typing import Final

from wsgid.log.escape import escape
from wsgid.log.file import LogFile

__all__ = ["ErrorLog", "escape", "make_error_log"]

# The words of the setting `loglevel`.
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}

# gunicorn's, to the letter: people have parsers for it.
_FORMAT: Final = "%(asctime)s [%(process)d] [%(levelname)s] %(message)s"
_TIME_FORMAT: Final = "[%Y-%m-%d %H:%M:%S %z]"

_STANDARD_ERROR: Final = 2


def make_error_log(target: str, level: str = "info") -> ErrorLog:
    """Open the error log at a path, or at standard error for "-"; raises OSError."""
    return ErrorLog(target, level)


class ErrorLog:
    """The logger `wsgid.error` and the file it writes to; made by the arbiter, inherited by the workers."""

    def __init__(self, target: str, level: str) -> None:
        self._file: Final = LogFile(target, _STANDARD_ERROR)
        self._handler: Final = _Handler(self._file)
        self.logger: Final = logging.getLogger("wsgid.error")
        self.logger.addHandler(self._handler)
        # The root logger's handlers are the application's; they would write our lines a second time.
        self.logger.propagate = False
        self.set_level(level)

    def set_level(self, level: str) -> None:
        """Write what is at least as grave as this: a word of the setting `loglevel`."""
        self.logger.setLevel(_LEVELS[level])

    def reopen(self) -> None:
        """Open the file anew (SIGUSR1); raises OSError, and then goes on with the old one."""
        self._file.reopen()

    def move(self, target: str) -> None:
        """Write to another target from now on; raises OSError, and then goes on with the old one."""
        self._file.move(target)

    def fileno(self) -> int:
        """Return the descriptor, which stays the same for good: faulthandler writes there too."""
        return self._file.fileno()

    def close(self) -> None:
        """Leave the process as it was."""
        self.logger.removeHandler(self._handler)
        self._file.close()


class _Handler(logging.Handler):
    """Writes a record, its traceback included, in one go."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file: Final = file
        self.setFormatter(logging.Formatter(_FORMAT, _TIME_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
        except Exception:  # noqa: BLE001  a message whose arguments do not fit: logging's own way to say so
            self.handleError(record)
            return
        self._file.write(line.encode("utf-8", "backslashreplace"))
