"""The server of `sync` and `threads`: N threads take ready connections from one poller; `sync` is N = 1.

Requests are read whole before the application is called, so a half-sent one, an idle connection or a slow
reader costs no thread. While every thread is in the application the standby stands in (standby.py), and a
connection that becomes ready goes to another worker (handover.py).
"""

# Rule 1: one event a poll where there are several threads: a batch in the hands of one of them is a queue
#         behind it while the others are idle. A thread that is alone takes many: they would queue for it in
#         the kernel as well, and the standby finds there what is not read yet (level-triggered).
# Rule 2: who pops a connection owns it (poller.py), and has given it up when `wait` returns.
# Rule 3: only `_serve` and `_settle` call code of the application, and only seated threads call them.

import os
import threading
from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from io import BytesIO
from math import inf
from time import monotonic, sleep
from typing import BinaryIO, Final

from wsgid.metrics.scoreboard import Cell
from wsgid.protocol.http1 import Request
from wsgid.protocol.refusal import Refusal
from wsgid.protocol.response import CONTINUE
from wsgid.workers.acceptor import ACCEPTS_ASIDE, Acceptor
from wsgid.workers.balance import Balance
from wsgid.workers.connection import Connection, State
from wsgid.workers.context import WorkerContext
from wsgid.workers.deadlines import Deadlines
from wsgid.workers.ending import Ending
from wsgid.workers.guard import guard
from wsgid.workers.handover import HandOver, may_travel
from wsgid.workers.handshakes import Handshakes
from wsgid.workers.labour import Labour
from wsgid.workers.leaving import Leaving
from wsgid.workers.maker import ConnectionMaker
from wsgid.workers.poller import READ, WRITE, Poller
from wsgid.workers.records import RefusalLog
from wsgid.workers.shortage import Shortage
from wsgid.workers.standby import Standby
from wsgid.workers.streaming import open_body
from wsgid.wsgi.body import RequestBody, Spool, SpoolBudget
from wsgid.wsgi.client_gone import ClientGone
from wsgid.wsgi.environ import request_environ
from wsgid.wsgi.exchange import Exchange

# A member of an enum costs two look-ups; these are asked for at each event.
PREAMBLE: Final = State.PREAMBLE
HANDSHAKE: Final = State.HANDSHAKE
FRESH: Final = State.FRESH
HEAD: Final = State.HEAD
BODY: Final = State.BODY
IDLE: Final = State.IDLE
SERVING: Final = State.SERVING
WRITING: Final = State.WRITING
LINGERING: Final = State.LINGERING

# Nobody has asked for anything that is not answered.
UNASKED: Final = frozenset({State.PREAMBLE, State.HANDSHAKE, State.FRESH, State.IDLE})

# A read; one of them may hold hundreds of requests, but is looked at one request at a time.
HEAD_READ: Final = 16 * 1024
BODY_READ: Final = 64 * 1024

# Events a poll for a thread that is alone; in a block of the size for which CPython keeps a free list.
BATCH: Final = 32

# How long a worker that has given connections away leaves them to the others.
GIVE_WAY_S: Final = 0.002

# How long a thread waits at most before it looks around.
TURN_S: Final = 1.0


class Seat:
    """One thread that may call the application."""

    __slots__ = ("cell", "is_busy", "now")

    def __init__(self, cell: Cell) -> None:
        """Begin idle."""
        self.cell = cell
        # Whether it is in the application.
        self.is_busy = False
        # When it last looked at the clock.
        self.now = 0.0


class ThreadServer:
    """Serves the connections of one worker with its threads."""

    speaks_tls = True

    def __init__(self, context: WorkerContext) -> None:
        """Decide once what would otherwise be asked at each request."""
        settings = context.settings
        self._context = context
        self._row = context.row
        self._log = context.log
        self._refusals = RefusalLog(context.log)
        self._threads = settings.threads
        # In seconds; what is switched off never comes.
        self._keepalive = settings.keepalive
        self._header_timeout = settings.header_timeout or inf
        self._body_timeout = settings.body_timeout or inf
        self._send_timeout = settings.send_timeout or inf
        self._connections_bound = settings.worker_connections
        self._buffering = settings.request_buffering
        self._budget = SpoolBudget(settings.spool_limit)
        self._spool = Spool(settings.body_memory, self._budget, settings.tmp_upload_dir)
        self._around = context.surroundings()
        self._poller = Poller(shared=self._threads > 1)
        self._ending = Ending(self._poller, self._refusals, self._leave, self._on_fewer)
        self._handover = None if context.handover is None else HandOver(*context.handover, self._spool)
        self._maker = ConnectionMaker(
            settings,
            self._spool,
            context.tls,
            buffering=self._buffering,
            multithread=self._threads > 1,
            on_take=self._poller.forget,
        )
        self._shortage = Shortage(context.log)
        self._acceptor = Acceptor(
            context.listeners,
            self._handover,
            self._poller,
            self._maker,
            bound=self._connections_bound,
            shared=self._threads > 1,
            log=context.log,
            shortage=self._shortage,
            arrived=self._arrived,
            close=self._ending.close,
        )
        # None where connections stay: nobody could take them, or the keys of their sessions cannot travel.
        self._balance: Balance | None = None
        if self._handover is not None and context.tls is None:
            self._balance = Balance(context.scoreboard, context.row)
        self._seats = [Seat(context.row.cell(number)) for number in range(self._threads)]
        self._standby = Standby(self)
        self._labour = Labour()
        self._leaving = Leaving(
            settings.max_requests, settings.max_requests_jitter, settings.graceful_timeout
        )
        self._handshakes = Handshakes(
            self._poller, self._ending, self._refusals, self._header_timeout, self._pass_on
        )
        self._deadlines = Deadlines(
            self._poller,
            self._ending,
            self._handshakes,
            body_timeout=self._body_timeout,
            send_timeout=self._send_timeout,
            pass_on=self._pass_on_late,
            leave_ready=self._leave_ready,
        )
        # Requests, or responses, that wait for a thread that may call the application.
        self._ready: deque[tuple[Connection, Request | None]] = deque()
        self._done = False
        # Whether no connection was left at the last look of a server that stops.
        self._is_alone = False
        # Readable for ever once the threads shall return.
        self._gone = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._look_lock = threading.Lock()
        self._wake_lock = threading.Lock()
        self._next_look = 0.0
        shortest = min(self._keepalive or inf, self._header_timeout, self._body_timeout, self._send_timeout)
        self._look_every = min(TURN_S, max(0.05, shortest / 4))
        self._budget.on_release = self._deadlines.unpark

    def serve(self) -> None:
        """Serve until the worker retires and every connection has ended."""
        poller = self._poller
        for fd in self._context.wake:
            poller.add(fd, self._on_wake)
        poller.add(self._gone, lambda _, __: None)
        self._look(monotonic())
        self._listen()
        self._standby.start()
        others = [
            threading.Thread(target=self.guard, args=(partial(self._run, seat),), daemon=True)
            for seat in self._seats[1:]
        ]
        for thread in others:
            thread.start()
        self._run(self._seats[0])
        for thread in others:
            thread.join()
        if self._acceptor.open:
            # One of them has let a connection in when the last one that we knew of ended.
            poller.remove(self._gone)
            self._done = False
            self._run(self._seats[0])

    # ---- the loop of a thread ----

    def guard(self, run: Callable[[], None]) -> None:
        """Run a thread beside the main one."""
        guard(run, self._log)

    def _run(self, seat: Seat) -> None:
        self._labour.join()
        poll = self._poller.epoll.poll
        claim = self._poller.waiting.pop
        ready = self._ready
        every = self._look_every
        most = BATCH if self._threads == 1 else 1
        while not self._done:
            if ready:
                self._take_ready(seat)
                continue
            events = poll(every, most)
            seat.now = now = monotonic()
            if now >= self._next_look:
                self._look(now)
            for fd, event in events:
                connection = claim(fd, None)
                if connection is None:
                    connection = self._unclaimed(fd, seat.now, seat)
                    if connection is None:
                        continue
                if event != READ:
                    # Writable, or the client has ended: behind its last octets, whose edge this is as well.
                    connection.look_again()
                if connection.state is IDLE:
                    self._read_on(connection, seat.now, seat)
                else:
                    self._on_event(connection, seat.now, seat)

    def _unclaimed(self, fd: int, now: float, seat: Seat | None) -> Connection | None:
        """See to an event of what is no waiting connection; give it if it has just become one."""
        callback = self._poller.callbacks.get(fd)
        if callback is None:
            return self._poller.unclaimed(fd)
        callback(now, seat)
        return None

    def _take_ready(self, seat: Seat) -> None:
        """Serve what the standby left, or another thread."""
        try:
            connection, request = self._ready.popleft()
        except IndexError:
            return
        seat.now = now = monotonic()
        if request is None:
            self._settle(connection, now, seat)
        else:
            self._serve(connection, request, now, seat)

    def _on_event(self, connection: Connection, now: float, seat: Seat | None) -> None:
        """Do what a ready connection needs; without a seat (the standby) no application is called."""
        state = connection.state
        if state is WRITING:
            self._write_on(connection, now, seat)
        elif state is LINGERING:
            self._ending.linger_on(connection, now)
        elif state is PREAMBLE:
            self._read_preamble(connection, now, seat)
        elif state is HANDSHAKE:
            self._shake_on(connection, now, seat)
        else:
            self._read_on(connection, now, seat)

    # ---- reading ----

    def _read_preamble(self, connection: Connection, now: float, seat: Seat | None) -> None:
        """Hear from a proxy for whom the connection is; the client's first octets have the same deadline."""
        try:
            told = connection.read_preamble()
        except BlockingIOError:
            self._poller.wait(connection, PREAMBLE, now, connection.deadline)
            return
        except Refusal as refusal:
            self._ending.refuse(connection, refusal, now)
            return
        except OSError:
            self._ending.close(connection)
            return
        self._maker.introduce(connection, told)
        self._on_event(connection, now, seat)

    def _shake_on(self, connection: Connection, now: float, seat: Seat | None) -> None:
        """Go on with a handshake, and with the request that may have come with its last octets."""
        if self._handshakes.go_on(connection, now, may_stay=seat is not None):
            self._feed(connection, b"", now, seat)

    def _read_on(self, connection: Connection, now: float, seat: Seat | None) -> None:
        state = connection.state
        if seat is None and (state is IDLE or state is FRESH) and self._pass_on(connection, None):
            return
        size = BODY_READ if state is BODY else HEAD_READ
        try:
            data = connection.sock.recv(size)
        except BlockingIOError:
            self._wait_for_more(connection, now)
            return
        except OSError:
            self._ending.close(connection)
            return
        if not data:
            # The client left: between two requests, or in the middle of one, which is then none.
            self._ending.close(connection)
            return
        if len(data) == size:
            connection.look_again()
        # What follows is _feed and _dispatch in short, for the commonest event of all.
        try:
            request = connection.parser.feed(data)
        except Refusal as refusal:
            self._ending.refuse(connection, refusal, now)
            return
        if request is not None and seat is not None and not self._leaving.passes_on:
            self._serve(connection, request, now, seat)
        else:
            self._on_fed(connection, request, now, seat)

    def _feed(self, connection: Connection, data: bytes, now: float, seat: Seat | None) -> None:
        """Give octets to the parser, and do what they call for."""
        try:
            request = connection.parser.feed(data)
        except Refusal as refusal:
            self._ending.refuse(connection, refusal, now)
            return
        self._on_fed(connection, request, now, seat)

    def _on_fed(self, connection: Connection, request: Request | None, now: float, seat: Seat | None) -> None:
        """Go on with a request that is whole, or with the part of one that is here."""
        if request is not None:
            self._dispatch(connection, request, now, seat)
            return
        request = connection.parser.request
        if request is None:
            self._wait_for_more(connection, now)
        elif not self._buffering:
            self._dispatch(connection, request, now, seat)
        elif request.expects_continue and not self._continue(connection, request):
            self._ending.close(connection)
        elif isinstance(request.body, RequestBody) and request.body.waits_for_room:
            self._deadlines.park(connection, now)
        else:
            self._poller.wait(connection, State.BODY, now, now + self._body_timeout)

    def _continue(self, connection: Connection, request: Request) -> bool:
        """Ask for the body (RFC 9110, 10.1.1), unless it is already coming; False if the client has gone."""
        request.expects_continue = False
        if isinstance(request.body, RequestBody) and request.body.size:
            return True
        try:
            connection.sock.send(CONTINUE)
        except OSError:
            return False
        return True

    def _dispatch(self, connection: Connection, request: Request, now: float, seat: Seat | None) -> None:
        """Give a request to whoever may serve it."""
        if seat is not None and not self._leaving.passes_on:
            self._serve(connection, request, now, seat)
        elif self._pass_on(connection, request):
            pass
        elif seat is not None:
            self._serve(connection, request, now, seat)
        else:
            self._leave_ready(connection, request)

    def _leave_ready(self, connection: Connection, request: Request | None) -> None:
        """Leave a request, or a response whose exchange is to be finished, to a thread that has a seat."""
        self._poller.forget(connection)
        self._ready.append((connection, request))

    def _wait_for_more(self, connection: Connection, now: float) -> None:
        """Wait for octets that did not come; a deadline stands as long as the state does."""
        parser = connection.parser
        state = connection.state
        deadline = connection.deadline
        if parser.in_body:
            if state is not BODY:
                state, deadline = State.BODY, now + self._body_timeout
        elif parser.has_begun or parser.rest:
            if state is not HEAD:
                state, deadline = State.HEAD, now + self._header_timeout
        elif connection.requests:
            if state is not IDLE:
                state, deadline = State.IDLE, self._kept_until(now)
        else:
            state = State.FRESH
        self._poller.wait(connection, state, now, deadline)

    # ---- serving ----

    def _serve(self, connection: Connection, request: Request, now: float, seat: Seat) -> None:
        """Call the application, for this request and for those that wait behind it on the connection."""
        standby = self._standby
        leaving = self._leaving
        parser = connection.parser
        cell = seat.cell
        connection.state = SERVING
        connection.cell = cell
        while True:
            seat.is_busy = True
            if standby.asleep:
                standby.wake()
            connection.requests += 1
            cell.begin(now, request.head, parser.peer)
            pull = None
            if request.body is None:
                body: BinaryIO = BytesIO()
            else:
                body, pull = open_body(connection, request, self._body_timeout)
            exchange = Exchange(self._around, connection, request, request_environ(request, body), now)
            if pull is not None:
                exchange.unread = pull.is_unread
            exchange.run()
            if pull is not None:
                connection.look_again()
                if pull.is_unread():
                    exchange.keep_alive = False
            is_pending = self._let_go(connection) if connection.pending else False
            seat.now = now = monotonic()
            if not is_pending:
                exchange.finish(now)
                if request.body is not None:
                    request.body.close()
            cell.end()
            seat.is_busy = False
            if standby.taken:
                standby.give_back()

            if leaving.bound:
                self._count(now)
            if is_pending:
                connection.exchange = exchange
                connection.request = request
                connection.has_taken()
                self._poller.wait(connection, State.WRITING, now, now + self._send_timeout, WRITE)
                return
            if pull is not None and pull.refusal is not None and not exchange.has_begun:
                self._ending.refuse(connection, pull.refusal, now)
                return
            if not exchange.keep_alive or connection.is_cut:
                self._ending.end(connection, now, client_closes=not request.keep_alive)
                return
            if not parser.rest:
                if leaving.passes_on or leaving.is_draining:
                    self._rest(connection, now)
                else:
                    self._poller.wait(connection, IDLE, now, now + self._keepalive)
                return
            try:
                following = parser.feed()
            except Refusal as refusal:
                self._ending.refuse(connection, refusal, now)
                return
            if following is None:
                # Not by a way that comes back here: a client can send thousands of them.
                following = parser.request if not self._buffering else None
                if following is None:
                    self._go_on(connection, now, seat)
                    return
            if leaving.passes_on and self._pass_on(connection, following):
                return
            request = following

    def _go_on(self, connection: Connection, now: float, seat: Seat) -> None:
        """Go on after an answer with the request behind it, of which a part is here."""
        if connection.parser.in_body:
            # Its head is here and perhaps asks for a 100: as if it had just come.
            self._feed(connection, b"", now, seat)
        else:
            self._wait_for_more(connection, now)

    def _let_go(self, connection: Connection) -> bool:
        """See to it that the rest of a response needs no thread; False if nothing of it is left."""
        try:
            connection.flush()
            connection.detach_pending()
        except ClientGone:
            connection.lose()
        return bool(connection.pending)

    def _write_on(self, connection: Connection, now: float, seat: Seat | None) -> None:
        try:
            moved = connection.flush()
        except ClientGone:
            connection.lose()
            moved = True
        if connection.pending:
            deadline = now + self._send_timeout if moved else connection.deadline
            connection.has_taken()
            self._poller.wait(connection, State.WRITING, now, deadline, WRITE)
        elif seat is None:
            self._leave_ready(connection, None)
        else:
            self._settle(connection, now, seat)

    def _settle(self, connection: Connection, now: float, seat: Seat) -> None:
        """Finish an exchange whose last octet is out, or never will be."""
        exchange, connection.exchange = connection.exchange, None
        request, connection.request = connection.request, None
        connection.drop_pending()
        connection.state = State.SERVING
        if exchange is not None and request is not None:
            # close() of the response is the application's code, and may take its time like a call.
            seat.is_busy = True
            if self._standby.asleep:
                self._standby.wake()
            seat.cell.resume(now, request.head, connection.parser.peer)
            exchange.finish(now)
            if request.body is not None:
                request.body.close()
            seat.cell.end()
            seat.is_busy = False
            if self._standby.taken:
                self._standby.give_back()
            seat.now = now = monotonic()
        if exchange is None or not exchange.keep_alive or connection.is_cut:
            self._ending.end(connection, now, client_closes=False)
        elif connection.parser.rest:
            self._feed(connection, b"", now, seat)
        else:
            self._rest(connection, now)

    def _rest(self, connection: Connection, now: float) -> None:
        """Wait for the next request of a connection that is kept."""
        if self._leaving.passes_on and self._pass_on(connection, None):
            return
        self._poller.wait(connection, IDLE, now, self._kept_until(now))

    def _kept_until(self, now: float) -> float:
        deadline = now + self._keepalive
        return min(deadline, self._leaving.idle_until) if self._leaving.is_draining else deadline

    # ---- ends ----

    def _leave(self, connection: Connection) -> None:
        """Strike a connection off that is about to be closed."""
        # An application that has taken its socket may have closed it long ago, and the number is another's.
        opened = self._acceptor.open
        fd = connection.fd
        if opened.get(fd) is connection:
            del opened[fd]
        if self._deadlines.parked:
            self._deadlines.forget(connection)

    def _on_fewer(self) -> None:
        """One connection less: room for another, or the end of a worker that leaves."""
        if self._leaving.is_draining and self._acceptor.is_closed:
            if self._acceptor.handed_waits:
                self._next_look = 0.0  # what was one's descriptor is another's
            elif not self._acceptor.open:
                self._finish()
        elif not self._acceptor.is_listening:
            self._listen()

    def _finish(self) -> None:
        """Let all threads return."""
        if not self._done:
            self._done = True
            os.eventfd_write(self._gone, 1)

    # ---- new connections ----

    def _listen(self) -> None:
        """Let connections in, unless there is a reason not to."""
        leaving = self._leaving
        with self._poller.lock:
            # Who leaves lets in who is at the doors that nobody else opens; if it has none of these, nobody.
            may_listen = not self._acceptor.is_closed if leaving.is_draining else not leaving.passes_on
            if may_listen and not self._standby.taken:
                self._acceptor.listen()

    def _arrived(
        self, connection: Connection, request: Request | None, now: float, seat: Seat | None
    ) -> None:
        """Look at a connection that has just come in, perhaps with a request that another worker read."""
        if connection.requests:
            # From another worker, which counts what it gives as well.
            self._row.connections = len(self._acceptor.open)
        if request is not None:
            self._dispatch(connection, request, now, seat)
        elif connection.parser.rest:
            self._feed(connection, b"", now, seat)
        elif connection.state is FRESH:
            # Its request is here, as a rule, and will not have to be waited for.
            self._read_on(connection, now, seat)
        else:
            self._on_event(connection, now, seat)

    # ---- between workers ----

    def _pass_on(self, connection: Connection, request: Request | None) -> bool:
        """Give a connection to another worker; False if it must stay."""
        if (
            self._handover is None
            or self._leaving.closes
            or not may_travel(connection)
            or not self._handover.send(connection, request)
        ):
            return False
        self._ending.let_go(connection)
        return True

    def _pass_on_late(self, connection: Connection, request: Request | None) -> bool:
        """Give a connection that nobody has spoken on for long to another worker, if this one leaves."""
        return self._leaving.passes_on and self._pass_on(connection, request)

    def _spread(self, balance: Balance, now: float) -> None:
        """Give idle connections to workers that have fewer."""
        count = balance.surplus(len(self._acceptor.open), now)
        self._acceptor.share = balance.share
        if not count:
            return
        # A thread of ours that has a processor would take back what others have to wait for one for.
        self._acceptor.give_way()
        for connection in list(self._poller.waiting.values()):
            if connection.state is IDLE and self._poller.claim(connection):
                if not self._pass_on(connection, None):
                    self._poller.wait(connection, IDLE, now, connection.deadline)
                    break
                count -= 1
                if not count:
                    break
        self._row.connections = len(self._acceptor.open)
        self._next_look = min(self._next_look, balance.next)
        sleep(GIVE_WAY_S)
        self._acceptor.take_part()
        if self._leaving.closes:
            # The server has begun to stop, in another thread that has emptied the pair before this.
            self._take_handed(now)

    # ---- what is due ----

    def _look(self, now: float) -> None:
        """Once a second or oftener: the beat, the date, deadlines. One thread at a time."""
        if not self._look_lock.acquire(blocking=False):
            return
        try:
            self._next_look = now + self._look_every
            self._row.beat(now)
            self._context.on_beat()
            self._refusals.tick(now)
            self._row.connections = len(self._acceptor.open)
            self._around.renew_date(formatdate(usegmt=True))
            self._deadlines.look(now)
            leaving = self._leaving
            if self._balance is not None and not (leaving.passes_on or leaving.closes or self._standby.taken):
                self._spread(self._balance, now)
            if leaving.held_until and now >= leaving.held_until and not leaving.is_draining:
                leaving.end_hold()
            if leaving.closes and self._acceptor.handed_waits:
                was_alone, self._is_alone = self._is_alone, not self._acceptor.open
                if not self._take_handed(now) and self._is_alone and was_alone:
                    # Whoever has the descriptors, it is none of those who leave. Not at the first look: who
                    # is struck off in another thread is closed a moment later.
                    self._acceptor.handed_waits = False
                self._on_fewer()
            if leaving.is_draining and not self._acceptor.is_closed:
                self._close_doors(now)
            elif self._acceptor.is_listening:
                self._acceptor.refresh()
            elif len(self._acceptor.open) < self._connections_bound:
                self._listen()
        finally:
            self._look_lock.release()

    def _count(self, now: float) -> None:
        """Hold the requests that were served against max_requests."""
        leaving = self._leaving
        served = self.served()
        if leaving.is_worn(served):
            self._context.announce_worn()
        if served >= leaving.bound and not leaving.passes_on and self._handover is not None:
            leaving.hold(now)
            self._next_look = min(self._next_look, leaving.held_until)
            self._acceptor.ignore()
            # As in _drain: a wake-up may have come to this worker alone.
            self._acceptor.accept_aside(now)

    def _on_wake(self, now: float, _: Seat | None) -> None:
        """A signal came, or the arbiter is gone: one thread acts on it, whichever others it has woken."""
        if not self._wake_lock.acquire(blocking=False):
            return
        try:
            before = set(self._context.wake)
            self._context.tick(now)
            for fd in before - self._context.wake:
                self._poller.remove(fd)
        finally:
            self._wake_lock.release()
        with self._poller.lock:
            if not self._context.retiring or self._leaving.is_draining:
                return
            is_last = self._context.is_last or self._handover is None
            self._leaving.begin(now, with_heirs=not is_last)
            # Where TLS is spoken nothing can be left to others but what has not begun.
            self._around.closes |= self._leaving.closes or self._context.tls is not None
        self._drain(now, is_last=is_last)

    def _drain(self, now: float, *, is_last: bool) -> None:
        """Accept no more, and leave what can be left to other workers, if there are any."""
        self._shortage.spend_reserve()
        if is_last:
            self._acceptor.ignore()
            self._take_handed(now)
        self._close_doors(now)
        for connection in list(self._poller.waiting.values()):
            if connection.state not in UNASKED or not self._poller.claim(connection):
                continue
            if is_last or not self._pass_on(connection, None):
                deadline = min(connection.deadline, self._leaving.idle_until)
                events = WRITE if connection.writes else READ
                self._poller.wait(connection, connection.state, now, deadline, events)
        self._on_fewer()

    def _take_handed(self, now: float) -> bool:
        """Take all that waits in the workers' queue: nobody else will. Say whether there was anything."""
        handed = self._acceptor.take_handed(now)
        for connection, request in handed:
            connection.deadline = min(connection.deadline, self._leaving.idle_until)
            # What it asks is read before it is late: for want of a descriptor it may have waited for long.
            self._arrived(connection, request, now, None)
        return bool(handed)

    def _close_doors(self, now: float) -> None:
        """Close the listeners, as far as nobody is left in them for this worker."""
        self._acceptor.close(now, is_last=self._leaving.closes, is_succeeded=self._context.is_succeeded)
        self._on_fewer()

    # ---- for the standby ----

    def served(self) -> int:
        """How many requests the threads have begun."""
        return sum(seat.cell.requests for seat in self._seats)

    def note_calls(self) -> None:
        """Note that these are other calls than at the tick before."""
        self._labour.note()

    def is_absorbed(self) -> bool:
        """Whether every thread is in the application."""
        return all(seat.is_busy for seat in self._seats)

    def is_kept_waiting(self) -> bool:
        """Whether it is the machine that keeps the threads from going on."""
        return self._labour.is_kept_waiting()

    def stand_in_begin(self) -> None:
        """Leave new connections to other workers, and send them what has already woken this one."""
        was_listening = self._acceptor.is_listening
        self._acceptor.ignore()
        if was_listening and self._handover is not None:
            self._acceptor.accept_aside(monotonic())

    def stand_in_turn(self, timeout: float, is_current: Callable[[], bool]) -> None:
        """Poll once and do what needs no application, as long as `is_current`."""
        events = self._poller.epoll.poll(timeout, ACCEPTS_ASIDE)
        with self._standby.lock:
            if not is_current():
                for fd, _ in events:
                    self._poller.give_back(fd)
                return
            now = monotonic()
            if now >= self._next_look:
                self._look(now)
            for fd, event in events:
                connection = self._poller.waiting.pop(fd, None) or self._unclaimed(fd, now, None)
                if connection is not None:
                    if event != READ:
                        connection.look_again()
                    self._on_event(connection, now, None)
                elif self._threads == 1 and fd in self._acceptor.open:
                    # It is being served: its next octet would return for ever. Its owner adds it again.
                    self._poller.forget(self._acceptor.open[fd])

    def stand_in_end(self) -> None:
        """Be there for new connections again."""
        self._listen()
