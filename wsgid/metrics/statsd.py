"""statsd and DogStatsD: counters, timers and gauges in datagrams, for a receiver that may be gone.

The metrics have the names that gunicorn gave them, so that dashboards go on. A request is one datagram of
three lines.
https://github.com/statsd/statsd/blob/master/docs/metric_types.md
"""

from __future__ import annotations

import re
import socket
from typing import Final, Protocol

_PORT: Final = 8125


class Record(Protocol):
    """What is counted of an exchange that is over."""

    @property
    def status(self) -> str:
        """The status line's code and reason, "200 OK"."""

    @property
    def began(self) -> float: ...
    @property
    def ended(self) -> float:
        """`time.monotonic()`, as `began`."""


class Statsd:
    """Sends metrics; never raises, never waits: what a receiver does not take is lost."""

    def __init__(self, address: str, prefix: str = "", tags: str = "") -> None:
        """`address` is HOST, HOST:PORT, [V6]:PORT or unix://PATH; `tags` are DogStatsD's, NAME:VALUE,...

        A host's name is looked up here, once: raises OSError if it is unknown.
        """
        family, self._address = _parse(address)
        self._socket: Final = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._prefix: Final = f"{prefix.rstrip('.')}." if prefix.rstrip(".") else ""
        self._tags: Final = f"|#{tags}" if tags else ""

    def record(self, record: Record) -> None:
        """Count a request, its status, and its duration in milliseconds."""
        before, after = f"{self._prefix}gunicorn.request", self._tags
        duration_ms = (record.ended - record.began) * 1e3
        self._send(
            f"{before}.duration:{duration_ms:.3f}|ms{after}\n"
            f"{before}s:1|c{after}\n"
            f"{before}.status.{record.status[:3]}:1|c{after}"
        )

    def count(self, name: str) -> None:
        """Add one to a counter, "log.error"."""
        self._send(f"{self._prefix}gunicorn.{name}:1|c{self._tags}")

    def gauge(self, name: str, value: int) -> None:
        """Say what a value is now, "workers"."""
        self._send(f"{self._prefix}gunicorn.{name}:{value}|g{self._tags}")

    def _send(self, text: str) -> None:
        try:  # noqa: SIM105  contextlib.suppress costs more than the call
            self._socket.sendto(text.encode("utf-8", "replace"), self._address)
        except OSError:
            pass  # nobody there, or too slow: a metric is not worth a request's time

    def close(self) -> None:
        self._socket.close()


def _parse(text: str) -> tuple[socket.AddressFamily, str | tuple[str, int]]:
    if text.startswith("unix:/"):
        return socket.AF_UNIX, "/" + text.removeprefix("unix:").lstrip("/")
    match = re.fullmatch(r"(?:\[([^]]*)\]|([^:]*))(?::(\d+))?", text)
    if match is None:
        raise ValueError(f"`{text}`: write HOST:PORT or unix:///path")
    host, port = match[1] or match[2] or "localhost", int(match[3] or _PORT)
    family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    return family, (str(found[0]), int(found[1]))
