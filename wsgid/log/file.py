"""A log file: a descriptor that lines are appended to, and that can be opened anew under its number."""

# Rule 1: a line is one write to a descriptor with O_APPEND, so lines of several processes never mix.
# Rule 2: the descriptor's number never changes. Reopening puts the new file under the old number (dup2), so a
# thread that writes meanwhile, and faulthandler, which keeps the number for good, always have a file.
# Rule 3: a log that cannot be written neither stops the server nor keeps it waiting: what is lost is counted,
# and said once when it can be written again; elsewhere, where there is another log, at once.

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from select import POLLOUT, poll  # the system's, as `_write` below
from time import monotonic
from typing import TYPE_CHECKING, Final

from wsgid.log.opening import open_log

if TYPE_CHECKING:
    from collections.abc import Callable

# How long a line waits for a reader that is behind; those after it do not wait until one got through.
PATIENCE_S: Final = 1.0

# The system's, before gevent or eventlet put their own in the place: a line is not to wait among green
# threads, and the descriptor's mode is not theirs to change.
_write: Final = os.write
_socket: Final = socket.socket


class LogFile:
    """A log's descriptor."""

    def __init__(
        self,
        target: str,
        standard: int,
        on_recovery: Callable[[int, str], None] | None = None,
        patience_s: float = PATIENCE_S,
        on_loss: Callable[[str], None] | None = None,
    ) -> None:
        """Open `target`: a path, or "-" for the descriptor `standard`; raises OSError.

        `on_recovery` is told how many lines were lost, and why, once a line got through again; `on_loss` why
        the first of them was.
        """
        self._target = _lasting(target)
        self._standard: Final = standard
        self._on_recovery: Final = on_recovery
        self._on_loss: Final = on_loss
        self._patience_s: Final = patience_s
        self._fd: Final = open_log(target, standard)
        self._put = _writer(self._fd)
        self._is_stuck = False
        self._is_cut = False  # the last line ended before its newline
        self._reason = ""
        self.lost = 0
        """How many lines could not be written since the last one that was."""

    def write(self, line: bytes) -> None:
        """Append one line; never raises."""
        if self._is_cut:
            line = b"\n" + line
        done = 0
        try:
            done = self._put(self._fd, line)
            while done < len(line):  # a pipe or a full disk may take less
                done += self._put(self._fd, line[done:])
        except BlockingIOError:
            if not self._wait_and_write(line, done):
                return
        except OSError as error:
            self._lose(error.strerror or str(error), is_cut=done > 0)
            return
        self._is_stuck = self._is_cut = False
        if self.lost:
            self._recover()

    def _wait_and_write(self, line: bytes, done: int) -> bool:
        """Write the rest of a line to whoever reads too slowly; say whether all of it was."""
        deadline = monotonic() + (0.0 if self._is_stuck else self._patience_s)
        waiting = poll()
        waiting.register(self._fd, POLLOUT)
        while (left := deadline - monotonic()) > 0:
            waiting.poll(left * 1e3)
            try:
                done += self._put(self._fd, line[done:])
            except BlockingIOError:
                continue  # room, but for less than a line; or another process was quicker
            except OSError as error:
                self._lose(error.strerror or str(error), is_cut=done > 0)
                return False
            if done == len(line):
                return True
        self._is_stuck = True
        self._lose("nobody reads it", is_cut=done > 0)
        return False

    def _lose(self, reason: str, *, is_cut: bool) -> None:
        self.lost += 1
        self._reason = reason
        self._is_cut = self._is_cut or is_cut
        if self.lost == 1 and self._on_loss is not None:
            self._on_loss(reason)

    def _recover(self) -> None:
        lost, self.lost = self.lost, 0
        if self._on_recovery is not None:
            self._on_recovery(lost, self._reason)

    def reopen(self) -> None:
        """Open the path anew, for the file was renamed; raises OSError, and then goes on with the old one."""
        if self._target != "-":
            self.move(self._target)

    def move(self, target: str) -> None:
        """Write to another target from now on; raises OSError, and then goes on with the old one."""
        fresh = open_log(target, self._standard)
        self.adopt(fresh)
        self._target = _lasting(target)

    def adopt(self, descriptor: int) -> None:
        """Write to what this descriptor leads to from now on, and close it."""
        os.dup2(descriptor, self._fd, inheritable=False)
        os.close(descriptor)
        self._put = _writer(self._fd)

    def fileno(self) -> int:
        """Return the descriptor; the number stays the same for good."""
        return self._fd

    def close(self) -> None:
        """Write no more."""
        os.close(self._fd)


def _lasting(target: str) -> str:
    """Return what leads to the same file when this process has entered another directory."""
    return target if target == "-" else str(Path(target).absolute())


def _writer(descriptor: int) -> Callable[[int, bytes], int]:
    """Return what appends to this kind of file, without waiting if that can be had."""
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return _write
    return _send


def _send(descriptor: int, octets: bytes) -> int:
    """Send to a socket, such as the journal's, which has O_NONBLOCK only for those who share it with us."""
    borrowed = _socket(fileno=descriptor)
    try:
        return borrowed.send(octets, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    finally:
        borrowed.detach()
