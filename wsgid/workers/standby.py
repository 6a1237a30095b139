"""The thread that keeps a worker attentive while all its other threads are in the application.

It ticks every 10 ms while the worker is active and sleeps otherwise. If no request has begun for a tick and
every thread is in a call, it takes the epoll over: it reads, writes and looks at deadlines, but calls no
application. What is ready goes to another worker, or waits for the first thread that returns. That a thread
waits for a processor is no reason: where there are too few, others wait as well.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

# Half of a switch costs nobody anything; a client that waits longer than two of them notices.
TICK_S = 0.010

# A call that computes holds the interpreter lock for so long at a time (the default, 5 ms, for each step
# of ours).
SWITCH_S = 0.0005

# While it polls itself: how soon it notices that a thread has returned.
TURN_S = 0.05


class Attended(Protocol):
    """What the standby needs of its server."""

    def guard(self, run: Callable[[], None]) -> None:
        """Run a thread; what it raises ends the worker."""

    def served(self) -> int:
        """How many requests the threads have begun."""

    def note_calls(self) -> None:
        """Note that these are other calls than at the tick before."""

    def is_absorbed(self) -> bool:
        """Whether every thread is in the application."""

    def is_kept_waiting(self) -> bool:
        """Whether it is the machine that keeps the threads from going on."""

    def stand_in_begin(self) -> None:
        """Prepare to be polled by the standby."""

    def stand_in_turn(self, timeout: float, is_current: Callable[[], bool]) -> None:
        """Poll once and do what needs no application, as long as `is_current`."""

    def stand_in_end(self) -> None:
        """Undo what stand_in_begin did."""


class Standby:
    """The standby thread of a worker."""

    __slots__ = ("_awake", "_server", "asleep", "lock", "taken")

    def __init__(self, server: Attended) -> None:
        """Make the thread's means; start() starts it."""
        self._server = server
        self._awake = threading.Event()
        # Whether it must be woken: looked at for every request, so a plain attribute.
        self.asleep = True
        # Held while something is done in the place of the threads.
        self.lock = threading.RLock()
        # Whether the epoll is the standby's. Written under the lock.
        self.taken = False

    def start(self) -> None:
        """Start the thread; it ends with the process."""
        threading.Thread(
            target=self._server.guard, args=(self._run,), name="wsgid-standby", daemon=True
        ).start()

    def wake(self) -> None:
        """Tick from now on: a call of the application begins."""
        self.asleep = False
        self._awake.set()

    def give_back(self) -> None:
        """End a take-over: a thread has returned from the application."""
        with self.lock:
            if self.taken:
                self.taken = False
                self._server.stand_in_end()
                sys.setswitchinterval(0.005)

    def _run(self) -> None:
        server = self._server
        served = -1
        while True:
            time.sleep(TICK_S)
            before, served = served, server.served()
            if before != served:
                server.note_calls()
                continue
            if server.is_absorbed():
                if not server.is_kept_waiting():
                    self._take_over(served)
            else:
                self._awake.clear()
                self.asleep = True
                # A thread says that it is busy, then looks whether we sleep; we the other way round.
                if not server.is_absorbed():
                    self._awake.wait()
                self.asleep = False

    def _take_over(self, served: int) -> None:
        server = self._server
        with self.lock:
            # The order decides: a thread that returns first says that it is back, then looks at `taken`.
            self.taken = True
            if served != server.served() or not server.is_absorbed():
                self.taken = False
                return
            sys.setswitchinterval(SWITCH_S)
            server.stand_in_begin()
        while self.taken:
            server.stand_in_turn(TURN_S, self._is_taken)

    def _is_taken(self) -> bool:
        return self.taken
