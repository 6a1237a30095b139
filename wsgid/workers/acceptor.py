"""How connections come in: from the listeners, and from other workers; no more than `worker_connections`."""

import logging
from collections.abc import Callable, Collection
from functools import partial
from math import inf
from typing import Any, Final

from wsgid.net.accepting import accept
from wsgid.net.closing import close_copy, is_over, is_shut
from wsgid.net.listener import Listener
from wsgid.protocol.http1 import Request
from wsgid.workers.connection import Connection
from wsgid.workers.handover import Handed, HandOver
from wsgid.workers.maker import ConnectionMaker
from wsgid.workers.poller import Poller
from wsgid.workers.room import least_missed, tell_room_made
from wsgid.workers.shortage import Shortage

# Connections accepted at once, that they may go to another worker.
ACCEPTS_ASIDE: Final = 64


class Acceptor:
    """The doors of a worker: its listeners, and the pair on which other workers pass connections on.

    `arrived` is called for each connection, in the thread that let it in: with a request where it brought one
    that is ready, with the time, and with the seat of the thread (None for the standby).
    """

    def __init__(
        self,
        listeners: Collection[Listener],
        handover: HandOver | None,
        poller: Poller,
        maker: ConnectionMaker,
        *,
        bound: int,
        shared: bool,
        log: logging.Logger,
        shortage: Shortage,
        arrived: Callable[[Connection, Request | None, float, Any], None],
        close: Callable[[Connection], None],
    ) -> None:
        """Begin with closed doors; `shared`: several threads wait for who comes in."""
        self._listeners = tuple(listeners)
        self._handover = handover
        self._poller = poller
        self._maker = maker
        self._bound = bound
        # Who has let somebody in goes to the tail of those that wait for a listener, that the next connection
        # is another worker's: at once where a thread of ours is free for that as well. One that is alone is
        # passed over while it serves, and only goes there if the connection stays; two system calls less for
        # one that does not.
        self._shared = shared
        self._log = log
        self._shortage = shortage
        self._arrived = arrived
        self._close = close
        # Whether connections may come in; changed here, under the poller's lock.
        self.is_listening = False
        # Within `close`: a connection that leaves meanwhile makes room for nobody.
        self._is_closing = False
        # When the worker began to leave; before, nothing is closed.
        self._leaving_since = inf
        # Whether what another worker passed on waits, for want of a descriptor.
        self.handed_waits = False
        # How many connections would be an equal part of those of all workers.
        self.share = 0.0
        # All connections of the worker, by descriptor, whoever owns them.
        self.open: dict[int, Connection] = {}

    @property
    def is_closed(self) -> bool:
        """Whether none can come in any more."""
        return not self._listeners

    def listen(self) -> None:
        """Open the doors."""
        with self._poller.lock:
            if self.is_listening or self._is_closing:
                return
            self.is_listening = True
            for listener in self._listeners:
                self._poller.add(listener.socket.fileno(), partial(self.accept, listener), exclusive=True)
            self._listen_to_others()

    def _listen_to_others(self) -> None:
        if self._handover is not None and self._leaving_since == inf:
            self._poller.add(self._handover.fileno(), self._take_handed, exclusive=True)

    def ignore(self) -> None:
        """Close the doors: what comes is for other workers, or waits."""
        with self._poller.lock:
            if not self.is_listening:
                return
            self.is_listening = False
            for listener in self._listeners:
                self._poller.remove(listener.socket.fileno())
            if self._handover is not None:
                self._poller.remove(self._handover.fileno())

    def refresh(self) -> None:
        """Look anew, now and then: a wake-up may have gone to a worker that ended before it accepted."""
        if self.is_listening:
            for listener in self._listeners:
                self._poller.requeue(listener.socket.fileno())
            if self._handover is not None:
                self._poller.requeue(self._handover.fileno())

    def give_way(self) -> None:
        """Take nothing that is passed on, in no thread, until `take_part`."""
        if self._handover is not None:
            self._poller.remove(self._handover.fileno())

    def take_part(self) -> None:
        """Take what is passed on as before, at the tail of those that wait for it."""
        with self._poller.lock:
            # The doors may have been closed meanwhile, or have been opened anew.
            is_out = self._handover is not None and self._handover.fileno() not in self._poller.callbacks
            if self.is_listening and is_out:
                self._listen_to_others()

    def _stand_back(self) -> None:
        """Go to the tail of those that wait for what is passed on, but not with less than a share."""
        if self._handover is not None and len(self.open) >= self.share:
            self._poller.requeue(self._handover.fileno())

    def close(self, now: float, *, is_last: bool, is_succeeded: bool) -> None:
        """Close the listeners of this process, each as soon as nobody is left in it for this worker.

        `is_last`: the whole server stops. `is_succeeded`: another server listens there. Where newcomers are
        kept out, all who are there already are let in by whoever closes; the next call may find the last.
        """
        with self._poller.lock:
            is_first = self._leaving_since == inf
            self._leaving_since = min(self._leaving_since, now)
            # First out of the epoll, then a last look: a wake-up that came between would be nobody's.
            # Closing alone would not take them out: other processes may still hold the same sockets.
            self.ignore()
            self._is_closing = True
            if is_first and not is_last and self._handover is not None:
                self._handover.resend_one()
            staying = [
                listener
                for listener in self._listeners
                if not self._is_over(listener, now, is_last=is_last, is_succeeded=is_succeeded)
            ]
            for listener in self._listeners:
                if listener not in staying:
                    close_copy(listener, is_last=is_last)
            self._listeners = tuple(staying)
            self._is_closing = False
            if staying:
                self.listen()

    def _is_over(self, listener: Listener, now: float, *, is_last: bool, is_succeeded: bool) -> bool:
        """Accept what this worker has to, and say whether it is all."""
        if not is_last and not is_shut(listener):
            # The wake-up for what waits outside may have come to this worker, and to no other.
            self._accept_most(listener, now, ACCEPTS_ASIDE)
        return is_over(
            listener,
            now - self._leaving_since,
            is_last=is_last,
            is_succeeded=is_succeeded,
            let_in=lambda one: self._accept_most(one, now, inf) is not None,
        )

    def accept(self, listener: Listener, now: float, seat: Any) -> bool | None:
        """Accept one connection; False if there was none, None if it has to wait."""
        victim = None
        if len(self.open) >= self._bound:
            victim = least_missed(list(self._poller.waiting.values()))
            if victim is None:
                self.ignore()
                return None
        try:
            accepted = accept(listener)
        except OSError as error:
            self._cannot(error, now)
            return None
        if accepted is None:
            return False
        if self._shared and seat is not None:
            self._poller.requeue(listener.socket.fileno())
        if victim is not None and self._poller.claim(victim):
            # Not before: who has woken this thread may be in another's hands, or in another worker's.
            tell_room_made(self._log, victim, now)
            self._close(victim)
        sock, address = accepted
        connection = self._maker.welcome(sock, address, listener, now)
        self.open[connection.fd] = connection
        self._arrived(connection, None, now, seat)
        if connection.armed and not self._shared and seat is not None:
            self._poller.requeue(listener.socket.fileno())
        return True

    def accept_aside(self, now: float) -> None:
        """Accept for the standby what waits already: its wake-up came to this worker, which is busy."""
        for listener in self._listeners:
            self._accept_most(listener, now, ACCEPTS_ASIDE)
        if self._handover is not None:
            self._handover.resend_one()

    def take_handed(self, now: float) -> list[tuple[Connection, Request | None]]:
        """Empty the workers' queue: the server stops, and nobody else will."""
        rest: list[tuple[Connection, Request | None]] = []
        while (handed := self._receive(now)) is not None:
            connection = self._enter_handed(handed, now)
            if connection is not None:
                rest.append((connection, handed.request))
        return rest

    def _accept_most(self, listener: Listener, now: float, most: float) -> bool | None:
        """Accept so many at most, to be passed on or served; gives what `accept` gave last."""
        accepted: bool | None = True
        while accepted and most > 0:
            accepted = self.accept(listener, now, None)
            most -= 1
        return accepted

    def _take_handed(self, now: float, seat: Any) -> None:
        """Take a connection that another worker passed on."""
        if seat is not None:
            handed = self._receive(now)
            connection = None if handed is None else self._enter_handed(handed, now)
            self._stand_back()
            if handed is not None and connection is not None:
                self._arrived(connection, handed.request, now, seat)

    def _receive(self, now: float) -> Handed | None:
        """Take what another worker has passed on; None if there is nothing, or if it has to wait."""
        self.handed_waits = False
        try:
            return None if self._handover is None else self._handover.receive()
        except OSError as error:
            self.handed_waits = True
            self._cannot(error, now)
            return None

    def _cannot(self, error: OSError, now: float) -> None:
        """Leave who comes to other workers: letting in would fail again at once; the next look tries anew."""
        self.ignore()
        self._shortage.tell(error, now)

    def _enter_handed(self, handed: Handed, now: float) -> Connection | None:
        connection = self._maker.resume(handed, now)
        if connection is None:
            return None
        self.open[connection.fd] = connection
        return connection
