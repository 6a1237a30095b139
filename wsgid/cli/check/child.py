"""A look at the machine in a forked child that has become the user that will serve.

What the look does (it may import an application) cannot hurt the checker: a child that hangs is ended in
time, with its stacks; one that dies is told of; whatever it started is ended with it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from wsgid.cli.check.finding import Finding, read_findings
from wsgid.daemon.signal_name import signal_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wsgid.cli.check.identity import Player

# The child ends itself at its deadline; this much later it is ended.
GRACE_S = 1.0
_OURS = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a look: its findings, or why there are none, in words that follow "it"."""

    findings: tuple[Finding, ...] = ()
    why_none: str = ""
    stacks: str = ""


def look_as(player: Player | None, deadline_s: float, look: Callable[[], Iterable[Finding]]) -> Outcome:
    """Run `look` in a child that is in our directory, as somebody (None: as we are), and wait for it."""
    receive, send = os.pipe2(os.O_CLOEXEC)
    # What was printed so far is not to be printed twice.
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(player, deadline_s, look, send)
    os.close(send)
    try:
        octets, is_late = _listen(receive, pid, deadline_s + GRACE_S)
    finally:
        os.close(receive)
        # Whatever the look has started has the child's session, and is nobody's now. The child is not waited
        # for yet, so the number is still its own.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    return _read(octets.decode("utf-8", "replace"), status, is_late=is_late, deadline_s=deadline_s)


def _read(text: str, status: int, *, is_late: bool, deadline_s: float) -> Outcome:
    if text.endswith("]\n"):
        with contextlib.suppress(ValueError):
            return Outcome(read_findings(json.loads(text)))
    if is_late or text.startswith("Timeout ("):
        return Outcome(why_none=f"was not done within {deadline_s:g} s", stacks=own_frames(text))
    if os.WIFSIGNALED(status):
        return Outcome(why_none=f"ended by {signal_name(os.WTERMSIG(status))}", stacks=own_frames(text))
    return Outcome(why_none=f"ended the process with exit status {os.waitstatus_to_exitcode(status)}")


def own_frames(text: str) -> str:
    """Return faulthandler's stacks without our frames and those of the import."""
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(("Timeout (", "Fatal Python error", "Extension modules"))
        and not re.match(r'  File "<frozen |  File "[^"]*/importlib/__init__\.py"', line)
        and f'"{_OURS}/' not in line
    ]
    return "\n".join(lines).strip("\n")


def _listen(receive: int, pid: int, patience_s: float) -> tuple[bytes, bool]:
    """Return what the child wrote until it ended, and whether it did not end in time."""
    os.set_blocking(receive, False)
    ended = os.pidfd_open(pid)
    deadline = time.monotonic() + patience_s
    octets = b""
    poll = select.poll()
    poll.register(receive, select.POLLIN)
    poll.register(ended, select.POLLIN)
    try:
        while (left_s := deadline - time.monotonic()) > 0:
            ready = {fd for fd, _ in poll.poll(left_s * 1000)}
            with contextlib.suppress(BlockingIOError):
                while chunk := os.read(receive, 65536):
                    octets += chunk
                if receive in ready and ended not in ready:
                    poll.unregister(receive)
            if ended in ready:
                return octets, False
        return octets, True
    finally:
        os.close(ended)


def _live(
    player: Player | None,
    deadline_s: float,
    look: Callable[[], Iterable[Finding]],
    send: int,
) -> NoReturn:
    """Be the child; never returns."""
    try:
        os.setsid()
        # What an application prints at its import is no part of the report.
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        faulthandler.dump_traceback_later(deadline_s, exit=True, file=send)
        faulthandler.enable(send)
        if player is not None:
            player.become()
        findings = list(look())
        with contextlib.suppress(Exception):  # whatever the application has made of them
            sys.stdout.flush()
            sys.stderr.flush()
        octets = json.dumps(findings).encode("utf-8", "backslashreplace") + b"\n"
        while octets:
            octets = octets[os.write(send, octets) :]
        faulthandler.cancel_dump_traceback_later()
    except BaseException:  # noqa: BLE001  ours: told by the traceback, and by the status
        sys.excepthook(*sys.exc_info())
        os._exit(70)
    os._exit(0)
