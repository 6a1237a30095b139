"""Tells systemd how we are (sd_notify(3)); without a NOTIFY_SOCKET, tells nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import sdnotify

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_VARIABLE = "NOTIFY_SOCKET"


class Sender(Protocol):
    """Sends one datagram; raises OSError."""

    def notify(self, state: str) -> None: ...


class Notifier:
    """The way to systemd, for the arbiter alone: workers neither have the variable nor the socket."""

    def __init__(
        self,
        environ: MutableMapping[str, str],
        on_error: Callable[[OSError], None],
        connect: Callable[[], Sender] | None = None,
    ) -> None:
        """Take the variable out of `environ` and connect.

        `on_error` hears, once, that systemd cannot be told: no reason to stop. `connect` is for tests.
        """
        self._on_error = on_error
        self._sender: Sender | None = None
        self._status = ""
        if environ.get(_VARIABLE):
            try:
                self._sender = (connect or _connect)()
            except OSError as error:
                on_error(error)
        environ.pop(_VARIABLE, None)

    def ready(self, status: str) -> None:
        """Say that the first generation serves.

        In a datagram of its own: a status that could not be sent must not take the readiness with it.
        """
        self._send("READY=1")
        self.status(status)

    def stopping(self, status: str) -> None:
        """Say that the server ends."""
        self._send("STOPPING=1")
        self.status(status)

    def status(self, text: str) -> None:
        """Say in one line how things are, if that has changed; what is not ASCII is escaped.

        sdnotify encodes latin-1, and a whole datagram is lost for a character beyond it.
        """
        if text != self._status:
            self._status = text
            line = text.replace("\n", " ").encode("ascii", "backslashreplace").decode("ascii")
            self._send(f"STATUS={line}")

    def close(self) -> None:
        """Say nothing more; a child calls it, for what it says would be taken for ours."""
        socket = getattr(self._sender, "socket", None)
        if socket is not None:
            socket.close()
        self._sender = None

    def _send(self, message: str) -> None:
        if self._sender is None:
            return
        try:
            self._sender.notify(message)
        except BlockingIOError:
            pass  # systemd is slower than we are; nothing in the arbiter waits, and the next word says more
        except OSError as error:
            self.close()
            self._on_error(error)


def _connect() -> Sender:
    notifier = sdnotify.SystemdNotifier(debug=True)  # without debug it swallows every mistake
    notifier.socket.settimeout(0)
    sender: Sender = notifier
    return sender
