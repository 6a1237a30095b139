"""One epoll, shared by all threads of a worker, and the connections that wait in it.

Who pops a connection from `waiting` owns it: `dict.pop` is the claim, for a thread that has an event and
for one that
looks at deadlines alike. An event whose connection is not there is somebody else's.
"""

import select
import threading
from collections.abc import Callable
from typing import Any

from wsgid.workers.connection import Connection, State

READ = select.EPOLLIN
WRITE = select.EPOLLOUT


class Poller:
    """What the threads of a worker wait for."""

    __slots__ = ("_one_shot", "callbacks", "epoll", "lock", "waiting")

    def __init__(self, *, one_shot: bool) -> None:
        """With `one_shot` an event disarms its connection, so that only one of many threads sees it."""
        self.epoll = select.epoll()
        # By descriptor: those that nobody owns.
        self.waiting: dict[int, Connection] = {}
        # By descriptor: listeners, signals and the like, and what is done when they are readable:
        # called with the time and the seat of the thread, None for the standby.
        self.callbacks: dict[int, Callable[[float, Any], object]] = {}
        self._one_shot = select.EPOLLONESHOT if one_shot else 0
        # Held while the callbacks change: unlike a connection, a listener is owned by no thread.
        self.lock = threading.RLock()

    def claim(self, connection: Connection) -> bool:
        """Become the owner of a connection that was seen waiting; False if another thread was faster."""
        with connection.lock:
            if self.waiting.get(connection.fd) is not connection:
                return False
            claimed = self.waiting.pop(connection.fd, None)
        if claimed is not None and claimed is not connection:
            # Taken and closed between two looks, and its descriptor used anew.
            self.wait(claimed, claimed.state, claimed.since, claimed.deadline, claimed.armed or READ)
        return claimed is connection

    def wait(
        self, connection: Connection, state: State, now: float, deadline: float, events: int = READ
    ) -> None:
        """Give up a connection until it is ready or its deadline comes.

        The caller may not touch it afterwards: another thread may own it.
        """
        if state is not connection.state:
            connection.state = state
            connection.since = now
        connection.deadline = deadline
        if self._one_shot:
            # Whoever claims it without an event would close it under us, between the two steps.
            with connection.lock:
                self._arm(connection, events)
        else:
            self._arm(connection, events)

    def _arm(self, connection: Connection, events: int) -> None:
        fd = connection.fd
        armed = connection.armed
        connection.armed = events
        # First where it is found, then what leads there: the other way round an event could find nothing.
        self.waiting[fd] = connection
        if not armed:
            self.epoll.register(fd, events | self._one_shot)
        elif self._one_shot or armed != events:
            self.epoll.modify(fd, events | self._one_shot)

    def park(self, connection: Connection, now: float, deadline: float) -> None:
        """Let a connection wait for its deadline alone, or for whoever claims it."""
        self.forget(connection)
        connection.state = State.PARKED
        connection.since = now
        connection.deadline = deadline
        self.waiting[connection.fd] = connection

    def forget(self, connection: Connection) -> None:
        """Take a connection out of the epoll; its owner calls this, before it closes.

        Closing alone would not do: a child of the application may still hold the same socket.
        """
        if connection.armed:
            connection.armed = 0
            self.epoll.unregister(connection.fd)

    def add(self, fd: int, callback: Callable[[float, Any], object], *, exclusive: bool = False) -> None:
        """Call back whenever this is readable; `exclusive`: one process of many is woken."""
        with self.lock:
            self.callbacks[fd] = callback
            self.epoll.register(fd, READ | (select.EPOLLEXCLUSIVE if exclusive else 0))

    def remove(self, fd: int) -> None:
        """Call back no more."""
        with self.lock:
            if self.callbacks.pop(fd, None) is not None:
                self.epoll.unregister(fd)

    def requeue(self, fd: int) -> None:
        """Go to the tail of the queue that the kernel has for a listener; see what waits there now."""
        with self.lock:
            if fd in self.callbacks:
                self.epoll.unregister(fd)
                self.epoll.register(fd, READ | select.EPOLLEXCLUSIVE)

    def rearm(self, fd: int) -> None:
        """Give back an event that was taken and not used."""
        if self._one_shot:
            connection = self.waiting.get(fd)
            if connection is not None:
                with connection.lock:
                    if self.waiting.get(fd) is connection:
                        self.epoll.modify(fd, connection.armed | self._one_shot)
