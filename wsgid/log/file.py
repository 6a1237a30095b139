"""A log file: a descriptor that lines are appended to, and that can be opened anew under its number."""

# Rule 1: a line is one write to a descriptor with O_APPEND, so lines of several processes never mix.
# Rule 2: the descriptor's number never changes. Reopening puts the new file under the old number (dup2), so a
# thread that writes meanwhile, and faulthandler, which keeps the number for good, always have a file.
# Rule 3: a log that cannot be written does not stop the server: what is lost is counted.

from __future__ import annotations

import fcntl
import os
from typing import Final

# Of a new file, less the umask: nobody but the owner ever writes to a log.
_MODE: Final = 0o644
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY

# Descriptors 0 to 2 belong to the application; what a log writes to lies above them.
_LOWEST: Final = 3


class LogFile:
    """A log's descriptor."""

    def __init__(self, target: str, standard: int) -> None:
        """Open `target`: a path, or "-" for the descriptor `standard`; raises OSError."""
        self._target = target
        self._standard: Final = standard
        self._fd: Final = self._open(target)
        self.lost = 0
        """How many lines could not be written."""

    def write(self, line: bytes) -> None:
        """Append one line; never raises."""
        try:
            written = os.write(self._fd, line)
            while written < len(line):  # a pipe or a full disk may take less
                written += os.write(self._fd, line[written:])
        except OSError:
            self.lost += 1

    def reopen(self) -> None:
        """Open the path anew, for the file was renamed; raises OSError, and then goes on with the old one."""
        if self._target != "-":
            self.move(self._target)

    def move(self, target: str) -> None:
        """Write to another target from now on; raises OSError, and then goes on with the old one."""
        fresh = self._open(target)
        os.dup2(fresh, self._fd, inheritable=False)
        os.close(fresh)
        self._target = target

    def _open(self, target: str) -> int:
        # Either way a descriptor of our own: the application may close or redirect 1 and 2 as it likes.
        if target == "-":
            return fcntl.fcntl(self._standard, fcntl.F_DUPFD_CLOEXEC, _LOWEST)
        return os.open(target, _FLAGS, _MODE)

    def fileno(self) -> int:
        """Return the descriptor; the number stays the same for good."""
        return self._fd

    def close(self) -> None:
        """Write no more."""
        os.close(self._fd)
