"""Leaves the terminal (-D): the typed command waits until the server is ready, or says why it is not.

    typed command ── fork ── (leads a session, ends) ── fork ── the server

The server is in a session that it does not lead, so it can never have a terminal again. It tells the typed
command, by a pipe, one thing: that it is ready, or how it ended and why.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from typing import NamedTuple

from wsgid.errors import ExitCode


class Told(NamedTuple):
    """What the typed command is to say and to end with."""

    status: int
    text: str = ""


class Teller:
    """The server's end of the pipe."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def ready(self) -> None:
        """Let the typed command end well."""
        self.tell(0)

    def close(self) -> None:
        """Say nothing, in a child that is not meant to."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def has_told(self) -> bool:
        """Whether it has been said how the start went."""
        return self._fd < 0

    def tell(self, status: int, text: str = "") -> None:
        """Say how the start went; only the first word counts."""
        if self._fd < 0:
            return
        line = json.dumps({"status": status, "text": text}).encode() + b"\n"
        # Whoever typed the command may have gone meanwhile.
        with contextlib.suppress(OSError):
            while line:
                line = line[os.write(self._fd, line) :]
        if status == 0:
            os.close(self._fd)
        # Else the typed command waits for the end of the pipe, which comes with that of this process.
        self._fd = -1


def detach(*, keeps_output: bool) -> Teller | Told:
    """Return twice: a Teller in the server, and, when that is ready or has ended, a Told in the command.

    Standard input is empty from here on, and output goes nowhere, unless it is kept. Raises OSError.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    reading, writing = os.pipe()
    typed = str(os.getpid())
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            return _wait(pipe.fileno(), child)
    os.close(reading)
    os.setsid()
    if os.fork():
        os._exit(0)
    # By itself: it may have more to say before its parent runs again.
    with contextlib.suppress(OSError):
        os.write(writing, b"%d\n" % os.getpid())
    leave_terminal(keeps_output=keeps_output)
    if os.environ.get("LISTEN_PID") == typed:
        # Sockets that a service manager passed to the command (sd_listen_fds(3)) are for us.
        os.environ["LISTEN_PID"] = str(os.getpid())
    return Teller(writing)


def _wait(fd: int, child: int) -> Told:
    """Wait for the server's word; if it is a bad one, until nothing is left of it."""
    words = b""
    try:
        os.waitpid(child, 0)
        while data := os.read(fd, 65536):
            words += data
            if told := _understand(words):
                # Its workers have the pipe too: at its end they have all gone.
                while told.status and os.read(fd, 65536):
                    pass
                return told
    except KeyboardInterrupt:
        _stop(fd, words)
        return Told(ExitCode.INTERRUPTED)
    return Told(1, "wsgid: the server ended before it was ready, and could not say why")


def _stop(fd: int, words: bytes) -> None:
    """Stop the server, at once if Ctrl-C comes once more, and wait until nothing is left of it."""
    order = signal.SIGTERM
    while True:
        try:
            while b"\n" not in words and (data := os.read(fd, 4096)):  # whom to stop
                words += data
            with contextlib.suppress(ValueError, ProcessLookupError):
                os.kill(int(words.partition(b"\n")[0]), order)
            while os.read(fd, 65536):
                pass
        except KeyboardInterrupt:
            order = signal.SIGINT
        else:
            return


def _understand(words: bytes) -> Told | None:
    """Return what was said after the pid, if it is whole."""
    _pid, _, rest = words.partition(b"\n")
    line, newline, _ = rest.partition(b"\n")
    return Told(**json.loads(line)) if newline else None


def leave_terminal(*, keeps_output: bool) -> None:
    """Lead the standard streams nowhere, unless output is kept."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0,) if keeps_output else (0, 1, 2):
        os.dup2(nothing, fd)
    if nothing > 2:  # noqa: PLR2004  the three standard ones
        os.close(nothing)
