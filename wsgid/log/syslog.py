"""syslog, as rsyslog and the journal take it (RFC 3164): by a datagram, or a line on a stream.

The standard library's handler waits for a TCP peer, and brings in `queue`, which gevent would have to patch.
This one never waits: what the peer does not take at once is lost, and a connection that broke is tried again
once a second.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from time import monotonic
from typing import Final, NamedTuple

from wsgid.log.journal import priority

FACILITIES: Final = {
    name: number
    for number, name in enumerate(
        ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp")
    )
} | {f"local{number}": 16 + number for number in range(8)}

_PORT: Final = 514
_AGAIN_S: Final = 1.0
# A datagram bears 64 KiB; collectors cut sooner, rsyslog at 8 KiB.
_LONGEST: Final = 8000


class Peer(NamedTuple):
    """Whom to send to. Of a Unix socket without a kind, datagrams are tried first: /dev/log takes these."""

    family: socket.AddressFamily
    kinds: tuple[socket.SocketKind, ...]
    address: str | tuple[str, int]


def parse_peer(text: str) -> Peer:
    """Read `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix://PATH[#dgram|stream]`.

    A host's name is looked up here, once. Raises ValueError for another form, OSError if the name is unknown.
    """
    kinds = {"dgram": socket.SOCK_DGRAM, "stream": socket.SOCK_STREAM}
    if match := re.fullmatch(r"unix://(/[^#]*)(?:#(dgram|stream))?", text):
        chosen = (kinds[match[2]],) if match[2] else (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        return Peer(socket.AF_UNIX, chosen, match[1])
    if match := re.fullmatch(r"(udp|tcp)://(?:\[([^]]*)\]|([^:/]*))(?::(\d+))?/?", text):
        kind = socket.SOCK_DGRAM if match[1] == "udp" else socket.SOCK_STREAM
        host, port = match[2] or match[3] or "localhost", int(match[4] or _PORT)
        family, _, _, _, found = socket.getaddrinfo(host, port, type=kind)[0]
        return Peer(family, (kind,), (str(found[0]), int(found[1])))
    raise ValueError(f"`{text}`: write `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:///dev/log`")


class Syslog:
    """Where lines go; each process has a connection of its own."""

    def __init__(self, peer: Peer, facility: str, tag: str) -> None:
        """`facility` is a word of syslog(3); `tag` is the name of the program."""
        self._peer: Final = peer
        self._facility: Final = FACILITIES[facility] << 3
        self._tag: Final = tag
        self._socket: socket.socket | None = None
        self._is_stream = False
        self._pid = 0
        self._tried_at = -_AGAIN_S
        self.lost = 0
        """How many lines were not taken."""

    def write(self, level: int, text: str) -> None:
        """Send each line of the text with the priority of a level of `logging`; never raises, never waits."""
        pid = os.getpid()
        if pid != self._pid:  # forked: two processes on one stream would write into each other's lines
            self.close()
            self._pid, self._tried_at = pid, -_AGAIN_S
        mark = f"<{self._facility | priority(level)}>{self._tag}[{pid}]: "
        for line in text.split("\n"):
            self._send((mark + line[:_LONGEST]).encode("utf-8", "backslashreplace"))

    def _send(self, octets: bytes) -> None:
        if self._socket is None and not self._connect():
            self.lost += 1
            return
        assert self._socket is not None
        if self._is_stream:
            octets += b"\n"  # RFC 6587, 3.4.2
        try:
            is_whole = self._socket.send(octets, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) == len(octets)
        except BlockingIOError:
            self.lost += 1
            return
        except OSError:
            is_whole = False
        if not is_whole:
            self.lost += 1
            self.close()

    def _connect(self) -> bool:
        now = monotonic()
        if now - self._tried_at < _AGAIN_S:
            return False
        self._tried_at = now
        for kind in self._peer.kinds:
            fresh = socket.socket(self._peer.family, kind | socket.SOCK_CLOEXEC)
            fresh.setblocking(False)
            try:
                fresh.connect(self._peer.address)
            except BlockingIOError:
                pass  # a TCP connection that is under way
            except OSError:
                fresh.close()
                continue
            self._socket, self._is_stream = fresh, kind is socket.SOCK_STREAM
            return True
        return False

    def close(self) -> None:
        """Let go of the connection; a line after it would make another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class SyslogHandler(logging.Handler):
    """Sends records of a logger; the time and the level are syslog's to tell."""

    def __init__(self, syslog: Syslog) -> None:
        super().__init__()
        self._syslog: Final = syslog
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001  a message whose arguments do not fit: logging's own way to say so
            self.handleError(record)
            return
        self._syslog.write(record.levelno, text)
