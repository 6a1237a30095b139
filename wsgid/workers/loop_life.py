"""A worker on an asyncio loop: its heartbeat, its signals, its listeners, its end. For asgi and tornado.

What serves the connections is a library's; it is given each as it is accepted (`Library`).
"""

# Rule 1: all of it runs in the loop's thread, so nothing here locks, and a loop that stands writes no beat:
#         that is what `timeout` judges for these kinds.
# Rule 2: one connection is accepted a turn, as everywhere: the next one may well be another worker's.

from __future__ import annotations

import asyncio
import socket
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, cast

from wsgid.net.accepting import accept
from wsgid.net.closing import close_copy, is_over
from wsgid.workers.heartbeat import beat_every
from wsgid.workers.leaving import Leaving
from wsgid.workers.shortage import Shortage

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.net.listener import Listener
    from wsgid.workers.context import WorkerContext
    from wsgid.workers.records import RefusalLog

# While connections end, they are counted so often.
_LOOK_S: Final = 0.02

# Of graceful_timeout, for what the application does when it is told of its end; at most so much.
_LAST_PART: Final = 0.2
_LAST_S: Final = 2.0


class Library(Protocol):
    """What serves connections."""

    def enter(self, sock: socket.socket, listener: Listener) -> None:
        """Serve a connection that was accepted."""

    def count(self) -> int:
        """Return how many connections are open."""

    def find_room(self) -> Callable[[], None] | None:
        """Return what closes the connection that is missed least, if there is one."""

    def is_idle(self) -> bool:
        """Say whether nothing is being done for anybody, connections or none."""

    def begin_end(self) -> None:
        """Let each connection end with its next answer, and those without an end soon; called twice."""

    def close_idle(self) -> None:
        """Close the connections that ask for nothing."""

    def cancel(self) -> int:
        """End what is still being done, for there is no more time; gives how many requests that was."""

    async def end(self) -> None:
        """Tell the application."""


class LoopLife:
    """Serves until the worker retires."""

    def __init__(
        self,
        context: WorkerContext,
        loop: asyncio.AbstractEventLoop,
        library: Library,
        refusals: RefusalLog,
    ) -> None:
        settings = context.settings
        self._context: Final = context
        self._loop: Final = loop
        self._library: Final = library
        self._refusals: Final = refusals
        self._bound: Final = settings.worker_connections
        self._graceful_timeout: Final = settings.graceful_timeout
        self._beat_every: Final = beat_every(settings.timeout)
        self.leaving: Final = Leaving(
            settings.max_requests, settings.max_requests_jitter, settings.graceful_timeout
        )
        self._shortage: Final = Shortage(context.log)
        self._is_listening = False
        self._heard: set[int] = set()
        self._end: asyncio.Task[None] | None = None
        context.row.mark_loop(self._beat_every)

    def run(self) -> None:
        """Serve; returns when every connection has ended."""
        self._loop.call_soon(self._begin)
        self._loop.run_forever()
        if self._end is not None and not self._end.cancelled() and (error := self._end.exception()):
            raise error

    def served(self, requests: int) -> None:
        """Order a replacement in time; called with the number of requests at the end of each."""
        if self.leaving.is_worn(requests):
            self._context.announce_worn()

    def fewer(self) -> None:
        """Take in that a connection has ended."""
        if not self._is_listening and self._end is None and self._library.count() < self._bound:
            self._listen()

    def _begin(self) -> None:
        # A loop such as uvloop's takes the signals over when it begins to run.
        self._context.hear()
        for fd in self._context.wake:
            self._loop.add_reader(fd, self._tick)
            self._heard.add(fd)
        self._listen()
        self._beat()

    def _beat(self) -> None:
        self._tick()
        self._refusals.tick(monotonic())
        self._loop.call_later(self._beat_every, self._beat)
        # Where the system was out of descriptors, it may have some again.
        self.fewer()

    def _tick(self) -> None:
        self._context.tick(monotonic())
        self._context.row.connections = self._library.count()
        for fd in self._heard - self._context.wake:
            self._loop.remove_reader(fd)
            self._heard.discard(fd)
        if self._context.retiring and self._end is None:
            self._end = self._loop.create_task(self._drain())
            self._end.add_done_callback(lambda _: self._loop.stop())

    # Listening

    def _listen(self) -> None:
        self._is_listening = True
        for listener in self._context.listeners:
            self._loop.add_reader(listener.socket.fileno(), partial(self._accept, listener))

    def _ignore(self) -> None:
        if not self._is_listening:
            return
        self._is_listening = False
        for listener in self._context.listeners:
            self._loop.remove_reader(listener.socket.fileno())

    def _accept(self, listener: Listener) -> bool | None:
        """Accept one connection; False if there was none, None if it has to wait."""
        make_room = None
        if self._library.count() >= self._bound:
            make_room = self._library.find_room()
            if make_room is None and self._end is None:
                self._ignore()
                return None
        try:
            accepted = accept(listener, socket.socket)
        except OSError as error:
            self._ignore()
            self._shortage.tell(error, monotonic())
            return None
        if accepted is None:
            return False
        if make_room is not None:
            # Not before: who has woken this worker may be in the hands of another.
            make_room()
        self._library.enter(cast("socket.socket", accepted[0]), listener)
        return True

    def _accept_all(self, listener: Listener) -> bool:
        """Let in all who are there; False if there is no room for them yet."""
        while accepted := self._accept(listener):
            pass
        return accepted is not None

    # The end

    async def _drain(self) -> None:
        began = monotonic()
        last_s = min(_LAST_S, _LAST_PART * self._graceful_timeout)
        deadline = began + self._graceful_timeout - last_s
        self.leaving.begin(began, with_heirs=not self._context.is_last)
        self._ignore()
        self._shortage.spend_reserve()
        # Twice: with those who end, there is room for those who still come in.
        self._library.begin_end()
        await self._close_doors(began, deadline)
        self._library.begin_end()
        while self._library.count() or not self._library.is_idle():
            now = monotonic()
            if now >= deadline:
                self._context.log.warning(
                    "requests cut off count=%d: not over within graceful_timeout (%g s)",
                    self._library.cancel(),
                    self._graceful_timeout,
                )
                break
            if now >= self.leaving.idle_until:
                self._library.close_idle()
            await asyncio.sleep(_LOOK_S)
        try:
            await asyncio.wait_for(self._library.end(), began + self._graceful_timeout - monotonic())
        except asyncio.TimeoutError:
            self._context.log.warning(
                "the application has not ended within graceful_timeout (%g s)", self._graceful_timeout
            )

    async def _close_doors(self, began: float, deadline: float) -> None:
        """Close each listener as soon as nobody is left in it for this worker (net/closing.py)."""
        is_last, is_succeeded = self._context.is_last, self._context.is_succeeded
        staying = list(self._context.listeners)
        while staying:
            now = monotonic()
            for listener in tuple(staying):
                if now >= deadline or is_over(
                    listener, now - began, is_last=is_last, is_succeeded=is_succeeded, let_in=self._accept_all
                ):
                    close_copy(listener, is_last=is_last)
                    staying.remove(listener)
            if staying:
                await asyncio.sleep(_LOOK_S)
