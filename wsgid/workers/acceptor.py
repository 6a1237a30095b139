"""How connections come in: from the listeners, and from other workers; no more than `worker_connections`."""

import errno
import logging
import socket
import sys
from collections.abc import Callable, Collection
from functools import partial
from math import inf
from typing import Any

from wsgid.config.settings import Settings
from wsgid.net.listener import Listener
from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.http1 import Limits, Request, RequestParser
from wsgid.workers.connection import Connection, State
from wsgid.workers.handover import Handed, HandOver
from wsgid.workers.poller import Poller
from wsgid.wsgi.body import RequestBody, Spool, StreamedBody
from wsgid.wsgi.environ import boot_environ, connection_environ

OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

BEFORE_THE_APPLICATION = frozenset({State.FRESH, State.HEAD, State.BODY, State.PARKED})


class ConnectionMaker:
    """Makes connections as the settings say."""

    __slots__ = (
        "_boot_environ",
        "_buffering",
        "_field_keys",
        "_header_timeout",
        "_limits",
        "_send_timeout",
        "_spool",
    )

    def __init__(self, settings: Settings, spool: Spool) -> None:
        """Decide once what would otherwise be asked for each connection."""
        self._limits = Limits(
            settings.limit_request_line,
            settings.limit_request_fields,
            settings.limit_request_field_size,
            settings.limit_request_body,
        )
        self._field_keys = FieldKeys(settings.header_map)
        self._buffering = settings.request_buffering
        self._header_timeout = settings.header_timeout or inf
        self._send_timeout = settings.send_timeout or inf
        self._spool = spool
        self._boot_environ = boot_environ(
            multithread=settings.threads > 1, multiprocess=settings.workers > 1, errors=sys.stderr
        )

    def make(
        self, sock: socket.socket, server: tuple[str, str], peer: tuple[str, int] | None, now: float
    ) -> Connection:
        """Make the connection of a socket that does not block; its first head is due from now on."""
        environ = connection_environ(self._boot_environ, server, peer)
        parser = RequestParser(self._limits, self._field_keys, self._make_body, environ)
        return Connection(sock, parser, environ, now + self._header_timeout, self._spool, self._send_timeout)

    def _make_body(self, _: Request) -> RequestBody | StreamedBody:
        return RequestBody(self._spool) if self._buffering else StreamedBody()


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
        log: logging.Logger,
        arrived: Callable[[Connection, Request | None, float, Any], None],
        close: Callable[[Connection], None],
    ) -> None:
        """Begin with closed doors."""
        self._listeners = listeners
        self._handover = handover
        self._poller = poller
        self._maker = maker
        self._bound = bound
        self._log = log
        self._arrived = arrived
        self._close = close
        # Changed under the poller's lock.
        self._is_listening = False
        # All connections of the worker, by descriptor, whoever owns them.
        self.open: dict[int, Connection] = {}

    @property
    def is_listening(self) -> bool:
        """Whether connections may come in."""
        return self._is_listening

    def listen(self) -> None:
        """Open the doors."""
        with self._poller.lock:
            if self._is_listening:
                return
            self._is_listening = True
            for listener in self._listeners:
                self._poller.add(listener.socket.fileno(), partial(self.accept, listener), exclusive=True)
            if self._handover is not None:
                self._poller.add(self._handover.fileno(), self._take_handed, exclusive=True)

    def ignore(self) -> None:
        """Close the doors: what comes is for other workers, or waits."""
        with self._poller.lock:
            if not self._is_listening:
                return
            self._is_listening = False
            for listener in self._listeners:
                self._poller.remove(listener.socket.fileno())
            if self._handover is not None:
                self._poller.remove(self._handover.fileno())

    def refresh(self) -> None:
        """Look anew, now and then: a wake-up may have gone to a worker that ended before it accepted."""
        if self._is_listening:
            for listener in self._listeners:
                self._poller.requeue(listener.socket.fileno())
            if self._handover is not None:
                self._poller.requeue(self._handover.fileno())

    def close(self) -> None:
        """Close the listeners of this process for good."""
        self.ignore()
        for listener in self._listeners:
            listener.socket.close()

    def accept(self, listener: Listener, now: float, seat: Any) -> bool:
        """Accept one connection; False if there was none."""
        if len(self.open) >= self._bound and not self._make_room(now):
            self.ignore()
            return False
        try:
            sock, address = listener.socket.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in OUT_OF_RESOURCES:
                # Accepting would fail again at once; the next look around tries anew.
                self.ignore()
                self._log.warning("cannot accept connections for now: %s", error.strerror)
            return False
        if seat is not None:
            # To the tail of those that wait for this listener: the next connection is another worker's.
            self._poller.requeue(listener.socket.fileno())
        self._arrived(self._enter(sock, listener, address, now), None, now, seat)
        return True

    def accept_aside(self, now: float, most: int) -> None:
        """Accept for the standby what waits already: its wake-up came to this worker, which is busy."""
        for listener in self._listeners:
            for _ in range(most):
                if not self.accept(listener, now, None):
                    break
        if self._handover is not None:
            self._handover.resend_one()

    def take_the_rest(self, now: float) -> list[tuple[Connection, Request | None]]:
        """Empty the kernel's queue and the workers': the server stops, and nobody else will."""
        rest: list[tuple[Connection, Request | None]] = []
        for listener in self._listeners:
            # The socket of a service manager has an heir: what waits there, waits for the next server.
            while len(self.open) < self._bound and not listener.passed_as:
                try:
                    sock, address = listener.socket.accept()
                except OSError:
                    break
                rest.append((self._enter(sock, listener, address, now), None))
        while self._handover is not None and (handed := self._handover.receive()) is not None:
            rest.append((self._enter_handed(handed, now), handed.request))
        return rest

    def _take_handed(self, now: float, seat: Any) -> None:
        """Take a connection that another worker passed on."""
        if self._handover is not None and seat is not None:
            handed = self._handover.receive()
            if handed is not None:
                self._arrived(self._enter_handed(handed, now), handed.request, now, seat)

    def _enter(self, sock: socket.socket, listener: Listener, address: Any, now: float) -> Connection:
        sock.setblocking(False)
        peer = (_plain(address[0]), address[1]) if isinstance(address, tuple) else None
        connection = self._maker.make(sock, _server_of(listener, sock), peer, now)
        self.open[connection.fd] = connection
        return connection

    def _enter_handed(self, handed: Handed, now: float) -> Connection:
        connection = self._maker.make(handed.sock, handed.server, handed.peer, now)
        if handed.request is not None:
            handed.request.environ = {**connection.environ, **handed.request.environ}
        connection.requests = 1
        connection.parser.rest = handed.rest
        self.open[connection.fd] = connection
        return connection

    def _make_room(self, now: float) -> bool:
        """Close the connection that is missed least: an idle one, else who has stood still longest."""
        waiting = list(self._poller.waiting.values())
        victims = [connection for connection in waiting if connection.state is State.IDLE]
        if not victims:
            victims = [connection for connection in waiting if connection.state in BEFORE_THE_APPLICATION]
        if not victims:
            return False
        victim = min(victims, key=lambda connection: connection.since)
        if self._poller.claim(victim):
            age_s = now - victim.since
            self._log.info("connection closed to make room peer=%s age_s=%.1f", victim.peer.decode(), age_s)
            self._close(victim)
        return True


def _server_of(listener: Listener, sock: socket.socket) -> tuple[str, str]:
    """SERVER_NAME and SERVER_PORT: the listener's; where it listens everywhere, the address reached."""
    if listener.host in {"0.0.0.0", "::"}:  # noqa: S104 - it is compared, not bound
        try:
            name = sock.getsockname()
        except OSError:
            return listener.host, str(listener.port)
        return _plain(name[0]), str(name[1])
    return listener.host, str(listener.port)


def _plain(host: str) -> str:
    """Write an IPv4 address that came by a socket for IPv6 as IPv4 (RFC 4291, 2.5.5.2: `::ffff:192.0.2.1`).

    `[::]:80`, and `ListenStream=80` of a socket unit, take both; who is believed, and who is logged, is one
    and the same host.
    """
    return host[7:] if host.startswith("::ffff:") and "." in host else host
