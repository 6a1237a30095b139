"""What a library of green threads is for us: gevent's and eventlet's are made of the same functions."""

import select
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

READ = select.POLLIN
WRITE = select.POLLOUT


class GreenThreads(Protocol):
    """A library of green threads; what one of them is, it alone knows."""

    def start(self, run: Callable[[], None]) -> Any:
        """Start one at the next turn of the loop."""

    def current(self) -> Any:
        """The one that runs."""

    def wait(self, fd: int, events: int, timeout_s: float) -> bool:
        """Let others run until a descriptor is ready (select.POLLIN, POLLOUT); False if too late."""

    def give_way(self) -> None:
        """Let others run that can."""

    def pause(self, seconds: float) -> None:
        """Let others run for so long."""

    def interrupt(self, green: Any, error: BaseException, still: Callable[[], bool]) -> None:
        """Raise in one that waits, at the next turn of the loop, if that is `still` wanted then."""

    def frames(self) -> list[tuple[Any, FrameType]]:
        """All that there are, and where each of them stands."""


class Nudge(BaseException):
    """Look again: what you wait for, or until when, has changed."""


class RequestTimeout(BaseException):
    """A request takes longer than request_timeout; an `except Exception` is not to stop its end."""


class TooLateError(Exception):
    """What a library raises where a wait has taken too long."""


def throw_if(green: Any, error: BaseException, still: Callable[[], bool]) -> None:
    """Raise in a green thread, if that is `still` wanted: `interrupt`, at the next turn of the loop."""
    if still():
        green.throw(error)
