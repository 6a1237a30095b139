"""The one place where the arbiter waits: for signals, for its workers' words, for the next deadline."""

# A handler that does nothing, and a wakeup descriptor that the interpreter writes each signal's number to: so
# a signal is one more descriptor to wait for, and nothing of ours runs inside a handler. signalfd would need
# the signals blocked, and a blocked mask is inherited by every program that an application starts.

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.daemon.signal_name import signal_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

HANDLED: Final = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
    signal.SIGWINCH,
)

# More signals than can come between two turns: the kernel keeps one of a kind at most.
_NUMBERS: Final = 4096


# How long code that was told to stop, and goes on, is left in peace.
_AGAIN_S: Final = 0.1


class TooLongError(BaseException):
    """What was bounded by `Loop.at_most` has not ended; no Exception, which a user's file may catch."""


class Happened(NamedTuple):
    """What ended a wait; nothing, if it was the deadline."""

    signals: tuple[str, ...]
    """Their names without SIG, in the order in which they came."""
    readable: tuple[int, ...]
    """Watched descriptors with something to read, or closed at the other end."""


class Loop:
    """Signals, descriptors and a deadline; one a process, in its main thread."""

    def __init__(self) -> None:
        """Take over the signals; `close` gives them back."""
        self._awake, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll: Final = select.poll()
        self._poll.register(self._awake, select.POLLIN)
        self._former_handlers: Final = {number: signal.signal(number, _do_nothing) for number in HANDLED}
        self._former_wakeup: Final = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def watch(self, fd: int) -> None:
        """From now on a wait ends when this descriptor is readable."""
        self._poll.register(fd, select.POLLIN)

    def forget(self, fd: int) -> None:
        """Watch it no more; before it is closed."""
        self._poll.unregister(fd)

    def wait(self, timeout_s: float) -> Happened:
        """Wait until something happens, at most so long."""
        # Rounded up: a turn before the deadline would find nothing to do, and come again at once.
        ready = {fd for fd, _ in self._poll.poll(math.ceil(timeout_s * 1000))}
        names = self.take_signals() if self._awake in ready else ()
        ready.discard(self._awake)
        return Happened(names, tuple(sorted(ready)))

    def take_signals(self) -> tuple[str, ...]:
        """Return the signals that have come since, as `Happened` has them; does not wait."""
        try:
            numbers = os.read(self._awake, _NUMBERS)
        except BlockingIOError:
            return ()
        return tuple(signal_name(number).removeprefix("SIG") for number in dict.fromkeys(numbers))

    @contextlib.contextmanager
    def at_most(self, limit_s: float) -> Iterator[None]:
        """Interrupt what is done here after so long: the one thing that runs in the arbiter and may not end.

        That is a user's Python file, and it has ended in the probe. Raises TooLongError from inside of it;
        only code in C that never asks the interpreter for signals is out of its reach.
        """

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            raise TooLongError(f"it has not ended after {limit_s:.0f} s, as it had in the probe")

        former = signal.signal(signal.SIGALRM, interrupt)
        # Again and again: a file that catches whatever is raised is asked once more.
        signal.setitimer(signal.ITIMER_REAL, limit_s, _AGAIN_S)
        try:
            yield
        finally:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0)
            finally:  # it may come just here; a second time it is a while away
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, former)

    def undo_in_child(self) -> None:
        """Forget the parent's loop; the first thing that a child does, while all signals are blocked.

        Until then what reaches the child would be written to the pipe, and heard by the parent. HUP, USR1 and
        the like, which would end a young worker for want of a handler, keep the one that does nothing.
        """
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._awake)
        os.close(self._wake)

    def close(self) -> None:
        """Give the signals back to whoever had them."""
        signal.set_wakeup_fd(self._former_wakeup)
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        os.close(self._awake)
        os.close(self._wake)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Be a handler: the interpreter writes to the wakeup descriptor by itself."""
