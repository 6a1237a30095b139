"""A worker's birth, what it is told, and its end in words: fork, kill, exit status."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import signal
import sys
import traceback
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from wsgid.daemon.signal_name import signal_name
from wsgid.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Order(Enum):
    """What a worker can be told."""

    DRAIN = signal.SIGTERM
    LEAVE = signal.SIGQUIT
    REOPEN = signal.SIGUSR1
    SHOW_STACKS = signal.SIGRTMIN + 1
    """Write where you are into the memory that the arbiter reads, and go on."""
    LOG_STACKS = signal.SIGRTMIN
    """Write where you are to the error log, and go on."""
    ABORT = signal.SIGABRT
    """Write where you are, and die."""
    DIE = signal.SIGKILL


def spawn(first_steps: Callable[[], None], work: Callable[[], int]) -> int:
    """Fork a child that undoes what is the parent's, works, and exits with the status that `work` returns.

    All signals are blocked from before the fork until the child has done its first steps: a TERM that reached
    it earlier would be heard by the parent's loop. Raises OSError if the kernel has no room for a process.
    """
    # What stands in these buffers would be written twice.
    _flush()
    former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _live(first_steps, work, former_mask)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former_mask)
    return pid


def _live(
    first_steps: Callable[[], None], work: Callable[[], int], mask: set[int | signal.Signals]
) -> NoReturn:
    """Be the child; nothing of the parent's code below us on the stack ever runs on."""
    status = int(ExitCode.FAILURE)
    try:
        first_steps()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        status = work()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001  ours: a traceback, always, and then the exit below
        traceback.print_exc()
    finally:
        _flush()
        os._exit(status & 0xFF)


def spawn_apart(
    first_steps: Callable[[], None], work: Callable[[], int], announce: Callable[[int], None]
) -> None:
    """Fork a child that is not ours but of the next subreaper above us, and `announce` its pid.

    It is the child of a child that ends at once. It does its first steps only when it is the subreaper's, and
    announced; it leaves if we end before. Raises OSError if the kernel has no room for a process.
    """
    _flush()
    # But for the last words of one that hangs in what the application wants done at a fork.
    blocked = signal.valid_signals() - {signal.SIGABRT}
    former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    pipes: list[int] = []
    try:
        told, telling = _add_pipe(pipes)
        held, release = _add_pipe(pipes)

        def await_release() -> None:
            os.close(release)
            is_announced = _READ(held, 1) != b""
            for fd in (told, telling, held):
                os.close(fd)
            if not is_announced:
                os._exit(ExitCode.OK)
            first_steps()

        between = _FORK()
        if between == 0:
            _tell_birth(telling, await_release, work, former_mask)
        # Not before its parent is dead is the worker the subreaper's.
        with contextlib.suppress(ChildProcessError):  # the application has a handler that waits for all
            _WAIT(between, 0)
        os.set_blocking(told, False)  # it may have been killed before it could tell
        try:
            number = int(_READ(told, 32))
        except BlockingIOError:
            number = -errno.ECHILD
        if number < 0:
            raise OSError(-number, os.strerror(-number))
        announce(number)
        _WRITE(release, b"!")
    finally:
        for fd in pipes:
            os.close(fd)
        signal.pthread_sigmask(signal.SIG_SETMASK, former_mask)


def _add_pipe(pipes: list[int]) -> tuple[int, int]:
    reading, writing = os.pipe()
    pipes += (reading, writing)
    return reading, writing


# As they are now: gevent and eventlet replace them by such as turn the application's event loop, and watch
# children on it. What a loop has to be told of the fork, the worker tells it (`renew` in workers/server.py).
_FORK, _WAIT, _READ, _WRITE = os.fork, os.waitpid, os.read, os.write


def _tell_birth(
    telling: int,
    first_steps: Callable[[], None],
    work: Callable[[], int],
    mask: set[int | signal.Signals],
) -> NoReturn:
    """Be the one between: fork, tell the pid, or the error below zero, and end."""
    number = -errno.EAGAIN
    try:
        number = _FORK()
        if number == 0:
            _live(first_steps, work, mask)
    except OSError as error:
        number = -(error.errno or errno.EAGAIN)
    finally:
        _WRITE(telling, b"%d" % number)
        os._exit(ExitCode.OK)


def is_child(pid: int) -> bool:
    """Say whether a process is a child of ours that nobody has waited for."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except OSError:
        return False
    return True


def become(argv: list[str], environ: Mapping[str, str], directory: str) -> NoReturn:
    """Be another program from here on; raises OSError. For a child."""
    os.chdir(directory)
    os.execve(argv[0], argv, environ)  # noqa: S606  what is meant


def join_group(pid: int) -> None:
    """Put a child (0: this process) into a process group of its own, that can be ended as a whole."""
    with contextlib.suppress(OSError):  # it is another program already, and has seen to it itself; or dead
        os.setpgid(pid, pid)


# What has outlived its deadline by so much has nobody left who would end it.
_ORPHAN_S: Final = 5


def end_later(timeout_s: float) -> None:
    """Have the kernel end this process some time after its deadline: the arbiter may be dead by then.

    An alarm outlives exec(2). 0 is for ever.
    """
    if timeout_s:
        signal.alarm(math.ceil(timeout_s) + _ORPHAN_S)


def end_group(pid: int) -> None:
    """Kill all processes of a child's group, if there are any left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def ignore_ends() -> None:
    """Have a child live on when a terminal or a service manager ends all of us: the arbiter ends it, last."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def tell(pid: int, order: Order) -> None:
    """Send a worker its signal; one that has ended meanwhile is told in vain."""
    assert pid > 0, pid  # anything else is a group of processes (kill(2))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, order.value)


class Exit(NamedTuple):
    """How a process ended."""

    pid: int
    text: str
    """In words: `exit status 3`, `killed by SIGSEGV`."""
    is_clean: bool
    """It left by itself with status 0."""
    is_killed: bool
    """By SIGKILL."""
    is_from_outside: bool
    """By somebody else: by a signal that programs do not send to themselves, nor bring upon themselves."""
    is_oom: bool | None = None
    """It was killed by the kernel for want of memory; None: nobody knows (oom.py)."""

    @property
    def is_asked(self) -> bool:
        """Whether it is how a process ends that is told to: by itself, or by the signal that tells it."""
        return self.is_clean or (self.is_from_outside and not self.is_killed)


# An administrator sends them, and the kernel the first of them.
_FROM_OUTSIDE: Final = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


def reap() -> Iterator[Exit]:
    """Yield every child that has ended since, workers or not."""
    while True:
        try:
            pid, wait_status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield describe(pid, wait_status)


def describe(pid: int, wait_status: int) -> Exit:
    """Put a wait status (wait(2)) into words."""
    if os.WIFEXITED(wait_status):
        status = os.WEXITSTATUS(wait_status)
        return Exit(pid, f"exit status {status}", status == 0, is_killed=False, is_from_outside=False)
    number = os.WTERMSIG(wait_status)
    core = " (core dumped)" if os.WCOREDUMP(wait_status) else ""
    return Exit(
        pid,
        f"killed by {signal_name(number)}{core}",
        is_clean=False,
        is_killed=number == signal.SIGKILL,
        is_from_outside=number in _FROM_OUTSIDE,
    )


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A stream may be closed, or None, or lead to a full disk: no reason not to fork, or not to exit.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
