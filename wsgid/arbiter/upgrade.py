"""Starts a successor: a child that becomes this program anew, with our listeners passed to it.

It is socket activation by our former self: LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)), and
WSGID_PREDECESSOR, which says who we are and by which descriptor we speak to each other.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wsgid.apps.traceback import own_traceback
from wsgid.arbiter.loop import HANDLED
from wsgid.arbiter.spawn import become, spawn_apart
from wsgid.daemon.daemonize import Teller
from wsgid.errors import ExitCode

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from wsgid.arbiter.reload import Source
    from wsgid.net.listener import Listener

VARIABLE: Final = "WSGID_PREDECESSOR"

# By it systemd names the process that it has started as a service (systemd.exec(5), from version 248 on), for
# children inherit all variables; WATCHDOG_PID is the same for the watchdog. Both are a successor's in turn.
SERVICE_PID: Final = "SYSTEMD_EXEC_PID"
_PIDS: Final = ("WATCHDOG_PID", SERVICE_PID)

# sd_listen_fds(3): SD_LISTEN_FDS_START.
_FIRST: Final = 3

# Until a successor has ears for them, these would end it, or stop it: a logrotate that comes at the wrong
# moment. What is ignored stays so across exec(2), until the successor handles it.
_IGNORED: Final = frozenset(HANDLED) - {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD}


class Legacy(NamedTuple):
    """What is passed on."""

    sockets: Mapping[int, tuple[str, Listener]]
    """By the number that each has in the successor; with its name."""
    control: tuple[int, int] | None
    """The file of our control socket, whose place the successor's takes."""

    @property
    def top(self) -> int:
        """The first number behind all of them, and behind the standard streams."""
        return max((_FIRST - 1, *self.sockets)) + 1


def arrange(
    passed: Mapping[int, tuple[str, Listener]], own: Sequence[Listener]
) -> dict[int, tuple[str, Listener]]:
    """Give each listener its number: those that were passed to us keep theirs, for `fd://N` may name them."""
    places = dict(passed)
    number = _FIRST
    for listener in own:
        while number in places:
            number += 1
        places[number] = (listener.kept_as, listener)
    return places


def environment(
    environ: Mapping[str, str], pid: int, predecessor: int, fd: int, legacy: Legacy
) -> dict[str, str]:
    """Return the variables of a successor whose pid is `pid`: those of our start, and what is passed on."""
    kept = {
        name: value for name, value in environ.items() if name != VARIABLE and not name.startswith("LISTEN_")
    }
    # It is the one who is watched, and the service, from our word to systemd on.
    kept |= {name: str(pid) for name in _PIDS if kept.get(name) == str(predecessor)}
    names: list[str] = []
    while _FIRST + len(names) in legacy.sockets:
        names.append(legacy.sockets[_FIRST + len(names)][0])
    if names:
        kept |= {
            "LISTEN_PID": str(pid),
            "LISTEN_FDS": str(len(names)),
            "LISTEN_FDNAMES": ":".join(names),
        }
    told: dict[str, Any] = {
        "for": pid,
        "pid": predecessor,
        "fd": fd,
        "inodes": {name: one.inode for name, one in legacy.sockets.values() if one.inode is not None},
        "control": legacy.control,
    }
    return {**kept, VARIABLE: json.dumps(told)}


def program(words: Sequence[str], executable: str, directory: str) -> list[str]:
    """Return the command line to be executed: the one that we were started with, in the start directory.

    A relative path is followed anew: it may lead through a link that has been turned to another release.
    `executable` is what the interpreter knows of itself, where the first word is no path.
    """
    path = Path(directory, words[0])
    is_there = "/" in words[0] and os.access(path, os.X_OK)
    return [str(path) if is_there else executable, *words[1:]]


def start_successor(
    source: Source,
    legacy: Legacy,
    theirs: socket.socket,
    undo: Callable[[], None],
    before: Callable[[], None],
    *,
    umask: int | None,
    errors: int | None,
) -> int:
    """Start the successor and return its pid; raises OSError if there is no room for it.

    It is nobody's child but of whoever adopts orphans: systemd counts only its own children when it stops a
    service, and would kill another main process at once (`main_pid_alien`).

    `theirs` is its end of the pair on which it tells how its start went, as `Teller` does. `undo` rids the
    child of what is ours; then `before` is called in it, the hook pre_exec. `umask` is that of our start.
    `errors` is where its standard error goes until it decides for itself, if that is not where ours does.
    """
    predecessor = os.getpid()
    top = legacy.top
    # Above all numbers that will be overwritten.
    copies: dict[int, int] = {}
    try:
        for number, (_, listener) in legacy.sockets.items():
            copies[number] = fcntl.fcntl(listener.socket, fcntl.F_DUPFD_CLOEXEC, top + 1)
        copies[top] = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, top + 1)

        def work() -> int:
            if umask is not None:
                os.umask(umask)
            try:
                before()
            except (Exception, SystemExit) as error:  # noqa: BLE001  the user's code may raise anything
                text = f"the hook pre_exec failed\n{own_traceback(error).text}"
                Teller(copies[top]).tell(ExitCode.FAILURE, text)
                return ExitCode.FAILURE
            try:
                if errors is not None:
                    os.dup2(errors, 2)
                for number, copy in copies.items():
                    os.dup2(copy, number)
                for number in _IGNORED:
                    signal.signal(number, signal.SIG_IGN)
                variables = environment(source.environ, os.getpid(), predecessor, top, legacy)
                become(program(sys.orig_argv, sys.executable, source.directory), variables, source.directory)
            except OSError as error:
                Teller(copies[top]).tell(ExitCode.FAILURE, f"the program cannot be executed: {error}")
            return ExitCode.FAILURE

        pids: list[int] = []
        spawn_apart(undo, work, pids.append)
        return pids[0]
    finally:
        for copy in copies.values():
            os.close(copy)
