"""The head of a response: what an application said, checked, and how its body ends (RFC 9112, 6; PEP 3333).

Nothing that could split a response, frame it twice or speak for the connection leaves this file.
"""

import re
from typing import Any, Final

from wsgid.protocol.refusal import Refusal

# What an application makes up must not fill the memory.
KNOWN_BOUND: Final = 1024

# From this code on it is the server, or the application, that has failed (RFC 9110, 15.6).
FAILURE: Final = 500

STATUS: Final = re.compile(r"([1-9][0-9]{2}) [\t\x20-\x7e\x80-\xff]*\Z")
NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")

# Most are ordinary: the only one that is false.
ORDINARY: Final = 0
CONTENT_LENGTH: Final = 1
DATE_OR_SERVER: Final = 2
HOP_BY_HOP: Final = 3
UNKNOWN: Final = -1

# Those that concern one connection are the server's (PEP 3333, "Other HTTP Features"; RFC 9110, 7.6.1).
KINDS: Final = {
    "content-length": CONTENT_LENGTH,
    "date": DATE_OR_SERVER,
    "server": DATE_OR_SERVER,
    "connection": HOP_BY_HOP,
    "keep-alive": HOP_BY_HOP,
    "proxy-authenticate": HOP_BY_HOP,
    "proxy-authorization": HOP_BY_HOP,
    "proxy-connection": HOP_BY_HOP,
    "te": HOP_BY_HOP,
    "trailer": HOP_BY_HOP,
    "trailers": HOP_BY_HOP,
    "transfer-encoding": HOP_BY_HOP,
    "upgrade": HOP_BY_HOP,
}


class ResponseError(ValueError):
    """An application said something that cannot be sent."""


# A checked head, without what the server adds: status line and fields, each with its CRLF; the status' code;
# Content-Length, -1 where the application gave none; whether there may be a body with this status (RFC 9110,
# 6.4.1; HEAD is another matter); whether it is looked at once more when it is sent, for Date or Server is
# among the fields, or the status tells of a failure. A tuple, and no class of its own: that would cost each
# response a quarter of what checking it does.
Head = tuple[bytes, int, int, bool, bool]


# What was found out before, by status and by name, and depends on nothing else.
_STATUS_LINES: Final[dict[str, tuple[str, int, bool, bool]]] = {}
_NAME_KINDS: Final[dict[str, int]] = {}


def check_head(status: Any, headers: Any) -> Head:
    """Check what an application gave to start_response.

    Raises ResponseError.
    """
    # What is not known is found out outside of the handlers, for what they caught is no part of the story:
    # `from None` says nothing in a compiled build.
    try:
        line = _STATUS_LINES[status]
    except KeyError:
        line = None
    text, code, has_body, is_special = line or _status_line(status)
    length = -1
    try:
        for name, value in headers:
            try:
                kind = _NAME_KINDS[name]
            except KeyError:
                kind = UNKNOWN
            if kind < 0:
                kind = _name_kind(name)
            if kind == CONTENT_LENGTH:
                if length >= 0:
                    raise ResponseError("two Content-Length")
                if not (value.isdigit() and value.isascii()):
                    raise ResponseError(f"Content-Length is not a number: {value!r:.80}")
                length = int(value)
            # isprintable is many times cheaper than the pattern, and knows only text that the pattern
            # knows too, or that latin-1 lacks.
            elif not value.isprintable() and VALUE.match(value) is None:
                raise ResponseError(f"the value of {name} has a control character: {value!r:.80}")
            elif kind:
                if kind == HOP_BY_HOP:
                    raise ResponseError(f"{name} is the server's to send, not the application's (PEP 3333)")
                is_special = True
            text = f"{text}{name}: {value}\r\n"
        return text.encode("latin-1"), code, length, has_body, is_special
    except UnicodeEncodeError as error:
        problem = f"status and headers must be latin-1: {text[error.start : error.end]!r:.80}"
    except (AttributeError, TypeError, ValueError) as error:
        if isinstance(error, ResponseError):
            raise
        problem = f"headers must be a list of pairs of text: {error}"
    raise ResponseError(problem)


def _status_line(status: Any) -> tuple[str, int, bool, bool]:
    """The status line, its code, whether there may be a body, and whether it is a failure."""
    match = STATUS.match(status) if type(status) is str else None
    if match is None:
        raise ResponseError(f"the status must be text like '200 OK', not {status!r:.80}")
    code = int(match[1])
    has_body = code >= 200 and code not in {204, 304}  # noqa: PLR2004 - the names of the statuses
    line = f"HTTP/1.1 {status}\r\n", code, has_body, code >= FAILURE
    if len(_STATUS_LINES) < KNOWN_BOUND:
        _STATUS_LINES[status] = line
    return line


def _name_kind(name: Any) -> int:
    """What a field of this name means to the server."""
    if type(name) is not str or NAME.match(name) is None:
        raise ResponseError(f"not the name of a header: {name!r:.80}")
    kind = KINDS.get(name.lower(), ORDINARY)
    if len(_NAME_KINDS) < KNOWN_BOUND:
        _NAME_KINDS[name] = kind
    return kind


def field_names(lines: bytes) -> set[bytes]:
    """The names of the fields in these lines of a head, in lower case."""
    return {line.partition(b":")[0].lower() for line in lines.splitlines()}


def without(lines: bytes, names: set[bytes]) -> bytes:
    """These lines of a head, but those of the fields that are named (in lower case)."""
    return b"".join(
        line for line in lines.splitlines(keepends=True) if line.partition(b":")[0].lower() not in names
    )


def interim(status: str, headers: Any) -> bytes:
    """An interim response (RFC 9110, 15.2). Raises ResponseError."""
    return check_head(status, headers)[0] + b"\r\n"


CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def refusal_answer(refusal: Refusal, date: str, *, to_head: bool = False) -> bytes:
    """The whole answer to a request that was refused; `date` is an IMF-fixdate (RFC 9110, 5.6.7)."""
    hint = f": {refusal.hint}" if refusal.hint else ""
    body = f"{refusal.status} {refusal.reason}{hint}\n"
    retry = "Retry-After: 5\r\n" if refusal.status == 503 else ""  # noqa: PLR2004 - the status' name
    return (
        f"HTTP/1.1 {refusal.status} {refusal.reason}\r\n"
        f"Date: {date}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"{retry}"
        f"Connection: close\r\n"
        f"\r\n"
        f"{'' if to_head else body}"
    ).encode("latin-1")
