"""HTTP/1.1 requests out of octets (RFC 9112), around llhttp.

`RequestParser.feed` takes what a socket gave and returns a request as soon as one is whole. It never
parses further than
that: octets behind a request stay octets until the request has been answered, so that a connection holds
one request at
a time however many its client sent at once.
"""

# llhttp decides what is syntax; it bounds nothing and lets some things pass. So
#
# Rule 1: octets are counted before llhttp sees them. A value that arrives in pieces costs it quadratic
# time, and chunk
#         extensions, trailers and empty lines have no callback at all.
# Rule 2: a message ends at CRLF CRLF or, with a Content-Length, at its length. What is fed is cut there,
# so one feed
#         completes one request at most.
# Rule 3: the start line is ours: it must match START_LINE, whatever llhttp would tolerate.

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.refusal import Refusal, bad_request
from wsgid.protocol.target import is_host, origin_form

# A head that is larger is an attack or a mistake; peers stop between 8 KB (Tomcat, nginx a line) and 64 KB
# (h11 16, waitress 256).
HEAD_BOUND = 64 * 1024

# Chunk sizes, extensions and trailers between two octets of a body.
FRAMING_BOUND = 16 * 1024

# RFC 9112, 2.2: ignore "at least one" empty line before a request; clients that send more are not clients.
EMPTY_LINES_BOUND = 8

SLASH = 0x2F

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
START_LINE = re.compile(rb"(" + TOKEN + rb") ([!\"$-~]+) HTTP/1\.([01])\r\n")
OTHER_VERSION = re.compile(rb"(?!PRI )" + TOKEN + rb" [!\"$-~]+ HTTP/[0-9]\.[0-9]\Z")

# All that may still become a START_LINE. Anything else is refused at once, so that a TLS client is not
# left waiting.
START_OF_LINE = re.compile(
    TOKEN[:-1]
    + rb"{0,32}(?: (?:[!\"$-~]+(?: (?:H(?:T(?:T(?:P(?:/(?:[0-9](?:\.(?:[0-9](?:\r)?)?)?)?)?)?)?)?)?)?)?)?\Z",
)


class Body(Protocol):
    """Where the octets of a body go."""

    def write(self, data: bytes, /) -> object:
        """Keep these octets, which follow those before."""

    def close(self) -> None:
        """Let go of them."""


class Limits(NamedTuple):
    """What a request may cost, in octets (`fields`: lines); 0 is no limit but HEAD_BOUND's."""

    line: int = 8190
    fields: int = 100
    field_size: int = 8190
    body: int = 0


class Request:
    """One request: its head, decoded, and the body that a sink took.

    `fields` maps meta-variables (HTTP_HOST; RFC 3875, 4.1.18) to values, latin-1 as in PEP 3333.
    """

    __slots__ = (
        "body",
        "expects_continue",
        "fields",
        "has_body",
        "is_http11",
        "keep_alive",
        "method",
        "path",
        "target",
    )

    def __init__(self, method: bytes, target: bytes, is_http11: bool) -> None:  # noqa: FBT001 - made in one place
        """Begin with the start line; the rest arrives."""
        self.method = method
        # As the client sent it.
        self.target = target
        # In origin form: path and query.
        self.path = target
        self.is_http11 = is_http11
        self.fields: dict[str, str] = {}
        self.keep_alive = is_http11
        self.has_body = False
        self.expects_continue = False
        self.body: Body | None = None


class RequestParser:
    """The requests of one connection, in order."""

    __slots__ = (
        "_body_limit",
        "_fields",
        "_fields_limit",
        "_framing",
        "_head_limit",
        "_head_octets",
        "_host",
        "_in_head",
        "_keys",
        "_left",
        "_line_limit",
        "_line_octets",
        "_line_size_limit",
        "_llhttp",
        "_make_body",
        "_received",
        "_repeated",
        "_tail",
        "_whole",
        "is_head",
        "request",
        "rest",
    )

    def __init__(self, limits: Limits, keys: FieldKeys, make_body: Callable[[Request], Body]) -> None:
        """Make a parser; `make_body` is asked for a sink when a head that announces a body is accepted."""
        self._head_limit = max(HEAD_BOUND, limits.line + limits.field_size)
        self._line_limit = limits.line or self._head_limit
        self._line_size_limit = limits.field_size or self._head_limit
        self._fields_limit = limits.fields or self._head_limit
        self._body_limit = limits.body or (1 << 63)
        self._keys = keys
        self._make_body = make_body
        # The request that is being received, None between two of them.
        self.request: Request | None = None
        # Whether what was refused, or is being received, is a HEAD: its answer has no body.
        self.is_head = False
        # Octets that were received and not looked at.
        self.rest = b""
        self._in_head = False
        self._head_octets = 0
        self._line_octets = 0
        # The last octets that llhttp took, at most three: a CRLF CRLF may lie across two reads.
        self._tail = b""
        # Octets of the body still to come, -1 where it is chunked.
        self._left = 0
        self._received = 0
        self._framing = 0
        self._repeated = 0
        self._whole = False
        # The Host that was last found right: a client that stays says the same one.
        self._host = ""
        self._fields: dict[str, str] = {}
        self._llhttp: HttpRequestParser | None = HttpRequestParser(self)

    def close(self) -> None:
        """Let go of llhttp, which holds this object as this object holds it."""
        self._llhttp = None

    @property
    def in_body(self) -> bool:
        """Whether a head was accepted and its body is being received."""
        return self.request is not None and not self._in_head

    def feed(self, data: bytes = b"") -> Request | None:
        """Take octets and give the request that they complete, None if more are needed.

        Raises Refusal for what can never become a request; the parser is then of no further use.
        """
        if self.rest:
            data = self.rest + data
            self.rest = b""
        if self.request is not None:
            return self._continue(data)

        line = START_LINE.match(data)
        if line is None or line.end() - 2 > self._line_limit:
            return self._begin_slowly(data)
        method, target, minor = line.groups()
        self.request = request = Request(method, target, minor == b"1")
        self.is_head = method == b"HEAD"
        self._fields = request.fields
        self._repeated = 0
        self._whole = False
        self._in_head = True
        end = data.find(b"\r\n\r\n", line.end() - 2) + 4
        if end == 3:  # noqa: PLR2004 - that is find's -1
            self._head_octets = 0
            # The start line has a limit of its own.
            self._line_octets = 2 - line.end()
            self._tail = b""
            return self._continue(data)
        if end > self._line_size_limit:
            self._line_octets = 0
            self._measure(data[line.end() : end])
            if end > self._head_limit:
                raise _too_large("the head")
        if end != len(data):
            self.rest = data[end:]
            data = data[:end]
        self._parse(data)
        return self._accept(request)

    # ---- the slow ways: what does not arrive as one whole head ----

    def _begin_slowly(self, data: bytes) -> Request | None:
        """Begin a request whose start line is not here whole, comes after empty lines, or is wrong."""
        empty = 0
        while data.startswith(b"\r\n", 2 * empty):
            empty += 1
            if empty > EMPTY_LINES_BOUND:
                raise bad_request("empty lines without end before a request")
        if empty:
            rest = data[2 * empty :]
            if rest:
                return self.feed(rest)
            # The empty lines stay where they are counted again, so that they cannot go on for ever.
            self.rest = data
            return None
        if not data or data == b"\r":
            self.rest = data
            return None

        line, crlf, _ = data.partition(b"\r\n")
        self.is_head = line.startswith(b"HEAD ")
        if len(line.rstrip(b"\r")) > self._line_limit:
            raise Refusal(414, "URI Too Long", f"the request line has more than {self._line_limit} octets")
        if not crlf and START_OF_LINE.match(data):
            self.rest = data
            return None
        if OTHER_VERSION.match(line):
            raise Refusal(505, "HTTP Version Not Supported", "HTTP/1.0 and HTTP/1.1 are spoken here")
        raise bad_request(f"not a request line: {line[:80]!r}")

    def _continue(self, data: bytes) -> Request | None:
        """Go on with a request of which a part is here."""
        request = self.request
        assert request is not None
        while data:
            piece = self._cut(data)
            data = data[len(piece) :]
            if self._in_head:
                whole_head = self._count_head(piece)
                self._parse(piece)
                if len(request.fields) + self._repeated > self._fields_limit:
                    raise _too_large(f"more than {self._fields_limit} fields")
                if whole_head:
                    self.rest = data
                    return self._accept(request)
            else:
                self._framing += len(piece)
                self._parse(piece)
                if self._left > 0:
                    self._left -= len(piece)
                if self._framing > FRAMING_BOUND:
                    raise bad_request(f"more than {FRAMING_BOUND} octets of chunk extensions or trailers")
                if self._whole:
                    self.rest = data
                    self.request = None
                    return request
        return None

    def _cut(self, data: bytes) -> bytes:
        """As many of these octets as belong to one message for sure (rule 2)."""
        if not self._in_head and self._left >= 0:
            return data if len(data) <= self._left else data[: self._left]
        at = (self._tail + data[:3]).find(b"\r\n\r\n")
        if at >= 0:
            end = at + 4 - len(self._tail)
        else:
            at = data.find(b"\r\n\r\n")
            if at < 0:
                self._tail = (self._tail + data)[-3:]
                return data
            end = at + 4
        self._tail = b""
        return data if end == len(data) else data[:end]

    def _count_head(self, piece: bytes) -> bool:
        """Hold a piece of the head against its limits; say whether the head ends with it."""
        self._head_octets += len(piece)
        if self._head_octets > self._head_limit:
            raise _too_large("the head")
        self._measure(piece)
        return not self._tail

    def _measure(self, lines: bytes) -> None:
        """Refuse a line that is longer than limit_request_field_size, even before it has ended."""
        for number, part in enumerate(lines.split(b"\n")):
            # The first part goes on from the piece before, the last one into the next.
            self._line_octets = len(part.rstrip(b"\r")) + (0 if number else self._line_octets)
            if self._line_octets > self._line_size_limit:
                raise _too_large(f"a field has more than {self._line_size_limit} octets")

    # ---- llhttp and its callbacks ----

    def _parse(self, piece: bytes) -> None:
        """Let llhttp read octets; turn what it says into a Refusal."""
        assert self._llhttp is not None
        try:
            self._llhttp.feed_data(piece)
        except HttpParserUpgrade:
            self._ignore_upgrade()
        except HttpParserCallbackError as error:
            if isinstance(error.__context__, Refusal):
                raise error.__context__ from None
            raise
        except HttpParserInvalidMethodError as error:
            raise Refusal(501, "Not Implemented", f"the method: {error}") from None
        except HttpParserError as error:
            if self._in_head and str(error).startswith("Data after"):
                # It takes `Proxy-Connection: close` for `Connection: close`. Whether a connection goes on is
                # decided in _accept, and nobody feeds one that does not.
                self._llhttp = HttpRequestParser(self)
                self._parse(piece)
                return
            if "nvalid method for" in str(error):
                raise Refusal(501, "Not Implemented", str(error)) from None
            raise bad_request(str(error)) from None

    def _ignore_upgrade(self) -> None:
        """Go on behind a request to upgrade (RFC 9110, 7.8); llhttp takes its body for another protocol."""
        assert self.request is not None
        fields = self.request.fields
        self._llhttp = HttpRequestParser(self)
        self._fields = {}
        length = fields.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in fields:
            self._whole = False
            self._llhttp.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        elif length.strip("0"):
            self._whole = False
            self._llhttp.feed_data(
                b"POST / HTTP/1.1\r\nContent-Length: " + length.encode("latin-1") + b"\r\n\r\n"
            )

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field (llhttp calls this), or a trailer, for which `_fields` is a dict that nobody reads."""
        key = self._keys[name]
        if not key or key in self._fields:
            self._add(key, value)
        else:
            self._fields[key] = value.decode("latin-1").rstrip(" \t")

    def _add(self, key: str, value: bytes) -> None:
        """Take a field that was dropped (no key), or one that came before (RFC 9110, 5.3)."""
        self._repeated += 1
        if not key:
            return
        if key == "HTTP_HOST":
            raise bad_request("more than one Host")
        between = "; " if key == "HTTP_COOKIE" else ","
        self._fields[key] += between + value.decode("latin-1").rstrip(" \t")

    def on_body(self, data: bytes) -> None:
        """Take octets of the body (llhttp calls this)."""
        self._framing = 0
        self._received += len(data)
        if self._received > self._body_limit:
            raise _body_too_large(self._body_limit)
        assert self.request is not None
        assert self.request.body is not None
        self.request.body.write(data)

    def on_message_complete(self) -> None:
        """Note the end of the message (llhttp calls this)."""
        self._whole = True

    # ---- what llhttp lets pass ----

    def _accept(self, request: Request) -> Request | None:
        """Hold a whole head against RFC 9112, and give the request if it has no body."""
        fields = request.fields
        if len(fields) + self._repeated > self._fields_limit:
            raise _too_large(f"more than {self._fields_limit} fields")
        host = fields.get("HTTP_HOST")
        if host is None:
            if request.is_http11:
                raise bad_request("no Host")
        elif host != self._host:
            if not is_host(host):
                raise bad_request("not a Host")
            self._host = host
        if request.target[0] != SLASH or request.method == b"CONNECT":
            origin_form(request)
        connection = fields.get("HTTP_CONNECTION")
        if connection is not None:
            options = [option.strip(" \t").lower() for option in connection.split(",")]
            request.keep_alive = "close" not in options and (request.is_http11 or "keep-alive" in options)
        self._in_head = False
        if "CONTENT_LENGTH" in fields or "HTTP_TRANSFER_ENCODING" in fields:
            self._accept_body(request)
        if "HTTP_EXPECT" in fields:
            _expect(request)
        if self._whole:
            self.request = None
            return request
        if not request.has_body:
            raise bad_request("a head that does not end")
        data, self.rest = self.rest, b""
        return self._continue(data) if data else None

    def _accept_body(self, request: Request) -> None:
        """Decide how the body ends (RFC 9112, 6.3); llhttp has refused what is contradictory."""
        fields = request.fields
        self._received = self._framing = 0
        self._tail = b""
        self._fields = {}
        coding = fields.get("HTTP_TRANSFER_ENCODING")
        if coding is not None:
            if not request.is_http11:
                raise bad_request("Transfer-Encoding in HTTP/1.0")
            if "CONTENT_LENGTH" in fields:
                raise bad_request("Transfer-Encoding and Content-Length")
            if coding.lower() != "chunked":
                raise Refusal(501, "Not Implemented", "a transfer coding other than chunked")
            self._left = -1
        else:
            length = fields["CONTENT_LENGTH"]
            if not (length.isascii() and length.isdigit()):
                raise bad_request("not a Content-Length")
            self._left = int(length)
            if self._left > self._body_limit:
                raise _body_too_large(self._body_limit)
            if not self._left:
                return
        request.has_body = True
        request.body = self._make_body(request)


def _expect(request: Request) -> None:
    """RFC 9110, 10.1.1: a server MAY refuse what it does not know; HTTP/1.0 clients do not wait."""
    if not request.is_http11:
        return
    if request.fields["HTTP_EXPECT"].lower() != "100-continue":
        raise Refusal(417, "Expectation Failed", "an expectation other than 100-continue")
    request.expects_continue = request.has_body


def _too_large(what: str) -> Refusal:
    return Refusal(431, "Request Header Fields Too Large", what)


def _body_too_large(limit: int) -> Refusal:
    return Refusal(413, "Content Too Large", f"a body of more than {limit} octets")
