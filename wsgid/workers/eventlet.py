"""The server of eventlet: a green thread a connection (green.py), on eventlet's hub.

For those who have it still: its own authors ask to leave it
(https://eventlet.readthedocs.io/en/latest/asyncio/migration.html). `eventlet` below is the library: imports
are absolute, so none of them finds this module.
"""

import select
from collections.abc import Callable
from math import inf
from types import FrameType
from typing import Any

import eventlet
from eventlet.hubs import get_hub, trampoline

from wsgid.workers.context import WorkerContext
from wsgid.workers.green import GreenServer
from wsgid.workers.green_frames import all_frames
from wsgid.workers.green_threads import TooLateError, throw_if


class EventletServer:
    """Serves with eventlet's green threads."""

    speaks_tls = True

    def __init__(self, context: WorkerContext) -> None:
        """Prepare; the process is patched, and the application loaded."""
        self._server = GreenServer(context, EventletThreads())

    def serve(self) -> None:
        """Serve until the worker retires and every connection has ended."""
        self._server.serve()


class EventletThreads:
    """eventlet's green threads."""

    __slots__ = ()

    def start(self, run: Callable[[], None]) -> Any:
        """Start one at the next turn of the hub."""
        return eventlet.spawn(run)

    def current(self) -> Any:
        """The one that runs."""
        return eventlet.getcurrent()

    def wait(self, fd: int, events: int, timeout_s: float) -> bool:
        """Let others run until a descriptor is ready; False if that takes too long."""
        is_read = events == select.POLLIN
        timeout = None if timeout_s == inf else max(0.0, timeout_s)
        try:
            trampoline(fd, read=is_read, write=not is_read, timeout=timeout, timeout_exc=TooLateError)
        except TooLateError:
            return False
        return True

    def give_way(self) -> None:
        """Let others run that can."""
        eventlet.sleep(0)

    def pause(self, seconds: float) -> None:
        """Let others run for so long."""
        eventlet.sleep(seconds)

    def interrupt(self, green: Any, error: BaseException, still: Callable[[], bool]) -> None:
        """Raise in one that waits, at the next turn of the hub, if that is `still` wanted then."""
        get_hub().schedule_call_global(0, throw_if, green, error, still)

    def frames(self) -> list[tuple[Any, FrameType]]:
        """All that there are, and where each of them stands."""
        return all_frames()
