"""The server of gevent: a greenlet a connection (green.py), on gevent's loop.

`gevent` below is the library: imports are absolute, so none of them finds this module.
"""

import os
import select
from collections.abc import Callable
from math import inf
from types import FrameType
from typing import Any

import gevent
from gevent.hub import get_hub
from gevent.socket import wait_read, wait_write

from wsgid.workers.context import WorkerContext
from wsgid.workers.green import GreenServer
from wsgid.workers.green_frames import all_frames
from wsgid.workers.green_threads import TooLateError, throw_if

_WAITS = {select.POLLIN: wait_read, select.POLLOUT: wait_write}


class GeventServer:
    """Serves with greenlets."""

    speaks_tls = True

    def __init__(self, context: WorkerContext) -> None:
        """Prepare; the process is patched, and the application loaded."""
        self._server = GreenServer(context, Greenlets())

    def serve(self) -> None:
        """Serve until the worker retires and every connection has ended."""
        self._server.serve()


class Greenlets:
    """gevent's green threads."""

    __slots__ = ("_always",)

    def __init__(self) -> None:
        """Open what is always writable."""
        self._always = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def start(self, run: Callable[[], None]) -> Any:
        """Start one at the next turn of the loop."""
        return gevent.spawn(run)

    def current(self) -> Any:
        """The one that runs."""
        return gevent.getcurrent()

    def wait(self, fd: int, events: int, timeout_s: float) -> bool:
        """Let others run until a descriptor is ready; False if that takes too long."""
        if timeout_s == inf:
            _WAITS[events](fd)
            return True
        try:
            _WAITS[events](fd, max(0.0, timeout_s), TooLateError())
        except TooLateError:
            return False
        return True

    def give_way(self) -> None:
        """Let others run that can, those too whose descriptor has become ready."""
        # sleep(0) is no more than a call at the end of a queue, of which gevent takes fifty before it looks
        # at descriptors: whoever gives way again and again would keep newcomers out.
        wait_write(self._always)

    def pause(self, seconds: float) -> None:
        """Let others run for so long."""
        gevent.sleep(seconds)

    def interrupt(self, green: Any, error: BaseException, still: Callable[[], bool]) -> None:
        """Raise in one that waits, at the next turn of the loop, if that is `still` wanted then."""
        get_hub().loop.run_callback(throw_if, green, error, still)

    def frames(self) -> list[tuple[Any, FrameType]]:
        """All that there are, and where each of them stands."""
        return all_frames()
