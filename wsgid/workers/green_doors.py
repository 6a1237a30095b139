"""How connections come into a worker of green threads: one green thread a door, listener or hand-over."""

import logging
import socket
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from wsgid.net.accepting import accept
from wsgid.net.closing import close_copy, is_over
from wsgid.net.listener import Listener
from wsgid.protocol.http1 import Request
from wsgid.workers.connection import Connection, State
from wsgid.workers.green_threads import READ, GreenThreads, Nudge
from wsgid.workers.handover import HandOver
from wsgid.workers.maker import ConnectionMaker
from wsgid.workers.room import least_missed, tell_room_made
from wsgid.workers.shortage import Shortage

# While newcomers come in to a worker that leaves, it looks for them so often.
_LOOK_S = 0.02


class GreenDoors:
    """The listeners of a worker, and the pair on which other workers pass connections on."""

    def __init__(
        self,
        listeners: tuple[Listener, ...],
        handover: HandOver | None,
        green: GreenThreads,
        maker: ConnectionMaker,
        *,
        bound: int,
        log: logging.Logger,
        shortage: Shortage,
        having: Mapping[Connection, Any],
        start: Callable[[Callable[[], None]], Any],
        enter: Callable[[Connection, Request | None], None],
        nudge: Callable[[Connection], None],
    ) -> None:
        """Begin with closed doors. `having` are the connections of the worker, no more than `bound`.

        `start` starts a green thread, `enter` lets a connection live, `nudge` has one look again.
        """
        self._listeners = listeners
        self._handover = handover
        self._green = green
        self._maker = maker
        self._bound = bound
        self._log = log
        self._shortage = shortage
        self._open = having
        self._start = start
        self._enter = enter
        self._nudge = nudge
        # The green threads that let connections in, one a door, and those of them that wait.
        self._doors: list[Any] = []
        self._at_door: set[Any] = set()
        # Whether what another worker passed on waits, for want of a descriptor.
        self.handed_waits = False
        self._system_socket = type(listeners[0].socket)

    @property
    def are_open(self) -> bool:
        """Whether connections may come in."""
        return bool(self._doors)

    def listen(self) -> None:
        """Let connections in."""
        doors: list[tuple[int, Callable[[], object]]] = [
            (listener.socket.fileno(), partial(self._accept, listener)) for listener in self._listeners
        ]
        if self._handover is not None:
            doors.append((self._handover.fileno(), self.take_handed))
        self._doors = [self._start(partial(self._keep_door, fd, let_in)) for fd, let_in in doors]

    def _keep_door(self, fd: int, let_in: Callable[[], object]) -> None:
        """Let in one connection a turn of the loop: another worker may be quicker with the next."""
        me = self._green.current()
        while me in self._doors:
            self._at_door.add(me)
            try:
                self._green.wait(fd, READ, inf)
            except Nudge:
                return
            finally:
                self._at_door.discard(me)
            let_in()

    def ignore(self) -> None:
        """Let nobody in; what comes waits, or is for other workers."""
        for door in self._doors:
            self._green.interrupt(door, Nudge(), partial(self._at_door.__contains__, door))
        self._doors = []

    def _accept(self, listener: Listener) -> bool | None:
        """Accept one connection; False if there was none, None if it has to wait."""
        now = monotonic()
        victim = None
        if len(self._open) >= self._bound:
            # Who has no deadline any more is on its way out.
            victim = least_missed([one for one in self._open if one.deadline])
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
        if victim is not None:
            # Not before: who has woken this worker may be in the hands of another.
            self._make_room(victim, now)
        self._enter(self._maker.welcome(*accepted, listener, now), None)
        return True

    def take_handed(self) -> bool:
        """Take a connection that another worker passed on; False if there was none, or it has to wait."""
        now = monotonic()
        self.handed_waits = False
        try:
            handed = None if self._handover is None else self._handover.receive()
        except OSError as error:
            self.handed_waits = True
            self._cannot(error, now)
            return False
        if handed is None:
            return False
        handed.sock = self._plain(handed.sock)
        handed.sock.setblocking(False)
        connection = self._maker.resume(handed, now)
        if connection is not None:
            self._enter(connection, handed.request)
        return True

    def _cannot(self, error: OSError, now: float) -> None:
        """Leave who comes to other workers: letting in would fail again at once; the next look tries anew."""
        self.ignore()
        self._shortage.tell(error, now)

    def _plain(self, sock: socket.socket) -> socket.socket:
        """The system's socket instead of the library's, which is what accept() makes once it has patched."""
        return self._system_socket(sock.family, sock.type, sock.proto, fileno=sock.detach())

    def _make_room(self, victim: Connection, now: float) -> None:
        tell_room_made(self._log, victim, now)
        victim.state = State.IDLE  # whatever it was, it closes without a word
        victim.deadline = 0.0
        self._nudge(victim)

    def close(self, now: float, *, is_last: bool, is_succeeded: bool) -> None:
        """Close each listener as soon as nobody is left in it for this worker (net/closing.py)."""
        staying = list(self._listeners)
        while staying:
            for listener in tuple(staying):
                if is_over(
                    listener,
                    monotonic() - now,
                    is_last=is_last,
                    is_succeeded=is_succeeded,
                    let_in=self._accept_all,
                ):
                    close_copy(listener, is_last=is_last)
                    staying.remove(listener)
            if staying:
                # Not until one of them is ready: it is all the time, where there is no room for who waits.
                self._green.pause(_LOOK_S)

    def _accept_all(self, listener: Listener) -> bool:
        """Let in all who are there; False if there is no room for them yet."""
        while accepted := self._accept(listener):
            pass
        return accepted is not None
