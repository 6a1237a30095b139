"""A worker that is out of descriptors: it says so, and has a reserve for when it leaves.

As long as it serves, whoever it cannot let in waits: for another worker, or for a descriptor. Of a server
that stops nobody would come after it; then the reserve is spent, so that one after the other is let in and
answered, even where the application keeps all the rest.
"""

from __future__ import annotations

import os
import posix
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import logging

# A connection, and the file that has the body of its request (handover.py).
_RESERVED: Final = 2

# It is tried again oftener than anybody wants to read of it.
_TOLD_EVERY_S: Final = 0.5


class Shortage:
    """What is known of it, and what is kept for it, in one worker; threads may tell at once."""

    __slots__ = ("_log", "_reserve", "_told_at")

    def __init__(self, log: logging.Logger) -> None:
        """Lay the reserve by."""
        self._log = log
        self._told_at = -inf
        self._reserve = [os.eventfd(0, os.EFD_CLOEXEC) for _ in range(_RESERVED)]

    def tell(self, error: OSError, now: float) -> None:
        """Tell why nobody can be let in; `now` is `time.monotonic()`."""
        if now - self._told_at >= _TOLD_EVERY_S:
            self._told_at = now
            self._log.warning("cannot accept connections for now: %s", error.strerror)

    def spend_reserve(self) -> None:
        """Make room for those who are let in at the end; once."""
        while self._reserve:
            posix.close(self._reserve.pop())  # gevent's os.close would do so later
