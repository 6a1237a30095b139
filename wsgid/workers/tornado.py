"""The server of Tornado's applications: Tornado's own HTTP server, under our life cycle (loop_life.py).

`tornado` below is the library: imports are absolute, so none of them finds this module. A WSGI application is
served as well, one request at a time, for Tornado has no other way; any other kind serves it better.
"""

from __future__ import annotations

import asyncio
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, SSLIOStream
from tornado.web import Application
from tornado.wsgi import WSGIContainer

from wsgid.apps.loader import look_at
from wsgid.net.address import plain_host
from wsgid.protocol.refusal import Refusal
from wsgid.protocol.response import FAILURE
from wsgid.workers.forwarded import ForwardedReader
from wsgid.workers.green_cells import GreenCells
from wsgid.workers.library_logs import lead
from wsgid.workers.loop_exchange import LoopExchange, add_field, status_line
from wsgid.workers.loop_life import LoopLife
from wsgid.workers.records import RefusalLog, tell_overlong

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from wsgid.net.listener import Listener
    from wsgid.workers.context import WorkerContext

# RFC 6455, 7.4.1; registered later: "Service Restart".
_RESTART: Final = 1012

# What Tornado says of whoever asks by a Unix socket.
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104  nobody listens there


class TornadoServer:
    """Serves the connections of one worker with Tornado."""

    speaks_tls = True

    def __init__(self, context: WorkerContext) -> None:
        """Prepare; the application is loaded."""
        settings = context.settings
        self.context: Final = context
        self._loop: Final = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        lead("tornado", context.log)
        self.cells: Final = GreenCells(context.row, _go_on)
        app: Any = context.app
        if isinstance(app, Application):
            # The access log has its line from us.
            app.settings.setdefault("log_function", _go_on_from)
        else:
            app = WSGIContainer(look_at(app, str(settings.app)))
            context.log.warning(
                'WSGI application `%s` under worker_class "tornado": it is served one request at a time;'
                ' "sync" with `threads`, or "gevent", serve it better',
                settings.app,
            )
        self._http: Final = _HttpServer(
            app, idle_connection_timeout=settings.keepalive, no_keep_alive=not settings.keepalive
        )
        self._http.owner = self
        self.forwarded: Final = ForwardedReader(settings, mounts=False)
        self.refusals: Final = RefusalLog(context.log)
        self.life: Final = LoopLife(context, self._loop, self, self.refusals)
        # In the order in which they came.
        self._streams: Final[dict[_Stream | _SecureStream, None]] = {}
        # What is being done.
        self.requests: Final[set[_Request]] = set()

    def serve(self) -> None:
        """Serve until the worker retires and every connection has ended."""
        self.life.run()

    # Library

    def enter(self, sock: socket.socket, _: Listener) -> None:
        """Serve a connection that was accepted."""
        try:
            name: Any = sock.getpeername()
        except OSError:  # the client has gone
            sock.close()
            return
        if sock.family == socket.AF_INET6:
            name = (plain_host(name[0]), *name[1:])
        tls = self.context.tls
        stream = _Stream(sock, self) if tls is None else _SecureStream(sock, self, tls)
        self._streams[stream] = None
        self._http.handle_stream(stream, name)

    def on_close(self, stream: _Stream | _SecureStream) -> None:
        """Take in that a connection has ended."""
        self._streams.pop(stream, None)
        for request in [one for one in self.requests if one.stream is stream]:
            request.end()
        self.life.fewer()

    def count(self) -> int:
        return len(self._streams)

    def is_idle(self) -> bool:
        return not self.requests

    def find_room(self) -> Callable[[], None] | None:
        idle = next(iter(self._idle()), None)
        return None if idle is None else idle.close

    def begin_end(self) -> None:
        self._http.conn_params.no_keep_alive = True
        for request in list(self.requests):
            request.say_goodbye()

    def close_idle(self) -> None:
        for stream in self._idle():
            stream.close()

    def _idle(self) -> list[_Stream | _SecureStream]:
        busy = {request.stream for request in self.requests}
        return [stream for stream in self._streams if stream not in busy]

    def cancel(self) -> int:
        count = len(self.requests)
        for stream in list(self._streams):
            stream.close()
        return count

    async def end(self) -> None:
        """Do nothing: Tornado has no word for an application's end."""


class _Ends:
    """A deadline for the first head of a stream, and who is told of its end."""

    def __init__(self, stream: _Stream | _SecureStream, owner: TornadoServer) -> None:
        self._stream = stream
        self._owner = owner
        self._origin: tuple[str, str] | None = None
        timeout_s = owner.context.settings.header_timeout
        self._deadline = asyncio.get_event_loop().call_later(timeout_s, stream.close)

    def on_head(self) -> None:
        """Take in that the first head is there; Tornado has a deadline for each after it."""
        self._deadline.cancel()

    def origin(self, context: Any) -> tuple[str, str]:
        """Return who the connection is from, and its scheme, whatever was said of its last request."""
        if self._origin is None:
            self._origin = (context.remote_ip, context.protocol)
        return self._origin

    def on_close(self) -> None:
        self._deadline.cancel()
        self._owner.on_close(self._stream)


class _Stream(IOStream):
    """Tornado's, which tells of its end."""

    def __init__(self, sock: socket.socket, owner: TornadoServer) -> None:
        super().__init__(sock)
        self.ends = _Ends(self, owner)

    def close_fd(self) -> None:
        super().close_fd()
        self.ends.on_close()


class _SecureStream(SSLIOStream):
    """The same with TLS; the handshake is a part of the first head's time."""

    def __init__(self, sock: socket.socket, owner: TornadoServer, tls: ssl.SSLContext) -> None:
        super().__init__(
            tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False)
        )
        self.ends = _Ends(self, owner)

    def close_fd(self) -> None:
        super().close_fd()
        self.ends.on_close()


class _HttpServer(HTTPServer):
    """Tornado's, with an ear at every request."""

    owner: TornadoServer

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        request = _Request(self.owner, request_conn)
        request.inner = super().start_request(server_conn, cast("Any", request.answer))
        return request


class _Request(HTTPMessageDelegate):
    """A request, on its way from the connection to the application."""

    def __init__(self, owner: TornadoServer, connection: Any) -> None:
        self._owner = owner
        self._connection = connection
        self.answer = _Answer(self, connection)
        self.stream = connection.stream
        self.inner: HTTPMessageDelegate = HTTPMessageDelegate()
        self.exchange: LoopExchange | None = None
        self._cell: Any = None
        self._clock: asyncio.TimerHandle | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        owner, context = self._owner, self._owner.context
        self.stream.ends.on_head()
        now = monotonic()
        line = cast("RequestStartLine", start_line)
        self._hear_proxy(line, headers)
        environ = _environ_of(line, headers, self._connection.context)
        self.exchange = LoopExchange(environ, now)
        self._cell = owner.cells.take()
        peer = str(environ.get("REMOTE_ADDR", "")).encode()
        self._cell.begin(now, f"{line.method} {line.path} ".encode("latin-1", "replace"), peer)
        owner.requests.add(self)
        if context.settings.request_timeout:
            loop = asyncio.get_event_loop()
            self._clock = loop.call_later(context.settings.request_timeout, self._on_late)
        if context.before_request is not None:
            context.before_request(environ)
        return self.inner.headers_received(start_line, headers)

    def _hear_proxy(self, line: RequestStartLine, headers: HTTPHeaders) -> None:
        """Take a believed proxy's word for who asks, and for what."""
        context = self._connection.context
        # The request before it on this connection may have been somebody else's.
        context.remote_ip, context.protocol = self.stream.ends.origin(context)
        peer = None if context.address_family == socket.AF_UNIX else context.remote_ip
        try:
            told = self._owner.forwarded.read(peer, context.protocol, line.path, headers.get_all())
        except Refusal as refusal:
            environ = _environ_of(line, headers, context)
            self._owner.refusals.write(refusal, environ, monotonic())
            raise HTTPInputError(refusal.detail) from refusal
        if told is not None:
            context.protocol = told.scheme
            if told.address is not None:
                context.remote_ip = told.address
            if told.host is not None:
                headers["Host"] = told.host

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self.inner.data_received(chunk)

    def finish(self) -> None:
        self.inner.finish()

    def on_connection_close(self) -> None:
        self.inner.on_connection_close()
        self.end()

    def end(self) -> None:
        """Write down what came of it; once."""
        owner, exchange = self._owner, self.exchange
        if exchange is None or self not in owner.requests:
            return
        owner.requests.discard(self)
        if self._clock is not None:
            self._clock.cancel()
        self._cell.end()
        owner.cells.give_back(self._cell)
        exchange.ended = monotonic()
        if owner.context.record is not None:
            owner.context.record(cast("Any", exchange))
        owner.life.served(owner.cells.begun)

    def note_failure(self) -> None:
        """Count this request as failed."""
        self._owner.context.row.note_failure()

    def say_goodbye(self) -> None:
        """Close a WebSocket: it would stay until its client goes."""
        inner: Any = self.inner
        while (delegate := getattr(inner, "delegate", None)) is not None:
            inner = delegate  # a router, and perhaps a router in it
        handler: Any = getattr(inner, "handler", None)
        if getattr(handler, "ws_connection", None) is not None:
            handler.close(_RESTART, "the server restarts")

    def _on_late(self) -> None:
        exchange = self.exchange
        assert exchange is not None
        context = self._owner.context
        tell_overlong(
            context.log,
            exchange.environ,
            monotonic() - exchange.began,
            context.settings.request_timeout,
            "its connection is closed",
        )
        self.note_failure()
        self.stream.close()


class _Answer:
    """The connection as the application sees it; what goes out is noted, all else is Tornado's."""

    def __init__(self, request: _Request, connection: Any) -> None:
        self._request = request
        self._connection = connection

    def write_headers(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Any:
        exchange = self._request.exchange
        assert exchange is not None
        if start_line.code >= 200 or start_line.code == 101:  # noqa: PLR2004  what is below goes before an answer
            exchange.status = status_line(start_line.code)
            if start_line.code >= FAILURE:
                self._request.note_failure()
            exchange.headers = list(headers.get_all())
        self._count(chunk)
        return self._connection.write_headers(start_line, headers, chunk)

    def write(self, chunk: bytes) -> Any:
        self._count(chunk)
        return self._connection.write(chunk)

    def finish(self) -> None:
        self._connection.finish()
        exchange = self._request.exchange
        # A WebSocket's request lasts as long as its connection.
        if exchange is None or not exchange.status.startswith("101"):
            self._request.end()

    def _count(self, chunk: bytes | None) -> None:
        exchange = self._request.exchange
        if chunk and exchange is not None and exchange.environ["REQUEST_METHOD"] != "HEAD":
            exchange.sent += len(chunk)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _environ_of(line: RequestStartLine, headers: HTTPHeaders, context: Any) -> dict[str, Any]:
    path, _, query = line.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": line.method,
        "RAW_URI": line.path,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": line.version,
        "wsgi.url_scheme": context.protocol,
    }
    if context.remote_ip != _NO_ADDRESS:
        environ["REMOTE_ADDR"] = context.remote_ip
    for name, value in headers.get_all():
        add_field(environ, name, value)
    return environ


def _go_on() -> None:
    """Do nothing: a coroutine that waits gives way by itself."""


def _go_on_from(_: object) -> None:
    """Do nothing, likewise."""
