"""One request of an ASGI application, as logs and hooks want to know it; a wrapper that takes it down.

What they know is a WSGI request's environ, so a scope is told in its words.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

from wsgid.protocol.refusal import Refusal
from wsgid.protocol.response import FAILURE
from wsgid.workers.loop_exchange import LoopExchange, add_field, status_line
from wsgid.workers.records import make_report, tell_overlong

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from wsgid.workers.forwarded import ForwardedReader
    from wsgid.workers.green_cells import GreenCells
    from wsgid.workers.library_logs import LibraryLogs
    from wsgid.workers.records import RefusalLog

    Scope = Mapping[str, Any]
    Message = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

_FAILED: Final = b"Internal Server Error"


class AsgiExchange(LoopExchange):
    """One request and its response; or one WebSocket, from its handshake to its end."""

    __slots__ = ("is_counted", "is_failure", "is_late", "is_over", "is_started")

    def __init__(self, environ: dict[str, Any], began: float) -> None:
        super().__init__(environ, began)
        self.is_started = False
        self.is_over = False
        self.is_late = False
        # Whether the answer says that something failed; whether that has been counted.
        self.is_failure = False
        self.is_counted = False

    def take(self, message: Message) -> None:
        """Take down what goes to the client."""
        match message["type"]:
            case "http.response.body" | "websocket.http.response.body":
                if self.environ["REQUEST_METHOD"] != "HEAD":
                    self.sent += len(message.get("body", b""))
                self.is_over = not message.get("more_body", False)
            case "http.response.start" | "websocket.http.response.start":
                self._start(message["status"], message.get("headers", ()))
            case "websocket.send":
                data = message.get("bytes")
                self.sent += len(message["text"].encode() if data is None else data)
            case "websocket.accept":
                self._start(101, message.get("headers", ()))
            case "websocket.close" if not self.is_started:
                self._start(403, ())

    def _start(self, code: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.is_started = True
        self.is_failure = code >= FAILURE
        self.status = status_line(code)
        self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


# A WebSocket's schemes are those of its handshake.
_PLAIN_SCHEMES: Final = {"ws": "http", "wss": "https"}
_SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss"}


def with_forwarded(scope: Scope, reader: ForwardedReader) -> Scope:
    """Return a scope with what a believed proxy says of the request in it. Raises Refusal."""
    client = scope.get("client")
    scheme: str = scope["scheme"]
    told = reader.read(
        None if client is None else client[0],
        _PLAIN_SCHEMES.get(scheme, scheme),
        scope["path"],
        ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
    )
    if told is None:
        return scope
    changed = {**scope, "scheme": _SOCKET_SCHEMES[told.scheme] if scheme in _PLAIN_SCHEMES else told.scheme}
    if told.address is not None and (client is None or told.address != client[0]):
        changed["client"] = (told.address, int(told.port or 0))
    if told.host is not None:
        rest = [(name, value) for name, value in scope["headers"] if name != b"host"]
        changed["headers"] = [(b"host", told.host.encode("latin-1")), *rest]
    changed["root_path"] = scope["root_path"] + told.script
    return changed


def environ_of(scope: Scope) -> dict[str, Any]:
    """Return what of a request an environ would say, as far as it is looked at when the request is over."""
    query = scope["query_string"].decode("latin-1")
    target = scope.get("raw_path", b"").decode("latin-1")
    client = scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "RAW_URI": f"{target}?{query}" if query else target,
        "PATH_INFO": scope["path"],
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.url_scheme": scope["scheme"],
    }
    if client is not None:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        add_field(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


class Recorder:
    """An ASGI application around another one."""

    def __init__(
        self,
        app: AsgiApplication,
        cells: GreenCells,
        log: logging.Logger,
        logs: LibraryLogs,
        *,
        forwarded: ForwardedReader,
        refusals: RefusalLog,
        record: Callable[[AsgiExchange], None] | None,
        before: Callable[[dict[str, Any]], None] | None,
        after: Callable[[], None],
        failed: Callable[[], None],
        request_timeout: float,
    ) -> None:
        """`before` is told of each request before the application is, `after` that it is over.

        `failed` is called once for each whose answer is a failure, or that is cut.
        """
        self._app: Final = app
        self._cells: Final = cells
        self._log: Final = log
        self._report: Final = make_report(log)
        self._logs: Final = logs
        self._forwarded: Final = forwarded
        self._refusals: Final = refusals
        self._record: Final = record
        self._before: Final = before
        self._after: Final = after
        self._failed: Final = failed
        self._request_timeout: Final = request_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or let the application live (lifespan)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        now = monotonic()
        try:
            scope = with_forwarded(scope, self._forwarded)
        except Refusal as refusal:
            await self._refuse(scope, send, refusal, now)
            return
        environ = environ_of(scope)
        exchange = AsgiExchange(environ, now)
        line = f"{environ['REQUEST_METHOD']} {environ['RAW_URI']} ".encode("latin-1", "replace")
        cell = self._cells.take()
        cell.begin(now, line, environ.get("REMOTE_ADDR", "").encode())

        async def taken(message: Message) -> None:
            exchange.take(message)
            if exchange.is_failure and not exchange.is_counted:
                self._count(exchange)
            await send(message)
            if exchange.is_over and not exchange.ended:
                self._over(exchange)

        clock = None
        if self._request_timeout:
            task = asyncio.current_task()
            assert task is not None
            clock = asyncio.get_running_loop().call_later(self._request_timeout, _cut, task, exchange)
        try:
            if self._before is not None:
                self._before(environ)
            await self._app(scope, receive, taken)
        except asyncio.CancelledError as error:
            if not exchange.is_late:
                self._logs.told = error  # cut off at the worker's end, which is told there
                raise
            await self._end_late(exchange, taken, error)
        except BaseException as error:
            self._logs.told = error
            self._report(cast("Any", exchange), "the application failed", error)
            if not exchange.is_counted:
                self._count(exchange)
            raise
        finally:
            if clock is not None:
                clock.cancel()
            cell.end()
            self._cells.give_back(cell)
            if not exchange.ended:
                self._over(exchange)
            self._after()

    def _over(self, exchange: AsgiExchange) -> None:
        exchange.ended = monotonic()
        if self._record is not None:
            self._record(exchange)

    def _count(self, exchange: AsgiExchange) -> None:
        exchange.is_counted = True
        self._failed()

    async def _end_late(self, exchange: AsgiExchange, send: Send, error: BaseException) -> None:
        """Answer in the application's stead, if it has not begun; else the connection ends."""
        environ = exchange.environ
        duration_s = monotonic() - exchange.began
        tell_overlong(self._log, environ, duration_s, self._request_timeout, "it alone is ended", error)
        self._logs.told = error
        if exchange.is_started or environ["wsgi.url_scheme"] in _PLAIN_SCHEMES:
            if not exchange.is_counted:
                self._count(exchange)
            raise error
        await _answer(send, 500, _FAILED)

    async def _refuse(self, scope: Scope, send: Send, refusal: Refusal, now: float) -> None:
        """Answer what a proxy says and contradicts."""
        self._refusals.write(refusal, environ_of(scope), now)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await _answer(send, refusal.status, refusal.reason.encode())


async def _answer(send: Send, status: int, body: bytes) -> None:
    """Answer in the application's stead; it is the connection's last answer."""
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", b"text/plain"), length, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _cut(task: asyncio.Task[Any], exchange: AsgiExchange) -> None:
    exchange.is_late = True
    task.cancel()
