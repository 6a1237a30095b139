"""The reloader: a process beside the workers that notices when a file of the application changes.

It is told by workers which files matter (imported.py), and tells the arbiter what has changed. So neither the
arbiter looks at files, nor does it hold code of the application.
"""

# Rule 1: it ends with the arbiter: the end of its channel says so.

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import os
import select
import threading
from time import monotonic
from typing import TYPE_CHECKING, Final

from wsgid.workers.changes import Settling, Watched
from wsgid.workers.imported import LONGEST

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from wsgid.daemon.identity import Identity

# What the arbiter understands (arbiter/watch.py).
CHANGED: Final = b"changed "
NOTE: Final = b"note "

# Without inotify. A thousand files cost some milliseconds.
_EVERY_S: Final = 0.5

# With it: directories shared with another machine tell nobody, and one that was replaced tells no more.
_RARELY_S: Final = 2.0

# watchfiles looks so often at what it has collected, and says so often that nothing has come.
_STEP_MS: Final = 50
_SILENCE_MS: Final = 500


def has_inotify() -> bool:
    """Say whether watchfiles, an extra, is installed."""
    return importlib.util.find_spec("watchfiles") is not None


def run(
    arbiter: socket.socket,
    reports: socket.socket,
    extra: Sequence[str],
    identity: Identity | None,
    *,
    inotify: bool,
) -> int:
    """Live the life of the reloader; gives the exit status."""
    if identity is not None:
        identity.become()
    reports.setblocking(False)
    watched, settling = Watched(extra), Settling()
    alarm = Alarm() if inotify else None
    poll = select.poll()
    for fd in (arbiter.fileno(), reports.fileno(), *([alarm.fd] if alarm else [])):
        poll.register(fd, select.POLLIN)
    while True:
        if alarm is not None:
            alarm.watch(watched.directories())
        wait_s = min(settling.deadline - monotonic(), _EVERY_S if alarm is None else _RARELY_S)
        ready = {fd for fd, _ in poll.poll(math.ceil(max(wait_s, 0.0) * 1000))}
        if arbiter.fileno() in ready:
            return 0
        if reports.fileno() in ready:
            _learn(watched, reports)
        if alarm is not None and alarm.fd in ready and (failure := alarm.hear()):
            poll.unregister(alarm.fd)
            alarm = None
            arbiter.send(NOTE + f"inotify cannot be used, files are polled: {failure}".encode())
        settling.note(watched.changes(), monotonic())
        for path in settling.settled(monotonic()):
            _forget_compiled(path)
            arbiter.send(CHANGED + os.fsencode(path))


def _learn(watched: Watched, reports: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            report = json.loads(reports.recv(LONGEST))
            files = {path: tuple(seen) for path, seen in report["files"].items()}
            watched.learn(files, report["directories"])


def _forget_compiled(path: str) -> None:
    """Remove what Python has compiled: two versions of a second and of a size are one to it (PEP 3147)."""
    if path.endswith(".py"):
        with contextlib.suppress(OSError, NotImplementedError):
            os.unlink(importlib.util.cache_from_source(path))  # noqa: PTH108  as it is given


class Alarm:
    """Makes a descriptor readable when something happens in directories; a thread of watchfiles listens."""

    def __init__(self) -> None:
        self.fd, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._directories: frozenset[str] = frozenset()
        self._stop = threading.Event()
        self._failure = ""  # written by the thread, before it wakes us

    def watch(self, directories: frozenset[str]) -> None:
        """Listen to these from now on; when that is so, the descriptor becomes readable once."""
        if directories == self._directories:
            return
        self._stop.set()
        self._directories, self._stop = directories, threading.Event()
        if directories:
            arguments = (directories, self._stop)
            threading.Thread(target=self._listen, args=arguments, daemon=True).start()

    def hear(self) -> str:
        """Take note of being woken; gives the reason if it will not happen again."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.fd, 4096)
        return self._failure

    def _listen(self, directories: frozenset[str], stop: threading.Event) -> None:
        from watchfiles import watch  # noqa: PLC0415  lazy: an extra

        is_new = True
        try:
            for changes in watch(
                *directories,
                watch_filter=None,  # what matters is known already
                debounce=2 * _STEP_MS,
                step=_STEP_MS,
                stop_event=stop,
                rust_timeout=_SILENCE_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=False,
                ignore_permission_denied=True,
            ):
                if changes or is_new:
                    is_new = False
                    self._ring()
        except FileNotFoundError:
            self._directories = frozenset()  # one of them has just vanished: watch() is called again
            self._ring()
        except Exception as error:  # noqa: BLE001  whatever it is, files can be polled
            self._failure = str(error) or repr(error)
            self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it has been rung, and not heard yet
            os.write(self._wake, b"!")
