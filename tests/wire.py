"""A client that believes nothing: reads answers as strictly as RFC 9112 lets it, fails on a wrong one.

http.client forgives (bare LF, two lengths, a body after HEAD); what a server puts on the wire is the test.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import socket
    from types import TracebackType

STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)")
# field-name ":" OWS field-value OWS (RFC 9112, 5)
FIELD_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)")
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
HEAD_LIMIT = 65536


class WireError(AssertionError):
    """What came is not what the standard allows; the text shows the octets."""


class CutError(WireError):
    """The connection ended in the middle of an answer."""


class BrokenOffError(CutError):
    """It ended as no whole answer does: by a reset, or over TLS without a good-bye."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it stood on the wire."""

    version: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    # how the end of the body was told; "none": there is none by RFC 9112, 6.3; "cut": it was not
    framing: Literal["none", "length", "chunked", "close", "cut"]
    # the body's chunks, where it came in chunks
    chunks: tuple[bytes, ...]
    head: bytes

    def header(self, name: str) -> str | None:
        """Give the value of a header that may stand there once at most."""
        values = self.values(name)
        if len(values) > 1:
            raise WireError(f"{name} stands there {len(values)} times: {self.head!r}")
        return values[0] if values else None

    def values(self, name: str) -> tuple[str, ...]:
        """Give every value of a header, in their order."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def is_last(self) -> bool:
        """Whether it says that the connection ends with it."""
        words = [word.strip().lower() for value in self.values("Connection") for word in value.split(",")]
        return "close" in words or (self.version == "HTTP/1.0" and "keep-alive" not in words)


class Wire:
    """One connection and what has come by it but is not read yet."""

    def __init__(self, sock: socket.socket) -> None:
        """Own the socket from now on; its timeout bounds every wait."""
        self.sock = sock
        self._data = bytearray()
        self._is_broken_off = False

    def __enter__(self) -> Wire:  # noqa: PYI034  typing has no Self before 3.11
        """Leave with the connection closed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def ask(self, request: bytes, *, head: bool = False) -> Answer:
        """Send a request and read its answer."""
        self.send(request)
        return self.read_answer(head=head)

    def read_answer(self, *, head: bool = False, may_be_cut: bool = False) -> Answer:
        """Read the next answer; `head`: it answers a HEAD, so no body belongs to it."""
        raw = self._until(b"\r\n\r\n", HEAD_LIMIT)
        version, status, reason, headers = parse_head(raw)
        answer = Answer(version, status, reason, headers, b"", "none", (), raw)
        lengths, codings = answer.values("Content-Length"), answer.values("Transfer-Encoding")
        check_framing(answer)
        if head or status in {204, 304} or status < 200:
            return answer
        chunks: list[bytes] = []
        framing: Literal["length", "chunked", "close", "cut"]
        try:
            if codings:
                framing = "chunked"
                self._read_chunks(chunks)
            elif lengths:
                framing = "length"
                self._read_length(int(lengths[0]), chunks)
            else:
                framing = "close"
                self._read_whole(chunks)
        except CutError as error:
            if not may_be_cut:
                raise
            if isinstance(error, BrokenOffError):
                chunks.append(self._take(len(self._data)))
            elif isinstance(self.sock, ssl.SSLSocket):
                raise WireError("half of an answer, and then a good-bye") from error
            framing = "cut"
        kept_chunks = tuple(chunks) if codings else ()
        return Answer(version, status, reason, headers, b"".join(chunks), framing, kept_chunks, raw)

    def peek(self) -> bytes:
        """Wait for something that is not read yet, and show it; nothing at the end."""
        if not self._data:
            self._fill()
        return bytes(self._data)

    def read_to_end(self) -> bytes:
        """Read until the server closes its side; a reset is an error, for it may have eaten an answer."""
        while self._fill():
            pass
        return self._take(len(self._data))

    def read_exactly(self, size: int) -> bytes:
        """Read so many octets."""
        while len(self._data) < size:
            if not self._fill():
                raise CutError(
                    f"{len(self._data)} octets of {size} came, then the end: {bytes(self._data[-200:])!r}"
                )
        return self._take(size)

    def read_until(self, mark: bytes) -> bytes:
        """Read up to the end of this mark."""
        return self._until(mark, HEAD_LIMIT)

    def read_some(self, size: int) -> None:
        """Take at most so many octets off the socket; they are read later."""
        while size > 0 and (data := self.sock.recv(size)):
            self._data += data
            size -= len(data)

    def _read_whole(self, chunks: list[bytes]) -> None:
        try:
            chunks.append(self.read_to_end())
        except ConnectionResetError as error:
            # What a TLS socket says when it is read once more is another thing with each Python.
            self._is_broken_off = True
            raise BrokenOffError(f"{len(self._data)} octets came, then a reset") from error

    def _read_length(self, size: int, chunks: list[bytes]) -> None:
        while len(self._data) < size:
            if not self._fill():
                chunks.append(self.read_to_end())
                raise CutError(f"{len(chunks[-1])} octets of {size} came, then the end")
        chunks.append(self.read_exactly(size))

    def _read_chunks(self, chunks: list[bytes]) -> None:
        while True:
            line = self._until(b"\r\n", 32)[:-2]
            if not CHUNK_SIZE.fullmatch(line):
                raise WireError(f"not a chunk size: {line!r}")
            size = int(line, 16)
            if size:
                self._read_length(size, chunks)
            if (end := self.read_exactly(2)) != b"\r\n":
                raise WireError(f"a chunk of {size} octets ends with {end!r}")
            if not size:
                return

    def _until(self, mark: bytes, limit: int) -> bytes:
        while (place := self._data.find(mark)) < 0:
            if len(self._data) > limit:
                raise WireError(f"no {mark!r} within {limit} octets: {bytes(self._data[:200])!r}")
            if not self._fill():
                raise CutError(f"the end came before {mark!r}: {bytes(self._data[:200])!r}")
        return self._take(place + len(mark))

    def _take(self, size: int) -> bytes:
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    def _fill(self) -> bool:
        if self._is_broken_off:
            return False
        try:
            data = self.sock.recv(65536)
        except ssl.SSLError as error:
            # Python before 3.11.3 has OpenSSL's own word for it alone.
            if not (isinstance(error, ssl.SSLEOFError) or error.reason == "UNEXPECTED_EOF_WHILE_READING"):
                raise
            self._is_broken_off = True
            raise BrokenOffError("the end came without a good-bye") from error
        self._data += data
        return bool(data)


def parse_head(raw: bytes) -> tuple[str, int, str, tuple[tuple[str, str], ...]]:
    """Take a head apart, as strictly as RFC 9112, 4 and 5 allow a sender to be."""
    status_line, *lines = raw[: -len(b"\r\n\r\n")].split(b"\r\n")
    match = STATUS_LINE.fullmatch(status_line)
    if not match:
        raise WireError(f"not a status line: {status_line!r}")
    headers = []
    for line in lines:
        field = FIELD_LINE.fullmatch(line)
        if not field:
            raise WireError(f"not a header line: {line!r}")
        headers.append((field[1].decode("ascii"), field[2].strip(b" \t").decode("latin-1")))
    return match[1].decode(), int(match[2]), match[3].decode("latin-1"), tuple(headers)


def check_framing(answer: Answer) -> None:
    """Refuse what could be read in two ways (RFC 9112, 6)."""
    lengths, codings = answer.values("Content-Length"), answer.values("Transfer-Encoding")
    if codings and (codings != ("chunked",) or answer.version == "HTTP/1.0"):
        raise WireError(f"Transfer-Encoding {codings} in {answer.version}: {answer.head!r}")
    if lengths and (len(lengths) > 1 or codings or not re.fullmatch("[0-9]+", lengths[0])):
        raise WireError(f"Content-Length {lengths}, Transfer-Encoding {codings}: {answer.head!r}")
    if (lengths or codings) and (answer.status == 204 or answer.status < 200):
        raise WireError(f"a length for {answer.status}: {answer.head!r}")
