"""The error log: what the server has to tell, one event a line, as gunicorn writes it.

`[2026-11-23 09:26:39 +0000] [4711] [INFO] worker ready slot=2 pid=4711 generation=1 boot_s=0.41`

The lines go through the logger `wsgid.error`. In the journal they begin with a priority, and have no time,
which stands there already; as JSON they are an object a line.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import TYPE_CHECKING, Final

from wsgid.log.escape import escape
from wsgid.log.file import LogFile
from wsgid.log.journal import is_journal, with_priority
from wsgid.log.syslog import SyslogHandler

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.log.syslog import Syslog

__all__ = ["ErrorLog", "escape", "make_error_log"]

# The words of the setting `loglevel`.
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}

_STANDARD_ERROR: Final = 2


def make_error_log(target: str, level: str = "info", form: str = "auto") -> ErrorLog:
    """Open the error log at a path, or at standard error for "-"; raises OSError.

    `form` is a word of the setting `log_format`: text, json, or auto: what suits the journal if it is
    there, else text.
    """
    return ErrorLog(target, level, form)


class ErrorLog:
    """The logger `wsgid.error` and the file it writes to; made by the arbiter, inherited by the workers."""

    def __init__(self, target: str, level: str, form: str = "auto") -> None:
        self._file: Final = LogFile(target, _STANDARD_ERROR, self._tell_losses)
        self._handler: Final = _Handler(self._file)
        self.logger: Final = logging.getLogger("wsgid.error")
        self.logger.addHandler(self._handler)
        # The root logger's handlers are the application's; they would write our lines a second time.
        self.logger.propagate = False
        self._syslog: SyslogHandler | None = None
        self._is_capturing = False
        self.set_level(level)
        self.set_form(form)

    def set_level(self, level: str) -> None:
        """Write what is at least as grave as this: a word of the setting `loglevel`."""
        self.logger.setLevel(_LEVELS[level])

    def set_form(self, form: str) -> None:
        """Write in this form from now on: a word of the setting `log_format`."""
        self._form = form
        self._handler.setFormatter(self._formatter())

    def _formatter(self) -> logging.Formatter:
        if self._form == "json":
            from wsgid.log.json_lines import JsonFormatter  # noqa: PLC0415  few want it, all would pay for it

            return JsonFormatter()
        if self._form == "auto" and is_journal(self._file.fileno(), os.environ):
            return _Journal("[%(process)d] [%(levelname)s] %(message)s")
        # gunicorn's, to the letter: people have parsers for it.
        return logging.Formatter(
            "%(asctime)s [%(process)d] [%(levelname)s] %(message)s", "[%Y-%m-%d %H:%M:%S %z]"
        )

    def reopen(self) -> None:
        """Open the file anew (SIGUSR1); raises OSError, and then goes on with the old one."""
        self._file.reopen()

    def move(self, target: str) -> None:
        """Write to another target from now on; raises OSError, and then goes on with the old one."""
        self._file.move(target)
        self.set_form(self._form)

    def adopt(self, descriptor: int) -> None:
        """Write to what this descriptor leads to from now on, and close it."""
        self._file.adopt(descriptor)
        self.set_form(self._form)
        if self._is_capturing:
            self.capture_output()

    def send_also(self, syslog: Syslog | None) -> None:
        """Send everything to syslog too, or no longer."""
        if self._syslog is not None:
            self.logger.removeHandler(self._syslog)
            self._syslog = None
        if syslog is not None:
            self._syslog = SyslogHandler(syslog)
            self.logger.addHandler(self._syslog)

    def capture_output(self) -> None:
        """Let what this process prints, and its children, go to this log, a line at a time."""
        self._is_capturing = True
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            if isinstance(stream, io.TextIOWrapper):
                stream.flush()
                stream.reconfigure(line_buffering=True)
            os.dup2(self._file.fileno(), descriptor)

    def write(self, text: str) -> None:
        """Append lines that are no event: stacks, as the interpreter writes them when it dies."""
        self._file.write(text.encode("utf-8", "backslashreplace"))

    def fileno(self) -> int:
        """Return the descriptor, which stays the same for good: faulthandler writes there too."""
        return self._file.fileno()

    def close(self) -> None:
        """Leave the process as it was."""
        self.send_also(None)
        self.logger.removeHandler(self._handler)
        self._file.close()

    def _tell_losses(self, lost: int, reason: str) -> None:
        self.logger.warning("%d lines of this log were lost: %s", lost, reason)


def losses_of(log: str) -> Callable[[int, str], None]:
    """Return what tells, in the error log, that another log has lost lines."""

    def tell(lost: int, reason: str) -> None:
        logging.getLogger("wsgid.error").warning("%d lines of the %s were lost: %s", lost, log, reason)

    return tell


def first_loss_of(log: str) -> Callable[[str], None]:
    """Return what tells, in the error log, that another log begins to lose lines."""

    def tell(reason: str) -> None:
        logging.getLogger("wsgid.error").warning(
            "the %s cannot be written: %s; its lines are lost until it can be again", log, reason
        )

    return tell


class _Handler(logging.Handler):
    """Writes a record, its traceback included, in one go."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file: Final = file

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
        except Exception:  # noqa: BLE001  a message whose arguments do not fit: logging's own way to say so
            self.handleError(record)
            return
        self._file.write(line.encode("utf-8", "backslashreplace"))


class _Journal(logging.Formatter):
    """A priority before each line, also of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return with_priority(record.levelno, super().format(record))
