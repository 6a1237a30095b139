"""One request of a library's server, as logs, metrics and hooks want to know it: in an environ's words."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

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


def status_line(code: int) -> str:
    """Return "200 OK"."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)
