"""All that a server is given by the process it runs in."""

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wsgid.config.settings import Settings
from wsgid.metrics.scoreboard import Row, Scoreboard
from wsgid.net.listener import Listener
from wsgid.workers.records import Record, make_report
from wsgid.workers.stacks import format_stacks
from wsgid.wsgi.exchange import Application, Surroundings

if TYPE_CHECKING:
    import ssl


@dataclass(slots=True)
class WorkerContext:
    """One worker, seen by its server."""

    settings: Settings
    listeners: tuple[Listener, ...]
    # What all TLS connections share; None: clients speak plain HTTP.
    tls: "ssl.SSLContext | None"
    app: Application
    log: logging.Logger
    # Told of each request that comes, if a hook wants to know; an `app` of WSGI does so itself.
    before_request: Callable[[dict[str, Any]], None] | None
    # What is told of each exchange that is over, if anybody wants to know.
    record: Callable[[Record], None] | None
    scoreboard: Scoreboard
    row: Row
    # Both ends of the pair on which connections travel between workers.
    handover: tuple[socket.socket, socket.socket] | None
    # Readable when a signal arrived, or the arbiter is gone: then tick() is due.
    wake: set[int]
    # Reads what woke us.
    on_wake: Callable[[], None]
    # Hears signals, from now on, or again: the loop of a library may have taken them over.
    hear: Callable[[], None]
    # Tells the arbiter to start a replacement.
    announce_worn: Callable[[], None]
    # Called with each beat, by whoever beats: about once a second.
    on_beat: Callable[[], None]
    # What this worker is doing, for whoever asks, and for its last words: a server whose loop serves many at
    # a time knows more than the stacks of threads.
    stacks: Callable[[], str] = format_stacks
    # Set by tick(): finish what was begun, and return from serve().
    retiring: bool = field(default=False)
    # Set by tick(): the arbiter is gone, and with it whoever would start another worker.
    orphaned: bool = field(default=False)

    @property
    def is_last(self) -> bool:
        """Whether nobody takes over what this worker leaves: the server stops, or its successors cannot."""
        return self.scoreboard.stopping or self.orphaned or not self.scoreboard.has_heirs

    @property
    def is_succeeded(self) -> bool:
        """Whether another server listens where this one does, and takes what waits there."""
        return self.scoreboard.is_succeeded

    def surroundings(self) -> Surroundings:
        """Make what all exchanges of this worker have in common."""
        settings = self.settings
        around = Surroundings(
            self.app,
            make_report(self.log),
            self.record,
            settings.server_header,
            sendfile=settings.sendfile,
            failed=self.row.note_failure,
        )
        around.closes = not settings.keepalive
        return around

    def tick(self, now: float) -> None:
        """Act on signals, and say that the worker lives; `now` is `time.monotonic()`."""
        self.on_wake()
        self.row.beat(now)
        self.on_beat()
