"""The server of ASGI applications: uvicorn's protocols and lifespan, under our life cycle (loop_life.py).

`uvicorn.Server` itself is left out but for what it adds to each answer (the date): it would catch signals,
raise them again at its end, and accept all that there is.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from wsgid.errors import ApplicationError
from wsgid.net.address import plain_host
from wsgid.workers.asgi_exchange import Recorder
from wsgid.workers.forwarded import ForwardedReader
from wsgid.workers.green_cells import GreenCells
from wsgid.workers.library_logs import lead
from wsgid.workers.loop_life import LoopLife
from wsgid.workers.records import RefusalLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn.server import ServerState

    from wsgid.net.listener import Listener
    from wsgid.workers.context import WorkerContext

# Its date changes once a second.
_SECOND_S: Final = 1.0

_TOO_LATE: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: text/plain\r\n"
    b"content-length: 15\r\n\r\nRequest Timeout"
)


class AsgiServer:
    """Serves the connections of one worker with uvicorn's protocols."""

    speaks_tls = True

    def __init__(self, context: WorkerContext) -> None:
        """Start the application (lifespan); raises ApplicationError."""
        settings = context.settings
        self._context: Final = context
        self._cells: Final = GreenCells(context.row, _go_on)
        self._logs: Final = lead("uvicorn.error", context.log)
        refusals = RefusalLog(context.log)
        recorder = Recorder(
            cast("Any", context.app),
            self._cells,
            context.log,
            self._logs,
            forwarded=ForwardedReader(settings, mounts=True),
            refusals=refusals,
            record=cast("Any", context.record),
            before=context.before_request,
            after=self._on_over,
            failed=context.row.note_failure,
            request_timeout=settings.request_timeout,
        )
        self._config: Final = uvicorn.Config(
            recorder,
            lifespan=settings.asgi_lifespan,
            interface="asgi3",
            log_config=None,
            access_log=False,
            # Whom to believe, and what of it, is said by our settings (forwarded.py).
            proxy_headers=False,
            root_path=settings.root_path,
            timeout_keep_alive=cast("int", settings.keepalive),  # it goes to call_later
        )
        factory = self._config.get_loop_factory()
        self._loop: Final = asyncio.new_event_loop() if factory is None else factory()
        asyncio.set_event_loop(self._loop)
        self._config.load()
        self._server: Final = uvicorn.Server(self._config)
        self._state: Final[ServerState] = self._server.server_state
        self._lifespan: Final = self._config.lifespan_class(self._config)
        self._start_application()
        self.life: Final = LoopLife(context, self._loop, self, refusals)
        self._header_timeout: Final = settings.header_timeout
        # Connections that are accepted and have no protocol yet.
        self._coming: Final[set[asyncio.Task[Any]]] = set()
        # Connections that know that the end has begun: a WebSocket takes it ill to be told twice.
        self._told: Final[set[Any]] = set()

    def serve(self) -> None:
        """Serve until the worker retires and every connection has ended."""
        self._loop.call_soon(self._renew_date)
        self.life.run()

    def _start_application(self) -> None:
        with self._logs as said:
            self._loop.run_until_complete(self._lifespan.startup())
        if self._lifespan.should_exit:
            why = "\n".join(said)
            raise ApplicationError(
                f"application `{self._context.settings.app}`: its lifespan startup failed\n{why}"
            )

    def _renew_date(self) -> None:
        self._loop.create_task(self._server.on_tick(0))
        self._loop.call_later(_SECOND_S, self._renew_date)

    def _on_over(self) -> None:
        self.life.served(self._cells.begun)

    # Library

    def enter(self, sock: socket.socket, _: Listener) -> None:
        """Serve a connection that was accepted."""
        coming = self._loop.connect_accepted_socket(
            partial(_Connection, self),
            sock,
            ssl=self._context.tls,
            ssl_handshake_timeout=None if self._context.tls is None else self._header_timeout,
        )
        task = self._loop.create_task(coming)
        self._coming.add(task)
        task.add_done_callback(self._on_come)

    def _on_come(self, task: asyncio.Task[Any]) -> None:
        self._coming.discard(task)
        if not task.cancelled():
            task.exception()  # a client that has gone by now is no event

    def new_protocol_arguments(self) -> dict[str, Any]:
        """Return what uvicorn gives to each of its protocols."""
        return {"config": self._config, "server_state": self._state, "app_state": self._lifespan.state}

    def count(self) -> int:
        return len(self._state.connections) + len(self._coming)

    def is_idle(self) -> bool:
        return not self._state.tasks

    def find_room(self) -> Callable[[], None] | None:
        idle: Any = [one for one in self._state.connections if _is_idle(one)]
        # One that was answered comes again if it likes; one that is new has asked for nothing yet.
        idle = next((one for one in idle if one.cycle is not None), next(iter(idle), None))
        return None if idle is None else cast("Callable[[], None]", idle.shutdown)

    def begin_end(self) -> None:
        for connection in list(self._state.connections):
            # A request that is on its way is answered; a WebSocket is told at once (1012), and comes again
            # elsewhere.
            if connection not in self._told and not _is_idle(connection):
                self._told.add(connection)
                connection.shutdown()

    def close_idle(self) -> None:
        for coming in list(self._coming):
            coming.cancel()  # it has not even shaken hands
        for connection in list(self._state.connections):
            if _is_idle(connection):
                connection.shutdown()

    def cancel(self) -> int:
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        return len(tasks)

    async def end(self) -> None:
        await self._lifespan.shutdown()

    @property
    def header_timeout(self) -> float:
        return self._header_timeout


class _Connection(HttpToolsProtocol):
    """uvicorn's, with a deadline for the head of each request, and counted from its first moment."""

    def __init__(self, server: AsgiServer) -> None:
        super().__init__(**server.new_protocol_arguments())
        self._owner = server
        self._deadline: asyncio.TimerHandle | None = None
        self._has_octets = False

    @property
    def is_idle(self) -> bool:
        """Whether it asks for nothing."""
        cycle: Any = self.cycle  # None before the first, whatever its type says
        return cycle is None or bool(cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self.client is None and transport.get_extra_info("socket").family != socket.AF_UNIX:
            # The client has gone; what it has sent would be taken for a proxy's at a Unix socket.
            transport.abort()
            return
        if self.client is not None:
            self.client = (plain_host(self.client[0]), self.client[1])
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        self._has_octets = True
        if self.is_idle and self._deadline is None:
            self._expect_head()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._forget_deadline()
            self._has_octets = False

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._owner.life.leaving.is_draining and self.cycle is not None:
            # The last answer says so (RFC 9112, 9.6).
            self.cycle.keep_alive = False

    def handle_websocket_upgrade(self) -> None:
        self._forget_deadline()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)
        self._owner.life.fewer()

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(self._owner.header_timeout, self._on_late)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_late(self) -> None:
        if self._has_octets:
            self.transport.write(_TOO_LATE)
        self.transport.close()


def _is_idle(connection: Any) -> bool:
    return isinstance(connection, _Connection) and connection.is_idle


def _go_on() -> None:
    """Do nothing: a coroutine that sends gives way by itself."""
