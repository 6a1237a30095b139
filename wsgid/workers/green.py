"""A green thread a connection: what the servers of gevent and of eventlet have in common.

A connection is read, served and written by one green thread, on the same parser and exchange as everywhere;
where it would wait, the others run. The library stands behind `GreenThreads` (gevent.py, eventlet.py).
"""

# Rule 1: our sockets are the system's and do not block; whoever must wait calls `GreenThreads.wait`. So
#         connection and exchange are the same code for all kinds, and nothing of the library lies between.
# Rule 2: a connection is closed by its own green thread alone. Others nudge it: it looks again at what it
#         waits for, and until when.
# Rule 3: all green threads run in one thread of the system, so nothing changes but where one waits.

import contextlib
import os
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from wsgid.protocol.http1 import Request
from wsgid.protocol.refusal import Refusal
from wsgid.workers.connection import Connection, State
from wsgid.workers.context import WorkerContext
from wsgid.workers.ending import DRAINED_AT_ONCE, LINGER_S, tell_refusal
from wsgid.workers.green_cells import GreenCells
from wsgid.workers.green_doors import GreenDoors
from wsgid.workers.green_stacks import green_stacks
from wsgid.workers.green_threads import READ, WRITE, GreenThreads, Nudge, RequestTimeout
from wsgid.workers.guard import guard
from wsgid.workers.handover import HandOver, may_travel
from wsgid.workers.handshakes import LATE, has_begun, take_step, why_failed
from wsgid.workers.heartbeat import beat_every
from wsgid.workers.leaving import Leaving
from wsgid.workers.maker import ConnectionMaker
from wsgid.workers.records import RefusalLog, tell_overlong
from wsgid.workers.shortage import Shortage
from wsgid.workers.streaming import open_body
from wsgid.wsgi.body import Spool, SpoolBudget
from wsgid.wsgi.client_gone import ClientGone
from wsgid.wsgi.environ import request_environ
from wsgid.wsgi.exchange import Exchange

HEAD_READ = 16 * 1024

# A client whose next request is always here already never waits, and so would never let others run: it does
# so often. Of a call each 10 ms the turn costs a thousandth.
HELD_S = 0.01


class GreenServer:
    """Serves the connections of one worker, a green thread each."""

    def __init__(self, context: WorkerContext, green: GreenThreads) -> None:
        """Decide once what would otherwise be asked at each request."""
        settings = context.settings
        self._context = context
        self._green = green
        self._log = context.log
        self._refusals = RefusalLog(context.log)
        # In seconds; what is switched off never comes.
        self._keepalive = settings.keepalive
        self._header_timeout = settings.header_timeout or inf
        self._body_timeout = settings.body_timeout or inf
        self._request_timeout = settings.request_timeout or inf
        spool = Spool(settings.body_memory, SpoolBudget(settings.spool_limit), settings.tmp_upload_dir)
        self._around = context.surroundings()
        self._maker = ConnectionMaker(
            settings,
            spool,
            context.tls,
            buffering=False,
            multithread=True,
            wait=green.wait,
            on_take=lambda _: None,
        )
        self._handover = None if context.handover is None else HandOver(*context.handover, spool)
        self._leaving = Leaving(
            settings.max_requests, settings.max_requests_jitter, settings.graceful_timeout
        )
        self._cells = GreenCells(context.row, green.give_way)
        self._look_every = beat_every(settings.timeout, self._request_timeout)
        context.row.mark_loop(self._look_every)
        context.stacks = lambda: green_stacks(green, self._open, self._served)
        # Each connection, and the green thread that has it.
        self._open: dict[Connection, Any] = {}
        # The exchanges that the application is in, and those of them that were told of as too long.
        self._served: dict[Connection, Exchange] = {}
        self._overlong: set[Connection] = set()
        self._shortage = Shortage(context.log)
        self._doors = GreenDoors(
            context.listeners,
            self._handover,
            green,
            self._maker,
            bound=settings.worker_connections,
            log=context.log,
            shortage=self._shortage,
            having=self._open,
            start=self._start,
            enter=self._enter,
            nudge=self._nudge,
        )
        # Readable once the main green thread shall return.
        self._gone = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._done = False
        # When a green thread of ours last came back from letting others run.
        self._turned_at = 0.0
        # Whether nobody new can come in any more.
        self._is_closed = False

    def serve(self) -> None:
        """Serve until the worker retires and every connection has ended."""
        for fd in self._context.wake:
            self._start(partial(self._hear, fd))
        self._look(monotonic())
        self._doors.listen()
        while not self._done:
            try:
                self._green.wait(self._gone, READ, self._look_every)
            except (SystemExit, KeyboardInterrupt, SystemError):
                # Both libraries bring it here from a green thread that the application has started.
                self._log.exception(
                    "a green thread of the application wanted to end the worker, which goes on"
                )
            self._look(monotonic())

    def _start(self, run: Callable[[], None]) -> Any:
        return self._green.start(partial(guard, run, self._log))

    # ---- one connection ----

    def _enter(self, connection: Connection, request: Request | None) -> None:
        """Let a connection live, perhaps with a request that another worker has read."""
        connection.since = monotonic()
        self._open[connection] = self._start(partial(self._live, connection, request))

    def _live(self, connection: Connection, request: Request | None) -> None:
        """Serve a connection from its first octet to its close."""
        try:
            if connection.preamble is not None and not self._read_preamble(connection):
                return
            if connection.state is State.HANDSHAKE and not self._shake(connection):
                return
            while True:
                if request is None:
                    request = self._next_request(connection)
                if request is None or not self._serve(connection, request):
                    return
                request = None
                # Here nobody would nudge it, for it does not wait for a request yet.
                if monotonic() - self._turned_at > HELD_S:
                    self._green.give_way()
                    self._turned_at = monotonic()
        finally:
            # For all who have the socket: an application that forks leaves copies behind.
            with contextlib.suppress(OSError):
                connection.say_end()
            connection.close()
            del self._open[connection]
            self._on_fewer()

    def _read_preamble(self, connection: Connection) -> bool:
        """Hear from a proxy for whom the connection is; the client's first octets have the same deadline."""
        while True:
            try:
                told = connection.read_preamble()
            except BlockingIOError:
                pass
            except Refusal as refusal:
                self._refuse(connection, refusal)
                return False
            except OSError:
                return False
            else:
                self._maker.introduce(connection, told)
                return True
            try:
                if not self._wait_for_more(connection):
                    return False
            except Refusal as refusal:
                self._refuse(connection, refusal)
                return False

    def _shake(self, connection: Connection) -> bool:
        """Agree on the keys of TLS; False if the two have parted."""
        while True:
            try:
                if take_step(connection, monotonic(), self._header_timeout):
                    return True
            except OSError as error:
                failed = why_failed(connection, error)
                if isinstance(failed, Refusal):
                    self._refuse(connection, failed)
                elif failed:
                    self._refusals.write_handshake(failed, connection.environ, monotonic())
                return False
            if not self._wait_for_more(connection):
                if has_begun(connection):
                    self._refusals.write_handshake(LATE, connection.environ, monotonic())
                return False

    def _next_request(self, connection: Connection) -> Request | None:
        """The next request, as soon as its head is here; None: the connection is over."""
        parser = connection.parser
        data = b"" if parser.rest else self._receive(connection)
        try:
            while data or parser.rest:
                request = parser.feed(data) or parser.request
                if request is not None:
                    return request
                data = self._receive(connection)
                if not data:
                    break
        except Refusal as refusal:
            self._refuse(connection, refusal)
        return None

    def _receive(self, connection: Connection) -> bytes:
        """More of a request; b"" where none comes. Raises Refusal where it comes too late."""
        self._expect(connection, monotonic())
        while True:
            try:
                return connection.sock.recv(HEAD_READ)
            except BlockingIOError:
                pass
            except OSError:
                return b""
            if not self._wait_for_more(connection):
                return b""

    def _wait_for_more(self, connection: Connection) -> bool:
        """Wait for octets; False: it is over. Raises Refusal where somebody began, and came too late."""
        while True:
            leaving = self._leaving
            deadline = connection.deadline
            if leaving.is_draining and not self._has_begun(connection):
                if leaving.passes_on and self._pass_on(connection):
                    return False
                deadline = min(deadline, leaving.idle_until)
            try:
                events = WRITE if connection.writes else READ
                is_ready = self._green.wait(connection.fd, events, deadline - monotonic())
                self._turned_at = monotonic()
            except Nudge:
                if not connection.deadline:
                    return False  # it makes room, now: whoever comes in its place is served next
                continue
            if not is_ready and self._has_begun(connection):
                raise Refusal(408, "Request Timeout", f"{connection.state.value} not complete")
            return is_ready

    def _has_begun(self, connection: Connection) -> bool:
        """Whether a part of a request is here, or of what a proxy says first."""
        if connection.preamble is not None:
            return connection.preamble.has_begun
        return connection.state is State.HEAD

    def _expect(self, connection: Connection, now: float) -> None:
        """Say what a connection waits for; a deadline stands as long as the state does."""
        parser = connection.parser
        if parser.has_begun or parser.rest:
            state, limit = State.HEAD, self._header_timeout
        elif connection.requests:
            state, limit = State.IDLE, self._keepalive
        else:
            return  # its first head was due from when it was made
        if connection.state is not state:
            connection.state = state
            connection.since = now
            connection.deadline = now + limit

    def _serve(self, connection: Connection, request: Request) -> bool:
        """Call the application for a request; say whether the connection may bring another."""
        now = monotonic()
        connection.state = State.SERVING
        connection.requests += 1
        connection.cell = cell = self._cells.take()
        cell.begin(now, request.head, connection.parser.peer)
        body, pull = open_body(connection, request, self._body_timeout)
        exchange = Exchange(self._around, connection, request, request_environ(request, body), now)
        if pull is not None:
            exchange.unread = pull.is_unread
        self._served[connection] = exchange
        try:
            exchange.run()
        except RequestTimeout:
            # It came where the exchange was answering for an earlier one.
            exchange.keep_alive = False
            connection.lose()
        del self._served[connection]
        self._overlong.discard(connection)
        connection.state = State.WRITING
        if pull is not None and pull.is_unread():
            exchange.keep_alive = False
        if connection.pending:
            try:
                connection.wait_until_sent()
            except ClientGone:
                connection.lose()
        exchange.finish(monotonic())
        if request.body is not None:
            request.body.close()
        cell.end()
        self._cells.give_back(cell)
        connection.cell = None

        if self._leaving.announce_at and self._leaving.is_worn(self._cells.begun):
            self._context.announce_worn()
        if pull is not None and pull.refusal is not None and not exchange.has_begun:
            self._refuse(connection, pull.refusal)
            return False
        if exchange.keep_alive and not connection.is_cut:
            return True
        parser = connection.parser
        if not connection.is_lost and (request.keep_alive or parser.rest or parser.has_begun):
            self._linger(connection)
        return False

    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        """Answer for the application, and close."""
        connection.state = State.LINGERING
        if tell_refusal(connection, refusal, self._refusals, monotonic()):
            self._linger(connection)

    def _linger(self, connection: Connection) -> None:
        """Say that nothing more comes, and drain what the client still sends (RFC 9112, 9.6)."""
        connection.state = State.LINGERING
        until = monotonic() + LINGER_S
        try:
            connection.say_end()
            while self._green.wait(connection.fd, READ, until - monotonic()):
                if not connection.sock.recv(DRAINED_AT_ONCE):
                    return
        except OSError:
            pass  # the client has gone, which is what we wait for

    def _pass_on(self, connection: Connection) -> bool:
        """Give an idle connection to another worker; False if it must stay."""
        if self._handover is None or not may_travel(connection) or not self._handover.send(connection, None):
            return False
        connection.raw.close()  # our copy alone, and nothing is said by it any more
        return True

    def _nudge(self, connection: Connection) -> None:
        """Have a connection that waits for a request look again, unless it has one by then."""
        waits = {State.PREAMBLE, State.HANDSHAKE, State.IDLE, State.FRESH, State.HEAD}
        self._green.interrupt(self._open[connection], Nudge(), lambda: connection.state in waits)

    def _on_fewer(self) -> None:
        """One connection less: room for another, or the end of a worker that leaves."""
        if self._leaving.is_draining:
            if self._is_closed and not self._open and not self._doors.handed_waits:
                self._finish()
        elif not self._doors.are_open:
            self._doors.listen()

    # ---- what is due ----

    def _look(self, now: float) -> None:
        """Once a second or oftener: the beat, the date, requests that take too long."""
        context = self._context
        context.row.beat(now)
        context.on_beat()
        context.row.connections = len(self._open)
        self._refusals.tick(now)
        self._around.renew_date(formatdate(usegmt=True))
        for connection, exchange in self._served.items():
            if now - exchange.began >= self._request_timeout:
                self._end_request(connection, exchange, now)
        if not self._doors.are_open and not self._leaving.is_draining:
            self._doors.listen()
        if self._leaving.closes and self._doors.handed_waits and not self._take_handed() and not self._open:
            # Whoever has the descriptors, it is none of those who leave.
            self._doors.handed_waits = False
            self._on_fewer()

    def _end_request(self, connection: Connection, exchange: Exchange, now: float) -> None:
        """End one request that takes too long, and it alone; once more where the application goes on."""
        error = RequestTimeout(f"longer than request_timeout ({self._request_timeout:g} s)")
        self._green.interrupt(self._open[connection], error, lambda: self._served.get(connection) is exchange)
        if connection in self._overlong:
            return
        self._overlong.add(connection)
        duration_s = now - exchange.began
        tell_overlong(self._log, exchange.environ, duration_s, self._request_timeout, "it alone is ended")

    def _hear(self, fd: int) -> None:
        """Act on what reaches the worker from outside."""
        context = self._context
        while fd in context.wake and not self._done:
            self._green.wait(fd, READ, inf)
            context.tick(monotonic())
            if context.retiring and not self._leaving.is_draining:
                self._drain(monotonic())

    def _drain(self, now: float) -> None:
        """Accept no more, and leave what can be left to other workers, if there are any."""
        is_last = self._context.is_last or self._handover is None
        self._leaving.begin(now, with_heirs=not is_last)
        # Where TLS is spoken nothing can be left to others but what has not begun.
        self._around.closes |= self._leaving.closes or self._context.tls is not None
        self._doors.ignore()
        self._green.give_way()  # those at the doors leave them before these are taken away
        self._shortage.spend_reserve()
        if is_last:
            self._take_handed()
        for connection in self._open:
            self._nudge(connection)
        self._doors.close(now, is_last=is_last, is_succeeded=self._context.is_succeeded)
        self._is_closed = True
        self._on_fewer()

    def _take_handed(self) -> bool:
        """Take all that waits in the workers' queue: nobody else will. Say whether there was anything."""
        has_taken = False
        while self._doors.take_handed():
            has_taken = True
        return has_taken

    def _finish(self) -> None:
        """Let serve() return."""
        if not self._done:
            self._done = True
            os.eventfd_write(self._gone, 1)
