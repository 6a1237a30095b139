"""Tells systemd how we are (sd_notify(3)); without a NOTIFY_SOCKET, tells nobody."""

from __future__ import annotations

import errno
import os
import socket
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import sdnotify

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_VARIABLE: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = ("WATCHDOG_USEC", "WATCHDOG_PID")

# How many descriptors systemd keeps for us: from version 254 on it says so; before, our unit does.
_STORE: Final = "FDSTORE"

# systemd reads 4,096 octets of a datagram, and takes nothing of a longer one.
_MOST_OF_A_STATUS: Final = 2000

_MICROSECONDS: Final = 1_000_000


class Sender(Protocol):
    """Sends one datagram; raises OSError."""

    def notify(self, state: str) -> None: ...

    def pass_on(self, state: str, fd: int) -> None:
        """Send a descriptor with it."""


class _Message(NamedTuple):
    state: str
    fd: int = -1


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
        self._unsent: list[_Message] = []
        """What systemd has to hear in this order, and was too slow for."""
        self._is_held = False
        if environ.get(_VARIABLE):
            try:
                self._sender = (connect or _Systemd)()
            except OSError as error:
                on_error(error)
        environ.pop(_VARIABLE, None)
        room = environ.pop(_STORE, "")
        self.keeps_descriptors: Final = (
            self._sender is not None and room.isascii() and room.isdecimal() and int(room) > 0
        )
        """There is a store (FileDescriptorStoreMax=), so that listeners outlive us."""
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

    def keep(self, name: str, fd: int) -> None:
        """Have systemd keep a descriptor under a name, and pass it to whoever is started in our place."""
        self._insist(f"FDSTORE=1\nFDNAME={name}", fd)

    def discard(self, name: str) -> None:
        """Have systemd close what it keeps under this name."""
        self._insist(f"FDSTOREREMOVE=1\nFDNAME={name}")

    @property
    def is_held(self) -> bool:
        """Whether another process speaks for the service."""
        return self._is_held

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
        connected = getattr(self._sender, "socket", None)
        if connected is not None:
            connected.close()
        self._sender = None

    def _insist(self, state: str, fd: int = -1) -> None:
        """Send now, or later: a unit whose READY=1 is lost starts, or reloads, for ever."""
        self._unsent.append(_Message(state, fd))
        self.flush()

    def _send(self, message: str) -> bool:
        """Send now, or never: the next word of its kind says more. Nothing overtakes what has to be heard."""
        self.flush()
        return not self._unsent and self._send_now(_Message(message))

    def _send_now(self, message: _Message) -> bool:
        """Say whether it need not be sent again; nothing in the arbiter waits for a slow systemd."""
        if self._sender is None or self._is_held:
            return True
        try:
            if message.fd < 0:
                self._sender.notify(message.state)
            else:
                self._sender.pass_on(message.state, message.fd)
        except BlockingIOError:
            return False
        except OSError as error:
            if message.fd >= 0 and error.errno == errno.EBADF:
                return True  # systemd was slow, and the listener has been closed meanwhile
            self.close()
            self._on_error(error)
        return True


def _watchdog(interval: str, pid: str) -> float:
    """Return the interval of sd_watchdog_enabled(3) in seconds; without end where nobody watches us."""
    is_ours = not pid or pid == str(os.getpid())
    if not is_ours or not (interval.isascii() and interval.isdecimal()) or int(interval) == 0:
        return inf
    return int(interval) / _MICROSECONDS


class _Systemd:
    """The socket of sdnotify, which itself passes no descriptors."""

    def __init__(self) -> None:
        # Without debug it swallows every mistake.
        self._notifier: Final = sdnotify.SystemdNotifier(debug=True)
        self.socket: Final[socket.socket] = self._notifier.socket
        self.socket.settimeout(0)

    def notify(self, state: str) -> None:
        self._notifier.notify(state)

    def pass_on(self, state: str, fd: int) -> None:
        socket.send_fds(self.socket, [state.encode("ascii")], [fd])
