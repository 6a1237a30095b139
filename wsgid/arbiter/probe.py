"""The probe of a reload: another process reads the configuration first.

A configuration may be Python: it can raise, exit, print without end, fork, or never return. The probe is a
child in a process group of its own, with a deadline; the arbiter watches its output as it watches its
workers, and `outcome.py` says what its end means.
"""

# Rule 1: nobody waits for the probe; it is started, listened to, and buried.

from __future__ import annotations

import fcntl
import json
import os
from math import inf
from typing import TYPE_CHECKING, Final

from wsgid.arbiter.outcome import MOST_OCTETS, Ended
from wsgid.arbiter.spawn import end_group, end_later, join_group, spawn
from wsgid.config.diagnostics import Mistakes
from wsgid.errors import WsgidError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wsgid.arbiter.loop import Loop
    from wsgid.arbiter.spawn import Exit
    from wsgid.config.load import Loaded

# So much is read in a turn of the loop, which has other things to do.
_AT_ONCE: Final = 64 * 1024

# Descriptors 0 to 2 are led elsewhere in the child.
_LOWEST: Final = 3

# What tells a process what it alone is to do with its start: to speak to systemd, to adopt listeners.
_OURS_ALONE: Final = ("NOTIFY_SOCKET", "FDSTORE", "WSGID_PREDECESSOR")
_OURS_ALONE_PREFIXES: Final = ("LISTEN_", "WATCHDOG_")

# The interpreter's own first entry would be the start directory, and a file there called logging.py would be
# taken for the library's: a probe finds modules where the arbiter does.
_BOOT: Final = """import sys
sys.path[:] = sys.argv.pop(1).split(":")
from wsgid.cli.main import main
sys.exit(main())"""


def command(executable: str, path: Sequence[str], argv: Sequence[str]) -> list[str]:
    """Return the command that checks the configuration in a new interpreter."""
    words = ["--check-config", "--no-app", "--output-format", "json"]
    return [executable, "-c", _BOOT, ":".join(path), *words, *argv]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the start's environment, less what is for the arbiter alone."""
    return {
        name: value
        for name, value in environ.items()
        if name not in _OURS_ALONE and not name.startswith(_OURS_ALONE_PREFIXES)
    }


def check(load: Callable[[], Loaded]) -> int:
    """Do in a forked child what the command does: for settings that only this process has."""
    try:
        loaded = load()
        found = {"subject": "configuration", "diagnostics": [one.to_json() for one in loaded.warnings]}
        status = 0
    except Mistakes as error:
        found, status = error.to_json(), int(error.exit_code)
    except WsgidError as error:
        os.write(2, str(error).encode("utf-8", "backslashreplace"))
        return int(error.exit_code)
    line = b"\n" + json.dumps(found).encode()
    while line:
        line = line[os.write(1, line) :]
    return status


class Probe:
    """One probe, from its fork to its end; the arbiter is its only user."""

    def __init__(
        self, loop: Loop, undo: Callable[[], None], work: Callable[[], int], timeout_s: float, now: float
    ) -> None:
        """Fork a child that does `work` with its output led to us; raises OSError.

        `undo` rids the child of what is the arbiter's. `timeout_s` of 0 is for ever.
        """
        self._loop: Final = loop
        self._chunks: Final[dict[int, list[bytes]]] = {}
        self._octets = 0
        self._has_flooded = False
        self._is_late = False
        self._timeout_s: Final = timeout_s
        self.began: Final = now
        self.deadline: Final = now + timeout_s if timeout_s else inf
        outputs, theirs_out = _pipe()
        try:
            errors, theirs_err = _pipe()
        except OSError:
            _close(outputs, theirs_out)
            raise
        self._output, self._errors = outputs, errors

        def first_steps() -> None:
            """Be a group of processes of its own, that only its pipes tie to the arbiter."""
            undo()
            join_group(0)
            end_later(timeout_s)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0) if nothing else os.set_inheritable(0, True)
            os.dup2(theirs_out, 1)
            os.dup2(theirs_err, 2)
            # What a forked child would keep; what becomes another program keeps nothing.
            _close(outputs, errors, theirs_out, theirs_err)

        try:
            self.pid: Final = spawn(first_steps, work)
        except OSError:
            _close(outputs, errors)
            raise
        finally:
            _close(theirs_out, theirs_err)
        # Both do so: whichever of the two comes later, the group is there when it is needed.
        join_group(self.pid)
        for fd in (outputs, errors):
            os.set_blocking(fd, False)
            self._chunks[fd] = []
            self._loop.watch(fd)
        self._open = {outputs, errors}

    def hear(self, fd: int) -> bool:
        """Read what it has written, if this is its descriptor; say whether it is."""
        if fd not in self._open:
            return False
        try:
            data = os.read(fd, _AT_ONCE)
        except BlockingIOError:
            return True
        if not data:
            self._close(fd)
        self._chunks[fd].append(data)
        self._octets += len(data)
        if self._octets > MOST_OCTETS and not self._has_flooded:
            self._has_flooded = True
            self.kill()
        return True

    def tick(self, now: float) -> None:
        """End it if it is late."""
        if now >= self.deadline and not self._is_late:
            self._is_late = True
            self.kill()

    def kill(self) -> None:
        """End it, and whatever it has started."""
        end_group(self.pid)

    def bury(self, exit_: Exit) -> Ended:
        """Take its last words after its end, and leave nothing of it."""
        # Its group is there as long as somebody is in it, so nobody else can have its number.
        self.kill()
        for fd in tuple(self._open):
            while fd in self._open and not self._has_flooded:
                before = self._octets
                self.hear(fd)
                if self._octets == before:
                    break
            self._close(fd)
        return Ended(
            exit_.text,
            exit_.is_clean,
            b"".join(self._chunks[self._output]),
            b"".join(self._chunks[self._errors]),
            late_s=self._timeout_s if self._is_late else 0.0,
            has_flooded=self._has_flooded,
        )

    def abandon(self) -> None:
        """End it and hear no more: the server stops."""
        self.kill()
        for fd in tuple(self._open):
            self._close(fd)

    def _close(self, fd: int) -> None:
        if fd in self._open:
            self._open.discard(fd)
            self._loop.forget(fd)
            os.close(fd)


def _pipe() -> tuple[int, int]:
    """Make a pipe whose ends are no standard descriptors, for those may be closed in a server."""
    ends = os.pipe()
    moved: list[int] = []
    try:
        moved.extend(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _LOWEST) for end in ends)
    except OSError:
        _close(*moved)
        raise
    finally:
        _close(*ends)
    reading, writing = moved
    return reading, writing


def _close(*descriptors: int) -> None:
    for fd in descriptors:
        os.close(fd)
