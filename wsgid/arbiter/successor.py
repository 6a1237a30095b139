"""What an arbiter knows of the successor that it has started (SIGUSR2), from its fork to its end or ours."""

from __future__ import annotations

import contextlib
import json
import os
from math import inf
from typing import TYPE_CHECKING, Final

from wsgid.arbiter.spawn import Order, tell
from wsgid.daemon.daemonize import Told

if TYPE_CHECKING:
    import socket

    from wsgid.arbiter.loop import Loop

# A successor bounds the boot of its workers itself, and says more about it; it has that much longer to start
# an interpreter, and to read what may hang, its configuration.
_LONGER_S: Final = 10.0

# From SIGTERM to SIGKILL.
_TO_END_S: Final = 5.0

# A traceback is long; what is longer is none.
_MOST_OCTETS: Final = 256 * 1024


class Successor:
    """One process that is to follow us; Succession is its only user. Times are `time.monotonic()`."""

    def __init__(self, pid: int, ours: socket.socket, loop: Loop, boot_timeout_s: float, now: float) -> None:
        """`ours` is our end of the pair on which it speaks; a timeout of 0 is for ever."""
        self.pid: Final = pid
        self._socket: Final = ours
        self._loop: Final = loop
        self._heard = b""
        self.is_listening = True
        """It has not said its last word."""
        self.boot_timeout_s: Final = boot_timeout_s
        self.deadline = now + boot_timeout_s + _LONGER_S if boot_timeout_s else inf
        """When `tick` is due."""
        self.told: Told | None = None
        """How its start went, in its own words."""
        self.is_announced = False
        """Whoever waits has been told that it serves."""
        self.is_late = False
        self.is_ending = False
        """It has been told to end."""
        self.is_gone = False
        """It has ended. It is no child of ours: no status is known."""
        self._handle = -1
        ours.setblocking(False)
        loop.watch(ours.fileno())
        with contextlib.suppress(OSError):  # an old kernel, a sandbox: then the end of the pair is its end
            self._handle = os.pidfd_open(pid)
            loop.watch(self._handle)

    @property
    def is_ready(self) -> bool:
        """Whether its first workers serve."""
        return self.told is not None and self.told.status == 0

    def hear(self, fd: int) -> bool:
        """Take in what it says, and its end; says whether it was it."""
        if self._handle >= 0 and fd == self._handle:
            self.is_gone = True
        elif not self.is_listening or fd != self._socket.fileno():
            return False
        self.listen()  # also at its end: its last words may say why
        self.is_gone |= self._handle < 0 and not self.is_listening
        return True

    def listen(self) -> None:
        """Take in what it has said since; does not wait."""
        while self.is_listening:
            try:
                octets = self._socket.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                octets = b""
            if not octets:
                self.is_listening = False
                self._loop.forget(self._socket.fileno())
            self._heard = (self._heard + octets)[-_MOST_OCTETS:]
        line, newline, _ = self._heard.partition(b"\n")
        if newline and self.told is None:
            with contextlib.suppress(ValueError, LookupError, TypeError):  # another version's, or no word
                told = json.loads(line)
                self.told = Told(int(told["status"]), str(told["text"]))
        if self.is_ready and not self.is_ending:
            self.deadline = inf

    def tick(self, now: float) -> None:
        """End it if it is late: first by a word that lets it leave nothing behind."""
        if now >= self.deadline:
            if self.is_ending:
                tell(self.pid, Order.DIE)
                self.deadline = inf
            else:
                self.is_late = True
                self.end(now)

    def end(self, now: float, grace_s: float = 0.0, *, is_quick: bool = False) -> None:
        """Have it end, and kill it if it has not in its time and some seconds."""
        self.is_ending = True
        tell(self.pid, Order.LEAVE if is_quick else Order.DRAIN)
        self.deadline = now + grace_s + _TO_END_S

    def say(self, word: bytes) -> None:
        """Tell it a word that a `Predecessor` understands."""
        with contextlib.suppress(OSError):  # it has just died: whoever starts us knows what to do
            self._socket.send(word)

    def close_in_child(self) -> None:
        """Keep nothing of the parent's; the loop is not ours to change."""
        self._socket.close()
        if self._handle >= 0:
            os.close(self._handle)

    def close(self) -> None:
        """Listen to it no more; it takes that for our end."""
        if self.is_listening:
            self.is_listening = False
            self._loop.forget(self._socket.fileno())
        self._socket.close()
        if self._handle >= 0:
            self._loop.forget(self._handle)
            os.close(self._handle)
            self._handle = -1
