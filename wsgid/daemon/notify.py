"""Tells systemd how we are (sd_notify(3)); without a NOTIFY_SOCKET, tells nobody."""

from __future__ import annotations

import os
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

import sdnotify

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_VARIABLE: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = ("WATCHDOG_USEC", "WATCHDOG_PID")

# systemd reads 4,096 octets of a datagram, and takes nothing of a longer one.
_MOST_OF_A_STATUS: Final = 2000

_MICROSECONDS: Final = 1_000_000


class Sender(Protocol):
    """Sends one datagram; raises OSError."""

    def notify(self, state: str) -> None: ...


class Notifier:
    """The way to systemd, for the arbiter alone: workers neither have the variables nor the socket."""

    def __init__(
        self,
        environ: MutableMapping[str, str],
        on_error: Callable[[OSError], None],
        connect: Callable[[], Sender] | None = None,
    ) -> None:
        """Take the variables out of `environ` and connect.

        `on_error` hears, once, that systemd cannot be told: no reason to stop. `connect` is for tests.
        """
        self._on_error = on_error
        self._sender: Sender | None = None
        self._status = ""
        self._unsent: list[str] = []
        """What systemd has to hear in this order, and was too slow for."""
        self._is_held = False
        if environ.get(_VARIABLE):
            try:
                self._sender = (connect or _connect)()
            except OSError as error:
                on_error(error)
        environ.pop(_VARIABLE, None)
        asked = _watchdog(*(environ.pop(name, "") for name in _WATCHDOG))
        self.watchdog_s: Final = asked if self._sender is not None else inf
        """Silence for so long is taken for a hang (WatchdogSec=)."""

    def ready(self, status: str) -> None:
        """Say that the server serves: for the first time, or after a reload, whatever came of that.

        In a datagram of its own: a status that could not be sent must not take the readiness with it.
        """
        self._insist("READY=1")
        self.status(status)

    def reloading(self, status: str, now: float) -> None:
        """Say that a reload begins; `now` is `time.monotonic()`, which is systemd's clock, too.

        With Type=notify-reload both belong into one datagram, and "ready" has to follow.
        """
        self._insist(f"RELOADING=1\nMONOTONIC_USEC={int(now * _MICROSECONDS)}")
        self.status(status)

    def stopping(self, status: str) -> None:
        """Say that the server ends."""
        self._insist("STOPPING=1")
        self.status(status)

    def hand_over(self, pid: int) -> None:
        """Say that this process is the server from now on."""
        self._insist(f"MAINPID={pid}")

    @property
    def has_unsent(self) -> bool:
        """Whether there is something that systemd has to hear and has not heard."""
        return bool(self._unsent)

    def hold(self) -> None:
        """Say nothing: another process is the server yet, and what others say is refused, and logged."""
        self._is_held = True

    def release(self) -> None:
        """Say again what there is to say: first of all that we turn, for the other one says so no more."""
        self._is_held = False
        self._status = ""
        self.alive()

    def extend(self, seconds: float) -> None:
        """Ask for so much more time, from now on, for what is under way: the start, a reload, the stop."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * _MICROSECONDS)}")

    def alive(self) -> None:
        """Say that the arbiter turns, and only that."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in one line how things are, if that has changed; what is not ASCII is escaped.

        sdnotify encodes latin-1, and a whole datagram is lost for a character beyond it.
        """
        if text != self._status:
            line = text.replace("\n", " ").encode("ascii", "backslashreplace").decode("ascii")
            if len(line) > _MOST_OF_A_STATUS:
                line = f"{line[:_MOST_OF_A_STATUS]}..."
            if self._send(f"STATUS={line}"):
                self._status = text

    def flush(self) -> None:
        """Say what has to be said, if systemd listens again."""
        while self._unsent and self._send_now(self._unsent[0]):
            del self._unsent[:1]

    def close(self) -> None:
        """Say nothing more; a child calls it, for what it says would be taken for ours."""
        socket = getattr(self._sender, "socket", None)
        if socket is not None:
            socket.close()
        self._sender = None

    def _insist(self, message: str) -> None:
        """Send now, or later: a unit whose READY=1 is lost starts, or reloads, for ever."""
        self._unsent.append(message)
        self.flush()

    def _send(self, message: str) -> bool:
        """Send now, or never: the next word of its kind says more. Nothing overtakes what has to be heard."""
        self.flush()
        return not self._unsent and self._send_now(message)

    def _send_now(self, message: str) -> bool:
        """Say whether it need not be sent again; nothing in the arbiter waits for a slow systemd."""
        if self._sender is None or self._is_held:
            return True
        try:
            self._sender.notify(message)
        except BlockingIOError:
            return False
        except OSError as error:
            self.close()
            self._on_error(error)
        return True


def _watchdog(interval: str, pid: str) -> float:
    """Return the interval of sd_watchdog_enabled(3) in seconds; without end where nobody watches us."""
    is_ours = not pid or pid == str(os.getpid())
    if not is_ours or not (interval.isascii() and interval.isdecimal()) or int(interval) == 0:
        return inf
    return int(interval) / _MICROSECONDS


def _connect() -> Sender:
    notifier = sdnotify.SystemdNotifier(debug=True)  # without debug it swallows every mistake
    notifier.socket.settimeout(0)
    sender: Sender = notifier
    return sender
