"""HTTP/1.1 requests out of octets (RFC 9112), around llhttp.

`RequestParser.feed` takes what a socket gave and returns a request as soon as one is whole. It never parses
further than that: octets behind a request stay octets until the request has been answered, so that a
connection holds one request at a time however many its client sent at once.
"""

# llhttp decides what is syntax; it bounds nothing and lets some things pass. So
#
# Rule 1: octets are counted before llhttp sees them. A value that arrives in pieces costs it quadratic time,
#         and chunk extensions, trailers and empty lines have no callback at all.
# Rule 2: llhttp is fed whole heads, up to their CRLF CRLF, and of a body no more than belongs to one message
#         for sure: so one feed completes one request at most.
# Rule 3: the start line is ours: it must match START_LINE, whatever llhttp would tolerate.
# Rule 4: the fields are ours too, once llhttp has found their syntax right: what stands before and behind the
#         first colon of each line. It could call us for each of them, but that costs twice as much.

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.forwarded import Forwarding
from wsgid.protocol.refusal import Refusal, bad_request
from wsgid.protocol.target import is_host, origin_form

# A head that is larger is an attack or a mistake; peers stop between 8 KB (Tomcat, nginx a line) and 64 KB
# (h11 16, waitress 256).
HEAD_BOUND: Final = 64 * 1024

# Chunk sizes, extensions and trailers, beyond what a body in chunks has a right to: so many octets a piece,
# and twice the body. A client could else send without end what brings the body no nearer to its limit
# (CVE-2023-39326).
FRAMING_BOUND: Final = 16 * 1024
FRAMING_A_PIECE: Final = 16

# RFC 9112, 2.2: ignore "at least one" empty line before a request; clients that send more are not clients.
EMPTY_LINES_BOUND: Final = 8

TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - a word of RFC 9110
START_LINE: Final = re.compile(rf"({TOKEN}) ([!\"$-~]+) HTTP/1\.([01])")
OTHER_VERSION: Final = re.compile(rf"(?!PRI ){TOKEN} [!\"$-~]+ HTTP/[0-9]\.[0-9]\Z")

# Those of RFC 9110 and 5789. A start line with one of them is told to be right, which START_LINE would find
# too, by half of its price; any other is not wrong for that.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})

# All that may still become a START_LINE. Anything else is refused at once, so that a TLS client is not
# left waiting.
START_OF_LINE: Final = re.compile(
    TOKEN[:-1]
    + r"{0,32}(?: (?:[!\"$-~]+(?: (?:H(?:T(?:T(?:P(?:/(?:[0-9](?:\.(?:[0-9](?:\r)?)?)?)?)?)?)?)?)?)?)?)?\Z",
)


LLHTTP_ERRORS: Final = (HttpParserError, HttpParserUpgrade)


class Body(Protocol):
    """Where the octets of a body go."""

    def write(self, data: bytes, /) -> object:
        """Keep these octets, which follow those before."""

    def close(self) -> None:
        """Let go of them."""


class Limits:
    """What a request may cost, in octets (`fields`, `lines`: lines); reckoned out once for all parsers."""

    __slots__ = ("body", "field_size", "fields", "head", "line", "lines")

    def __init__(self, line: int = 8190, fields: int = 100, field_size: int = 8190, body: int = 0) -> None:
        """0 is no limit but HEAD_BOUND's."""
        self.head = head = max(HEAD_BOUND, line + field_size)
        self.line = line or head
        self.field_size = field_size or head
        self.fields = fields or head
        # Beside fields a head has its start line, the empty line, and what is behind that: nothing.
        self.lines = self.fields + 3
        self.body = body or (1 << 63)


class Request:
    """One request: its head, decoded, and the body that a sink took.

    Text is latin-1, as in PEP 3333.
    """

    __slots__ = (
        "body",
        "environ",
        "expects_continue",
        "has_body",
        "head",
        "is_http11",
        "keep_alive",
        "method",
        "path",
        "target",
    )

    def __init__(
        self,
        head: bytes,
        method: str,
        target: str,
        is_http11: bool,  # noqa: FBT001 - made in two places
        environ: dict[str, Any],
    ) -> None:
        """Begin with the start line; the rest follows."""
        # The octets that begin with the start line, for whoever watches.
        self.head = head
        self.method = method
        # As the client sent it.
        self.target = target
        # In origin form: path and query.
        self.path = target
        self.is_http11 = is_http11
        # The beginning of its environ: what all of its connection have in common, and the meta-variables of
        # its fields (HTTP_HOST; RFC 3875, 4.1.18). One dict from here to the application: a copy of a copy
        # would cost a browser's request half a microsecond.
        self.environ = environ
        self.keep_alive = is_http11
        self.has_body = False
        self.expects_continue = False
        self.body: Body | None = None


class RequestParser:
    """The requests of one connection, in order."""

    __slots__ = (
        "_common",
        "_forwarding",
        "_framing",
        "_head",
        "_heard",
        "_host",
        "_is_whole",
        "_keys",
        "_left",
        "_limits",
        "_line",
        "_line_ends",
        "_llhttp",
        "_make_body",
        "_pieces",
        "_received",
        "_tail",
        "on_body",
        "peer",
        "request",
        "rest",
    )

    # Set by _expect_body, which most requests do without. Octets of the body still to come, -1 where it is
    # chunked; what is below, for these alone.
    _left: int
    # The last octets that llhttp took, at most three: a CRLF CRLF may lie across two reads.
    _tail: bytes
    _received: int
    _framing: int

    # Set with the beginning of a head: how many of its lines have ended.
    _line_ends: int

    # Set with each head: whether llhttp has seen the end of the message.
    _is_whole: bool

    def __init__(
        self,
        limits: Limits,
        keys: FieldKeys,
        make_body: Callable[[Request], Body],
        common: dict[str, Any],
        forwarding: Forwarding | None = None,
        peer: bytes = b"",
    ) -> None:
        """Make a parser; `make_body` is asked for a sink when a head that announces a body is accepted.

        The environ of each request begins with a copy of `common`. Where the peer is believed, `forwarding`
        hears what it says of its clients; `keys` set that aside. `peer` is its address.
        """
        self._limits = limits
        self._keys = keys
        self._common = common
        self._forwarding = forwarding
        if forwarding is not None and forwarding.names_clients:
            # Every request is one to be looked at: one that names nobody is the proxy's own.
            self._common = {**common, "": ""}
        # Who asks, as the application sees it: the client of the request that was looked at last.
        self.peer = peer
        # The last start line beside which a proxy was believed, and the environ that came of it.
        self._heard: tuple[str, dict[str, Any]] | None = None
        self._make_body = make_body
        # The request whose body is being received.
        self.request: Request | None = None
        # The start line, or what came in its place.
        self._line = ""
        # Octets that were received and not looked at.
        self.rest = b""
        # A head that has not ended, though its start line has and is right.
        self._head: bytearray | None = None
        # The Host that was last found right: a client that stays says the same one.
        self._host = ""
        # The octets of a body in what llhttp was just fed: it calls `on_body` for each run of them. That is a
        # method of C, for it would cost as much as all else of a small form if it were one of ours.
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append
        self._llhttp: HttpRequestParser = HttpRequestParser(self)

    def close(self) -> None:
        """Let go of llhttp, which holds this object as this object holds it."""
        self._llhttp = None  # type: ignore[assignment]  # nobody feeds a parser that was closed

    def see(self, environ: dict[str, Any]) -> None:
        """Take from an environ who asks."""
        self.peer = environ.get("REMOTE_ADDR", "").encode("ascii", "replace")

    def note_line(self, octets: bytes) -> None:
        """Take octets for the beginning of a start line, though they will not be parsed: for `is_head`."""
        self._line = octets[: len("HEAD ")].decode("latin-1")

    @property
    def refused(self) -> dict[str, Any] | None:
        """The environ of what was refused, as far as it was read; None if nobody has said who asks."""
        if self.request is not None:
            return self.request.environ
        if self._heard is not None and self._heard[0] is self._line:
            return self._heard[1]
        return None

    @property
    def is_head(self) -> bool:
        """Whether what was refused, or is being received, is a HEAD: its answer has no body."""
        return self._line.startswith("HEAD ")

    @property
    def in_body(self) -> bool:
        """Whether a head was accepted and its body is being received."""
        return self.request is not None

    @property
    def has_begun(self) -> bool:
        """Whether a part of a request was looked at, and the rest is to come."""
        return self.request is not None or self._head is not None

    def feed(self, data: bytes = b"") -> Request | None:
        """Take octets and give the request that they complete, None if more are needed.

        Raises Refusal for what can never become a request; the parser is then of no further use.
        """
        if self.rest:
            data = self.rest + data
            self.rest = b""
        if self.request is not None:
            return self._feed_body(self.request, data)
        if self._head is not None:
            return self._feed_head(data)
        end = data.find(b"\r\n\r\n") + 4
        if end == 3:  # noqa: PLR2004 - that is find's -1
            return self._begin(data)
        head = data if end == len(data) else data[:end]
        lines = head.decode("latin-1").split("\r\n")
        line = lines[0]
        limits = self._limits
        parts = line.split(" ")
        if (
            len(parts) == 3  # noqa: PLR2004 - method, target and version
            and parts[2] == "HTTP/1.1"
            and parts[0] in METHODS
            and parts[1].isascii()
            and parts[1].isprintable()
            and "#" not in parts[1]
            and parts[1]
        ):
            method, target, _ = parts
            is_http11 = True
        else:
            match = START_LINE.fullmatch(line)
            if match is None:
                return self._begin(data)
            method, target, minor = match.groups()
            is_http11 = minor == "1"
        if len(line) > limits.line:
            return self._begin(data)
        if head is not data:
            self.rest = data[end:]
        self._line = line
        if end > limits.field_size:
            self._measure(head, lines)
        if len(lines) > limits.lines:
            raise _too_many_fields(limits.fields)
        self._is_whole = is_upgrade = False
        try:
            self._llhttp.feed_data(head)
        except LLHTTP_ERRORS as error:
            is_upgrade = self._is_upgrade(error, head)
        fields = self._common.copy()
        request = Request(head, method, target, is_http11, fields)
        keys = self._keys.known
        for text in lines[1:-2]:
            name, _, value = text.partition(":")
            try:
                key = keys[name]
            except KeyError:
                key = self._keys.find(name)
            if key in fields:
                _add(fields, key, value.strip(" \t"))
            else:
                fields[key] = value.strip(" \t")
        if is_upgrade:
            self._ignore_upgrade(fields)

        # What llhttp lets pass.
        host = fields.get("HTTP_HOST")
        if host is None:
            if is_http11:
                raise bad_request("no Host")
        elif host != self._host:
            if not is_host(host):
                raise bad_request("not a Host")
            self._host = host
        if target[0] != "/" or method == "CONNECT":
            origin_form(request)
        if "" in fields:
            # All that were to be left out; and among them what a believed proxy says.
            del fields[""]
            if self._forwarding is not None:
                self._forwarding.hear(request, lines[1:-2])
                self.see(fields)
                self._heard = line, fields
        if "HTTP_CONNECTION" in fields:
            _keep(request)
        if "CONTENT_LENGTH" in fields or "HTTP_TRANSFER_ENCODING" in fields:
            self._expect_body(request)
        if "HTTP_EXPECT" in fields:
            _expect(request)
        if self._is_whole:
            return request
        if not request.has_body:
            raise bad_request("a head that does not end")
        self.request = request
        data, self.rest = self.rest, b""
        return self._feed_body(request, data)

    # ---- the slow ways: what does not arrive as one whole head ----

    def _begin(self, data: bytes) -> Request | None:
        """Begin with octets that are no whole head, come after empty lines, or are wrong."""
        empty = 0
        while data.startswith(b"\r\n", 2 * empty):
            empty += 1
            if empty > EMPTY_LINES_BOUND:
                raise bad_request("empty lines without end before a request")
        if empty:
            rest = data[2 * empty :]
            if rest not in (b"", b"\r"):
                return self.feed(rest)
            # The empty lines stay where they are counted again, so that they cannot go on for ever; half of
            # the next is no reason to forget them.
            self.rest = data
            return None
        if not data or data == b"\r":
            self.rest = data
            return None

        octets, crlf, _ = data.partition(b"\r\n")
        self._line = line = octets.decode("latin-1")
        limit = self._limits.line
        if len(line.rstrip("\r")) > limit:
            raise Refusal(414, "URI Too Long", f"the request line has more than {limit} octets")
        if crlf and START_LINE.fullmatch(line):
            return self._feed_head(data)
        if not crlf and START_OF_LINE.match(line):
            self.rest = data
            return None
        if OTHER_VERSION.match(line):
            raise Refusal(505, "HTTP Version Not Supported", "HTTP/1.0 and HTTP/1.1 are spoken here")
        raise bad_request(f"not a request line: {line[:80]}")

    def _feed_head(self, data: bytes) -> Request | None:
        """Collect a head until it is whole, and hold it against its limits before."""
        limits = self._limits
        head = self._head
        if head is None:
            head = self._head = bytearray()
            self._line_ends = 0
        before = len(head)
        head += data
        end = head.find(b"\r\n\r\n", max(0, before - 3)) + 4
        if end == 3:  # noqa: PLR2004 - that is find's -1
            self._line_ends += data.count(b"\n")
            if len(head) > limits.head:
                raise _too_large("the head")
            # The lines that have grown; each may have the CR of its end already. The first is the start
            # line's, which has been measured.
            grown = head.rfind(b"\n", 0, before) + 1 or head.find(b"\n") + 1
            if max(map(len, head[grown:].split(b"\n"))) > limits.field_size + 1:
                raise _field_too_large(limits.field_size)
            # The first is the start line's.
            if self._line_ends - 1 > limits.fields:
                raise _too_many_fields(limits.fields)
            return None
        self._head = None
        return self.feed(bytes(head))

    def _measure(self, head: bytes, lines: list[str]) -> None:
        """Hold a large head against the limits in octets; that of the start line is another."""
        if len(head) > self._limits.head:
            raise _too_large("the head")
        if max(map(len, lines[1:])) > self._limits.field_size:
            raise _field_too_large(self._limits.field_size)

    def _feed_body(self, request: Request, data: bytes) -> Request | None:
        """Go on with a request whose head was accepted."""
        body = request.body
        assert body is not None
        pieces = self._pieces
        while data:
            left = self._left
            piece = data if len(data) <= left else self._cut(data)
            error: HttpParserError | HttpParserUpgrade | None = None
            try:
                self._llhttp.feed_data(piece)
            except LLHTTP_ERRORS as caught:
                error = caught
            if left < 0:
                self._measure_chunks(len(piece))
            else:
                self._left = left - len(piece)
            if error is not None:
                # Not before: a body that is too large is that, whatever comes behind it.
                self._is_upgrade(error, piece)
            for octets in pieces:
                body.write(octets)
            pieces.clear()
            data = data[len(piece) :]
            if self._is_whole:
                self.rest = data
                self.request = None
                return request
            if not self._left:
                raise bad_request("a body that does not end")
        return None

    def _measure_chunks(self, size: int) -> None:
        """Hold what llhttp found in `size` octets of a chunked body against its limits."""
        framing = self._framing + size
        for octets in self._pieces:
            framing = max(0, framing - 3 * len(octets) - FRAMING_A_PIECE)
            self._received += len(octets)
        self._framing = framing
        if self._received > self._limits.body:
            raise _body_too_large(self._limits.body)
        if framing > FRAMING_BOUND:
            raise bad_request(f"more than {FRAMING_BOUND} octets of chunk extensions or trailers")

    def _cut(self, data: bytes) -> bytes:
        """As many octets of a body as belong to one message for sure (rule 2)."""
        if self._left >= 0:
            return data[: self._left]
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

    # ---- llhttp and its callback ----

    def _is_upgrade(self, error: HttpParserError | HttpParserUpgrade, piece: bytes) -> bool:
        """Turn what llhttp raised into a Refusal; True if it only found octets for another protocol."""
        if isinstance(error, HttpParserUpgrade):
            return True
        if isinstance(error, HttpParserCallbackError):
            raise (error.__context__ or error) from None
        if isinstance(error, HttpParserInvalidMethodError):
            raise Refusal(501, "Not Implemented", f"the method: {error}")
        if self.request is None and str(error).startswith("Data after"):
            # It takes `Proxy-Connection: close` for `Connection: close`. Whether a connection goes on is
            # decided in _keep, and nobody feeds one that does not.
            self._llhttp = HttpRequestParser(self)
            try:
                self._llhttp.feed_data(piece)
            except LLHTTP_ERRORS as again:
                return self._is_upgrade(again, piece)
            return False
        if "nvalid method for" in str(error):
            raise Refusal(501, "Not Implemented", str(error))
        raise bad_request(str(error))

    def _ignore_upgrade(self, fields: dict[str, Any]) -> None:
        """Go on behind a request to upgrade (RFC 9110, 7.8); llhttp takes its body for another protocol."""
        self._llhttp = HttpRequestParser(self)
        length = fields.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in fields:
            self._is_whole = False
            self._llhttp.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        elif length.strip("0"):
            self._is_whole = False
            self._llhttp.feed_data(
                b"POST / HTTP/1.1\r\nContent-Length: " + length.encode("latin-1") + b"\r\n\r\n"
            )

    def on_message_complete(self) -> None:
        """Note the end of the message (llhttp calls this)."""
        self._is_whole = True

    def _expect_body(self, request: Request) -> None:
        """Decide how the body ends (RFC 9112, 6.3); llhttp has refused what is contradictory."""
        fields = request.environ
        coding = fields.get("HTTP_TRANSFER_ENCODING")
        if coding is not None:
            self._received = self._framing = 0
            self._tail = b""
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
            self._left = left = int(length)
            if left > self._limits.body:
                raise _body_too_large(self._limits.body)
            if not left:
                return
        request.has_body = True
        request.body = self._make_body(request)


def _add(fields: dict[str, Any], key: str, value: str) -> None:
    """Take a field that came before (RFC 9110, 5.3)."""
    if key == "HTTP_HOST":
        raise bad_request("more than one Host")
    fields[key] += ("; " if key == "HTTP_COOKIE" else ",") + value


def _keep(request: Request) -> None:
    """Decide whether the connection is kept (RFC 9112, 9.3)."""
    value = request.environ["HTTP_CONNECTION"]
    if value == "keep-alive":
        # What every browser says, and a tenth of the price.
        request.keep_alive = True
    elif value == "close":
        # nginx, where nobody has told it to keep its connections.
        request.keep_alive = False
    else:
        options = [option.strip(" \t").lower() for option in value.split(",")]
        request.keep_alive = "close" not in options and (request.is_http11 or "keep-alive" in options)


def _expect(request: Request) -> None:
    """RFC 9110, 10.1.1: a server MAY refuse what it does not know; HTTP/1.0 clients do not wait."""
    if not request.is_http11:
        return
    if request.environ["HTTP_EXPECT"].lower() != "100-continue":
        raise Refusal(417, "Expectation Failed", "an expectation other than 100-continue")
    request.expects_continue = request.has_body


def _too_large(what: str) -> Refusal:
    return Refusal(431, "Request Header Fields Too Large", what)


def _field_too_large(limit: int) -> Refusal:
    return _too_large(f"a field has more than {limit} octets")


def _too_many_fields(limit: int) -> Refusal:
    return _too_large(f"more than {limit} fields")


def _body_too_large(limit: int) -> Refusal:
    return Refusal(413, "Content Too Large", f"a body of more than {limit} octets")
