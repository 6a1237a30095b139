"""What a conformance case is: the octets of one connection, and what must come of them.

The tables (`request_line.py`, `target.py`, ...) are lists of these; `stage.py` plays them against a server.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Mapping

# What the application must not find in its environ, a client not in an answer's head.
ABSENT: Final = "(absent)"
# Follows whatever is refused: if it is ever answered, the octets before it were read in another way.
SMUGGLED: Final = b"GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n"


class Act(enum.Enum):
    """What a client does besides sending octets and reading answers."""

    # shutdown(SHUT_WR): no more octets will come, answers are still read
    HALF_CLOSE = enum.auto()
    # the server has read what came before, so that what follows is a segment of its own: another connection
    # is asked and answers
    SEGMENT = enum.auto()
    # the server closes without a word
    EXPECT_END = enum.auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that must come."""

    status: int | Collection[int] = 200
    # name -> value that must stand there (a pattern: that must match), or ABSENT
    headers: Mapping[str, str | re.Pattern[str]] = field(default_factory=dict)
    # None: not looked at
    body: bytes | None = None
    framing: str | None = None
    # what the application saw: it answered with its report
    environ: Mapping[str, object] | None = None
    # the request's body as the application read it
    input: bytes | None = None
    # it answers a HEAD
    head: bool = False
    # the connection ends with it, and it says so; None: it may, as long as it then says so
    closes: bool | None = False
    # it does not come from the application: one line in the error log, plain text, nothing repeated
    is_refusal: bool = False
    # a 500 for what the application did: plain text, without a word of what went wrong
    is_failure: bool = False
    # it ends before its end, and the connection with it: that is how the client learns of a failure
    is_cut: bool = False

    @property
    def is_from_application(self) -> bool:
        """Whether a call of the application stands behind it: neither a refusal nor an interim answer."""
        return not self.is_refusal and (not isinstance(self.status, int) or self.status >= 200)


@dataclass(frozen=True, slots=True)
class Case:
    """One connection. `id` begins with what the case is about; `rule` is where it is laid down."""

    id: str
    rule: str
    steps: tuple[bytes | Reply | Act, ...]
    # calls of the application; None: as many as there are answers that are no refusals
    calls: int | None = None
    # what the application must tell (see tests/apps/probe), in this order, other things between
    told: tuple[str, ...] = ()
    # patterns of lines in the error log, one each; (): nothing is logged; None: not looked at
    logged: tuple[str, ...] | None = ()


def case(id: str, rule: str, *steps: bytes | Reply | Act, **more: Any) -> Case:  # noqa: A002  pytest's word
    """Make a case."""
    return Case(id, rule, steps, **more)


def get(target: str = "/", *lines: str, version: str = "1.1", method: str = "GET") -> bytes:
    """Give the octets of a request without a body, in latin-1; HTTP/1.1 gets a Host if none is given."""
    if version == "1.1" and not any(line.lower().startswith("host:") for line in lines):
        lines = ("Host: h", *lines)
    head = "".join(f"{line}\r\n" for line in (f"{method} {target} HTTP/{version}", *lines))
    return head.encode("latin-1") + b"\r\n"


def post(body: bytes, *lines: str, target: str = "/", version: str = "1.1") -> bytes:
    """Give the octets of a request with a body and its Content-Length."""
    return get(target, *lines, f"Content-Length: {len(body)}", version=version, method="POST") + body


def chunked(*chunks: bytes, target: str = "/", lines: tuple[str, ...] = ()) -> bytes:
    """Give the octets of a request whose body comes in these chunks."""
    head = get(target, *lines, "Transfer-Encoding: chunked", method="POST")
    return head + b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"


def ordered(*, http: str = "1.1", method: str = "GET", lines: tuple[str, ...] = (), **plan: Any) -> bytes:
    """Give the octets of a request that orders a response (`tests.apps.probe.answers.Plan`)."""
    order = f"X-Respond: {json.dumps(plan)}"
    return get("/-/respond", "Host: h", order, *lines, version=http, method=method)


def ordered_file(*, http: str = "1.1", method: str = "GET", **plan: Any) -> bytes:
    """Give the octets of a request for a file (`tests.apps.probe.files.wrap_file`)."""
    return get("/-/file", "Host: h", f"X-File: {json.dumps(plan)}", version=http, method=method)


def served(input: bytes | None = None, /, **environ: object) -> Reply:  # noqa: A002  it is wsgi.input
    """The application is called, sees this, and the connection is kept."""
    return Reply(environ=environ, input=input)


def served_last(input: bytes | None = None, /, **environ: object) -> Reply:  # noqa: A002
    """The same, and the connection ends with the answer."""
    return Reply(environ=environ, input=input, closes=True)


def refused(*statuses: int, head: bool = False) -> Reply:
    """The application is not called, and the connection ends."""
    return Reply(status=statuses, is_refusal=True, closes=True, head=head)
