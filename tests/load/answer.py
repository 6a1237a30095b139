"""Reads one HTTP/1.1 answer from octets and knows when it is whole; no socket, no clock.

The server is under suspicion here, so this parser is its own: short, strict, and without a line of what it
judges.
"""

from __future__ import annotations

import re

_STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*\Z")
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}\Z")


class NotHttpError(Exception):
    """These octets are no answer."""


class Answer:
    """One answer as it arrives."""

    __slots__ = (
        "_body_left",
        "_buffer",
        "_chunked",
        "body",
        "headers",
        "octets",
        "status",
        "surplus",
        "whole",
    )

    def __init__(self) -> None:
        self.octets = 0
        """How much came, of the head or the body."""
        self.status = 0
        """0 until the head is complete."""
        self.headers: dict[bytes, bytes] = {}
        """Names in lower case."""
        self.body = bytearray()
        self.whole = False
        self.surplus = b""
        """What came after the end of the answer: somebody else's, since nobody has asked for more."""
        self._buffer = bytearray()
        self._chunked = False
        self._body_left: int | None = None
        """Octets of the body, or of the chunk, that are still to come; None until known."""

    @property
    def closes(self) -> bool:
        """Whether the server will close the connection after this answer."""
        words = self.headers.get(b"connection", b"").lower().split(b",")
        return b"close" in [word.strip() for word in words]

    def feed(self, data: bytes) -> bool:
        """Take what was received; say whether the answer is whole."""
        if self.whole:
            self.surplus += data
            return True
        self.octets += len(data)
        self._buffer += data
        while self.status == 0 or self.status < 200:
            if not self._head():
                return False
        if self._chunked:
            self._take_chunks()
        else:
            self._take(self._body_left or 0)
            self.whole = self._body_left == 0
        if self.whole:
            self.surplus, self._buffer = bytes(self._buffer), bytearray()
        return self.whole

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        match = _STATUS_LINE.match(first)
        if match is None:
            raise NotHttpError(repr(first[:80]))
        self.status = int(match[1])
        self.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
        }
        self._chunked = self.headers.get(b"transfer-encoding", b"").lower() == b"chunked"
        if not self._chunked and self.status >= 200:
            length = self.headers.get(b"content-length", b"")
            if not length.isdigit():
                # An answer that ends with its connection cannot be told from a cut one.
                message = f"neither chunked nor a Content-Length: {first!r}"
                raise NotHttpError(message)
            self._body_left = int(length)
        return True

    def _take(self, count: int) -> None:
        taken = self._buffer[:count]
        del self._buffer[:count]
        self.body += taken
        self._body_left = count - len(taken)

    def _take_chunks(self) -> None:
        while True:
            if self._body_left is None:
                end = self._buffer.find(b"\r\n")
                if end < 0:
                    return
                size = bytes(self._buffer[:end])
                if not _CHUNK_SIZE.match(size):
                    message = f"chunk size {size[:20]!r}"
                    raise NotHttpError(message)
                if int(size, 16) == 0:
                    self._end_chunks(end + 2)
                    return
                del self._buffer[: end + 2]
                self._body_left = int(size, 16)
            self._take(self._body_left)
            if self._body_left or len(self._buffer) < 2:
                return
            if self._buffer[:2] != b"\r\n":
                message = "a chunk that is longer than its size"
                raise NotHttpError(message)
            del self._buffer[:2]
            self._body_left = None

    def _end_chunks(self, trailer: int) -> None:
        if len(self._buffer) < trailer + 2:
            return
        if self._buffer[trailer : trailer + 2] != b"\r\n":
            message = "trailers, which nobody sends here"
            raise NotHttpError(message)
        del self._buffer[: trailer + 2]
        self.whole = True
