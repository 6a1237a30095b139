"""One epoll, shared by all threads of a worker, and the connections that wait in it.

Who pops a connection from `waiting` owns it: `dict.pop` is the claim, for a thread that has an event and
for one that looks at deadlines alike.
"""

# Several threads share the epoll edge-triggered: an event comes once, to one of them. So
#
# Rule 1: whoever draws an event and finds its connection owned by another says so in `_missed`, then looks
#         once more whether it has been given up. The owner gives it up, then looks into `_missed`. One of the
#         two sees the other.
# Rule 2: an owner that did not read or write all there is says `look_again` before it gives a connection up.
#
# A thread that is alone has it level-triggered: what it leaves comes again, to it or to the standby.

import select
import threading
from collections.abc import Callable
from typing import Any, Final

from wsgid.workers.connection import Connection, State

READ: Final = select.EPOLLIN
WRITE: Final = select.EPOLLOUT


class Poller:
    """What the threads of a worker wait for."""

    __slots__ = ("_edge", "_missed", "callbacks", "epoll", "lock", "waiting")

    def __init__(self, *, shared: bool) -> None:
        """`shared`: several threads poll at a time."""
        self.epoll = select.epoll()
        # What is asked for beside the events.
        self._edge = select.EPOLLET if shared else 0
        # Descriptors of events that were drawn while another thread owned the connection.
        self._missed: set[int] = set()
        # By descriptor: those that nobody owns.
        self.waiting: dict[int, Connection] = {}
        # By descriptor: listeners, signals and the like, and what is done when they are readable:
        # called with the time and the seat of the thread, None for the standby.
        self.callbacks: dict[int, Callable[[float, Any], object]] = {}
        # Held while the callbacks change: unlike a connection, a listener is owned by no thread.
        self.lock = threading.RLock()

    def claim(self, connection: Connection) -> bool:
        """Become the owner of a connection that was seen waiting; False if another thread was faster."""
        if self.waiting.get(connection.fd) is not connection:
            return False
        claimed = self.waiting.pop(connection.fd, None)
        if claimed is not None and claimed is not connection:
            # Taken and closed between two looks, and its descriptor used anew.
            self._put_back(claimed)
        return claimed is connection

    def unclaimed(self, fd: int) -> Connection | None:
        """Say what becomes of an event whose connection somebody owns: its, unless given up this moment."""
        if not self._edge:
            return None
        self._missed.add(fd)
        connection = self.waiting.pop(fd, None)
        if connection is not None:
            self._missed.discard(fd)
        return connection

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
        if connection.armed != events:
            self._arm(connection, events)
        fd = connection.fd
        self.waiting[fd] = connection
        if fd in self._missed:
            self._catch_up(fd)

    def _arm(self, connection: Connection, events: int) -> None:
        """Have epoll look at a connection anew; it looks at once."""
        mask = events | self._edge
        if self._edge and events == READ:
            # It tells an end that came with the octets before it, and so has no edge of its own. Not to one
            # who writes: it would be told again and again of an end that is none of its business.
            mask |= select.EPOLLRDHUP
        if connection.armed:
            self.epoll.modify(connection.fd, mask)
        else:
            self.epoll.register(connection.fd, mask)
        connection.armed = events

    def _catch_up(self, fd: int) -> None:
        """Have epoll look again at a connection of which an event was drawn while it was owned."""
        while fd in self._missed:
            connection = self.waiting.pop(fd, None)
            if connection is None:
                # It has another owner by now, who sees `missed` when it gives it up.
                return
            self._missed.discard(fd)
            if connection.armed:
                self._arm(connection, connection.armed)
            self.waiting[fd] = connection

    def _put_back(self, connection: Connection) -> None:
        """Give up a connection that was not to be taken."""
        if connection.state is State.PARKED:
            self.waiting[connection.fd] = connection
        else:
            events = WRITE if connection.writes else READ
            self.wait(connection, connection.state, connection.since, connection.deadline, events)

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

    def give_back(self, fd: int) -> None:
        """Give back an event that was drawn and not used."""
        if fd in self.callbacks:
            return
        connection = self.waiting.pop(fd, None) or self.unclaimed(fd)
        if connection is not None:
            connection.look_again()
            self._put_back(connection)
