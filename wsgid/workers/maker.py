"""How the connection of a socket is made: as the settings say, and as its peer or another worker tells."""

import socket
import sys
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final

from wsgid.config.settings import Settings
from wsgid.net.address import plain_host
from wsgid.net.listener import Listener
from wsgid.protocol.http1 import Limits, Request, RequestParser
from wsgid.workers.connection import Connection, State, wait_in_thread
from wsgid.workers.handover import Handed
from wsgid.workers.peers import Peers, introduce
from wsgid.workers.relay import CAN_RELAY
from wsgid.workers.takeover import Takeover
from wsgid.wsgi.body import RequestBody, Spool, StreamedBody
from wsgid.wsgi.environ import boot_environ, connection_environ

if TYPE_CHECKING:
    import ssl


# What accept(2) gives: host and port; of IPv6 there is more.
_OF_IPV4: Final = 2


class ConnectionMaker:
    """Makes connections as the settings say."""

    __slots__ = (
        "_boot_environ",
        "_header_timeout",
        "_introduce",
        "_limits",
        "_make_body",
        "_on_take",
        "_peers",
        "_secure",
        "_send_timeout",
        "_spool",
        "_wait",
    )

    def __init__(
        self,
        settings: Settings,
        spool: Spool,
        tls: "ssl.SSLContext | None",
        *,
        buffering: bool,
        multithread: bool,
        wait: Callable[[int, int, float], bool] = wait_in_thread,
        on_take: Callable[[Connection], None],
    ) -> None:
        """Decide once what would otherwise be asked for each connection; with `tls` clients speak TLS."""
        self._secure = None
        if tls is not None:
            # Lazy on purpose: ssl is for those who speak it.
            from wsgid.workers.secure import SecureSocket  # noqa: PLC0415

            self._secure = partial(SecureSocket, context=tls)
        self._limits = Limits(
            settings.limit_request_line,
            settings.limit_request_fields,
            settings.limit_request_field_size,
            settings.limit_request_body,
        )
        self._peers = Peers(settings)
        self._introduce = self._peers.introduce
        # Once, for a connection asks for it whenever it is made.
        self._make_body: Callable[[Request], RequestBody | StreamedBody] = (
            self._make_buffered if buffering else _make_streamed
        )
        self._header_timeout = settings.header_timeout or inf
        self._send_timeout = settings.send_timeout or inf
        self._spool = spool
        self._wait = wait
        self._on_take = on_take
        self._boot_environ = boot_environ(
            multithread=multithread, multiprocess=settings.workers > 1, errors=sys.stderr
        )

    def make(
        self, sock: socket.SocketType, server: tuple[str, str], peer: tuple[str, int] | None, now: float
    ) -> Connection:
        """Make the connection of a socket that does not block; its first head is due from now on."""
        environ = connection_environ(self._boot_environ, server, peer)
        keys, forwarding, octets = self._peers.hearing(None if peer is None else peer[0])
        parser = RequestParser(self._limits, keys, self._make_body, environ, forwarding, octets)
        deadline = now + self._header_timeout
        connection = Connection(
            sock, parser, environ, peer, deadline, self._spool, self._send_timeout, self._wait
        )
        # Else it would seem to have stood still for longest, and be the first to make room.
        connection.since = now
        connection.takeover = environ["gunicorn.socket"] = Takeover(connection, self._on_take)
        return connection

    def welcome(self, sock: socket.SocketType, address: Any, listener: Listener, now: float) -> Connection:
        """Make the connection of a socket that was just accepted, from whoever has this address."""
        peer: tuple[str, int] | None
        if not isinstance(address, tuple):
            peer = None
        elif len(address) == _OF_IPV4:
            peer = address
        else:
            peer = plain_host(address[0]), address[1]
        connection = self.make(sock, _server_of(listener, sock), peer, now)
        if self._secure is not None:
            self.expect_tls(connection)
        if self._introduce:
            self.expect_preamble(connection)
        return connection

    def resume(self, handed: Handed, now: float) -> Connection | None:
        """Make a connection that another worker has passed on; None where it wants TLS and we speak none."""
        connection = self.make(handed.sock, handed.server, handed.peer, now)
        if handed.is_secure and not self.expect_tls(connection):
            # A reload has just taken TLS away.
            connection.close()
            return None
        if handed.told is None:
            self.expect_preamble(connection)
        else:
            self.introduce(connection, handed.told)
        if handed.request is not None:
            fields = handed.request.environ
            environ = handed.request.environ = {**connection.environ, **fields}
            for name in handed.left_out:
                environ.pop(name, None)
            connection.parser.see(environ)
        connection.requests = 0 if handed.is_secure else 1
        connection.parser.rest = handed.rest
        return connection

    def expect_tls(self, connection: Connection) -> bool:
        """Have a client shake hands first, where the settings want that; False: they do not."""
        if self._secure is None:
            return False
        connection.speak_tls(self._secure(connection.raw))
        if not CAN_RELAY:
            # The socket alone would speak plain text, and the keys are ours.
            connection.environ.pop("gunicorn.socket", None)
            connection.takeover = None
        connection.environ["wsgi.url_scheme"] = "https"
        connection.environ["HTTPS"] = "on"
        return True

    def expect_preamble(self, connection: Connection) -> None:
        """Have a proxy say first for whom a connection is, where the settings want that."""
        connection.preamble = self._peers.preamble(None if connection.peer is None else connection.peer[0])
        if connection.preamble is not None:
            connection.state = State.PREAMBLE

    def introduce(self, connection: Connection, told: dict[str, str]) -> None:
        """Take what a proxy told for the truth: this client, in its stead, is believed or not."""
        connection.preamble = None
        connection.told = told
        connection.state = State.FRESH if connection.secure is None else State.HANDSHAKE
        if told:
            introduce(connection.environ, told)
            connection.parser.close()
            keys, forwarding, octets = self._peers.hearing(connection.environ["REMOTE_ADDR"])
            connection.parser = RequestParser(
                self._limits, keys, self._make_body, connection.environ, forwarding, octets
            )

    def _make_buffered(self, _: Request) -> RequestBody:
        return RequestBody(self._spool)


def _make_streamed(_: Request) -> StreamedBody:
    return StreamedBody()


def _server_of(listener: Listener, sock: socket.SocketType) -> tuple[str, str]:
    """SERVER_NAME and SERVER_PORT: the listener's; where it listens everywhere, the address reached."""
    if listener.host in {"0.0.0.0", "::"}:  # noqa: S104 - it is compared, not bound
        try:
            name = sock.getsockname()
        except OSError:
            return listener.host, str(listener.port)
        return plain_host(name[0]), str(name[1])
    return listener.host, str(listener.port)
