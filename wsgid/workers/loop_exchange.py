"""One request of a library's server, as logs, metrics and hooks want to know it: in an environ's words."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from wsgid.protocol.fields import WITHOUT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence


class LoopExchange:
    """One request and its response."""

    __slots__ = ("began", "ended", "environ", "headers", "sent", "status")

    def __init__(self, environ: dict[str, Any], began: float) -> None:
        self.environ = environ
        self.began = began
        # 0 until it is over.
        self.ended = 0.0
        # What is told where the application gives no answer.
        self.status = "500 Internal Server Error"
        self.headers: Sequence[tuple[str, str]] = ()
        # Octets of the body.
        self.sent = 0


def add_field(environ: dict[str, Any], name: str, value: str) -> None:
    """Write a header field down, behind what came by the same name (RFC 9110, 5.3)."""
    key = name.upper().replace("-", "_")
    key = key if key in WITHOUT_PREFIX else f"HTTP_{key}"
    environ[key] = f"{environ[key]},{value}" if key in environ else value


def status_line(code: int) -> str:
    """Return "200 OK"."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
