"""The arbiter's side of the reloader: the process is started, listened to, and ended here."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import TYPE_CHECKING, Final

from wsgid.arbiter.spawn import Order, ignore_ends, spawn, tell
from wsgid.errors import ConfigurationError
from wsgid.workers.reloader import CHANGED, NOTE, has_inotify, run

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    from wsgid.arbiter.loop import Loop
    from wsgid.arbiter.spawn import Exit
    from wsgid.daemon.identity import Identity

_LONGEST: Final = 64 * 1024

# So long a worker waits, at its boot, for a reloader that does not read (SO_SNDTIMEO, a struct timeval).
_PATIENCE: Final = struct.pack("ll", 1, 0)


class Watch:
    """The reloader's process; the arbiter is its only user, and births, which give `reports` to workers."""

    def __init__(
        self,
        engine: str,
        extra: Sequence[str],
        directory: str,
        identity: Identity | None,
        loop: Loop,
        log: logging.Logger,
    ) -> None:
        """`extra` are paths and patterns as in `directory`. Raises ConfigurationError."""
        if engine == "inotify" and not has_inotify():
            raise ConfigurationError(
                'reload_engine = "inotify" needs the package watchfiles, which is not installed:'
                ' pip install watchfiles, or take "poll"'
            )
        self._engine: Final = "inotify" if engine != "poll" and has_inotify() else "poll"
        self._directory: Final = directory
        self._extra: Final = [os.path.join(directory, one) for one in extra]  # noqa: PTH118  patterns
        self._identity: Final = identity
        self._loop: Final = loop
        self._log: Final = log
        self._pid = 0
        self._ours: socket.socket | None = None
        self._incoming, self.reports = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        """On the second workers tell which files matter."""
        self.reports.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _PATIENCE)

    def start(self, undo: Callable[[], None]) -> None:
        """Start the reloader, if it does not live; `undo` rids it of what is the arbiter's."""
        if self._ours is None:
            try:
                self._start(undo)
            except OSError as error:
                self._log.error("reload: changes are not noticed, there is no room for a process: %s", error)
            else:
                self._log.info("reload on change engine=%s pid=%d", self._engine, self._pid)

    def _start(self, undo: Callable[[], None]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def first_steps() -> None:
            undo()
            ignore_ends()
            ours.close()
            self.reports.close()

        def work() -> int:
            is_inotify = self._engine == "inotify"
            return run(theirs, self._incoming, self._extra, self._identity, inotify=is_inotify)

        try:
            self._pid = spawn(first_steps, work)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        self._ours = ours
        self._loop.watch(ours.fileno())

    def hear(self, fd: int) -> bool | None:
        """Take in what the reloader says: whether a file has changed; None: it was not the reloader."""
        if self._ours is None or fd != self._ours.fileno():
            return None
        has_changed = False
        try:
            while word := self._ours.recv(_LONGEST):
                if word.startswith(CHANGED):
                    has_changed = True
                    self._log.info("reload: %s changed", self._short(word.removeprefix(CHANGED)))
                elif word.startswith(NOTE):
                    note = word.removeprefix(NOTE).decode("utf-8", "backslashreplace")
                    self._log.warning("reload: %s", note)
            self._drop()
        except BlockingIOError:
            pass
        except OSError:
            self._drop()
        return has_changed

    def on_exit(self, exit_: Exit) -> bool:
        """Say whether it was the reloader that has ended."""
        if exit_.pid != self._pid:
            return False
        self._log.error("reload: the reloader has ended, %s; SIGHUP starts another", exit_.text)
        self._pid = 0
        self._drop()
        return True

    def close_in_worker(self) -> None:
        """Keep what a worker speaks on, only."""
        self._incoming.close()
        if self._ours is not None:
            self._ours.close()

    def close(self) -> None:
        """End the reloader, and leave no trace of it."""
        self._drop()
        if self._pid:
            tell(self._pid, Order.DIE)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0
        self._incoming.close()
        self.reports.close()

    def _drop(self) -> None:
        if self._ours is not None:
            self._loop.forget(self._ours.fileno())
            self._ours.close()
            self._ours = None

    def _short(self, path: bytes) -> str:
        """Return a path as whoever started the server would write it, and as one line."""
        shown = path.decode("utf-8", "backslashreplace").removeprefix(f"{self._directory.rstrip('/')}/")
        return shown if shown.isprintable() else ascii(shown)
