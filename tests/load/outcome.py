"""What became of a request: answered, or failed in one of six ways that are never mixed up.

Values and decisions only; `client.py` has the sockets.
"""

from __future__ import annotations

import errno
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """How a request failed, as its client saw it."""

    REFUSED = "refused"
    """No connection: nobody listened."""
    RESET = "reset"
    """The connection was torn down before one octet of the answer."""
    EMPTY = "empty"
    """The connection was closed in good order, but without one octet of the answer."""
    CUT = "cut"
    """The connection ended, in whichever way, in the middle of the answer."""
    WRONG = "wrong"
    """A whole answer, but not to this request, or more than one."""
    LATE = "timed out"
    """No whole answer in time."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that did not get its answer."""

    kind: Kind
    number: int
    """The request, as the application was asked to name it."""
    port: int
    """The client's port: by it, /proc tells which process had the connection."""
    answers: int
    """How many requests the same connection had answered before this one."""
    octets: int
    """How much of the answer came."""
    at: float
    detail: str = ""

    @property
    def between_requests(self) -> bool:
        """Whether a kept connection ended while the request was under way to it.

        RFC 9112, 9.3.1 leaves this race to the client, which may send again on a new connection. Of a server
        that was killed nothing better can be asked; one that reloads has no such excuse.
        """
        return self.answers > 0 and self.octets == 0 and self.kind in {Kind.RESET, Kind.EMPTY}


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that got its whole and right answer."""

    number: int
    pid: int
    """Which process served it."""
    connection: int
    """The place of the connection in the load; one that is opened anew keeps it."""
    began: float
    """When the request was sent, or for a new connection when it was opened."""
    seconds: float


@dataclass(slots=True)
class Tally:
    """All that a load has seen; written by its thread only."""

    answered: list[Answered] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    """Every process that answered."""
    connects: int = 0
    closed_idle: int = 0
    """Kept connections that the server closed while no request was under way. Nothing was lost, by luck."""

    @property
    def requests(self) -> int:
        """How many requests came to an end, good or bad."""
        return len(self.answered) + len(self.failures)

    def kinds(self) -> Counter[Kind]:
        """Count the failures by their kind."""
        return Counter(failure.kind for failure in self.failures)

    def __str__(self) -> str:
        """One line for a log or a failed assertion."""
        kinds = self.kinds()
        counts = ", ".join(f"{kinds[kind]} {kind.value}" for kind in Kind)
        between = sum(failure.between_requests for failure in self.failures)
        return (
            f"{self.requests} requests on {self.connects} connections: {counts} ({between} of them on a kept"
            f" connection between two requests); {self.closed_idle} closed while idle; {len(self.pids)} pids"
        )


def kind_of_end(error: OSError | None, *, connected: bool, octets: int) -> Kind:
    """Say how a request failed whose connection ended before its answer was whole.

    `error` is None for an end in good order (a FIN).
    """
    if octets:
        return Kind.CUT
    if error is None:
        return Kind.EMPTY
    if not connected and error.errno in {errno.ECONNREFUSED, errno.ENOENT}:
        return Kind.REFUSED
    return Kind.RESET
