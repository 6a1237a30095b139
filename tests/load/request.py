"""What a load asks, and how it knows that an answer is the one to its request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.load.app import FILLER

if TYPE_CHECKING:
    from tests.load.answer import Answer


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what must stand in its answer behind the line that names it."""

    number: int
    octets: bytes
    expected: bytes


def mixed(number: int, *, closes: bool) -> Request:
    """Make a request of one of three kinds: Content-Length, chunked, and one with a body of its own."""
    connection = "Connection: close\r\n" if closes else ""
    kind = number % 4
    if kind == 0:
        body = f"body of {number} ".encode() * 40
        head = (
            f"POST /echo?{number} HTTP/1.1\r\nHost: load\r\n{connection}"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return Request(number, head.encode() + body, FILLER + body)
    path = "/chunks" if kind == 1 else "/answer"
    return Request(number, f"GET {path}?{number} HTTP/1.1\r\nHost: load\r\n{connection}\r\n".encode(), FILLER)


def pid_of(answer: Answer, request: Request) -> int | None:
    """Give the pid of the process that answered; None if this is not the answer to the request alone."""
    line, _, rest = bytes(answer.body).partition(b"\n")
    number, _, pid = line.partition(b" ")
    is_right = (
        answer.status == 200
        and not answer.surplus
        and number == str(request.number).encode()
        and pid.isdigit()
        and rest == request.expected
    )
    return int(pid) if is_right else None
