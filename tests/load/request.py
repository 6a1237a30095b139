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
    """Make a request of one of five kinds; what a server may treat in different ways comes evenly mixed.

    Most are quick, one with a body; one of eight takes 20 ms, in a pause before the answer or in its middle.
    """
    connection = "Connection: close\r\n" if closes else ""
    place = number % 16
    body = b""
    if place % 4 == 0:
        body = f"body of {number} ".encode() * 40
        target = f"POST /echo?{number}"
        connection += f"Content-Length: {len(body)}\r\n"
    elif place % 4 == 1:
        target = f"GET /chunks?{number}"
    elif place == 2:
        target = f"GET /nap?{number}&0.02"
    elif place == 10:
        target = f"GET /stream?{number}&0.02"
    else:
        target = f"GET /answer?{number}"
    return Request(
        number, f"{target} HTTP/1.1\r\nHost: load\r\n{connection}\r\n".encode() + body, FILLER + body
    )


def quick(number: int, *, closes: bool) -> Request:
    """Make the smallest request: what is measured is then the wait, not the work."""
    connection = "Connection: close\r\n" if closes else ""
    octets = f"GET /answer?{number} HTTP/1.1\r\nHost: load\r\n{connection}\r\n".encode()
    return Request(number, octets, FILLER)


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
