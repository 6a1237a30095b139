"""A body that the application reads while it arrives (`request_buffering` off)."""

import io
import select
from time import monotonic
from typing import BinaryIO, cast

from wsgid.protocol.http1 import Request
from wsgid.protocol.refusal import Refusal
from wsgid.protocol.response import CONTINUE
from wsgid.workers.connection import Connection
from wsgid.wsgi.body import RequestBody, StreamedBody, StreamReader
from wsgid.wsgi.client_gone import ClientGone

READ = 64 * 1024


def open_body(connection: Connection, request: Request, timeout: float) -> "tuple[BinaryIO, BodyPull | None]":
    """`wsgi.input` for a request, and what still pulls it from the connection, unless it is here whole."""
    if request.body is None:
        return io.BytesIO(), None
    if isinstance(request.body, RequestBody):
        return request.body.open(), None
    pull = BodyPull(connection, request, timeout)
    return pull.open(), pull


class BodyPull:
    """Receives the body of one request, in the thread that reads it."""

    __slots__ = ("_body", "_connection", "_request", "_timeout", "refusal")

    def __init__(self, connection: Connection, request: Request, timeout: float) -> None:
        """`timeout` is the longest time without an octet, in seconds, perhaps inf."""
        self._connection = connection
        self._request = request
        self._body = cast("StreamedBody", request.body)
        self._timeout = timeout
        # Why the body cannot be read, once that is known.
        self.refusal: Refusal | None = None

    def is_unread(self) -> bool:
        """Whether a part of the body was not received."""
        return self._connection.parser.request is self._request

    def open(self) -> BinaryIO:
        """`wsgi.input`."""
        return io.BufferedReader(cast("io.RawIOBase", StreamReader(self._pull)))

    def _pull(self) -> bytes:
        """Receive more; b"" at the end. Raises ClientGone where the client left or stalled before it."""
        connection = self._connection
        while not (data := self._body.take()):
            if not self.is_unread():
                return b""
            try:
                if self._request.expects_continue:
                    self._request.expects_continue = False
                    connection.sock.send(CONTINUE)
                received = self._receive()
            except OSError as error:
                raise ClientGone(f"the body cannot be read: {error}") from error
            if not received:
                raise ClientGone("the client left before the end of the body")
            try:
                connection.parser.feed(received)
            except Refusal as refusal:
                self.refusal = refusal
                raise ClientGone(f"the body cannot be read: {refusal.detail}") from None
        return data

    def _receive(self) -> bytes:
        connection = self._connection
        cell = connection.cell
        while True:
            try:
                return connection.sock.recv(READ)
            except BlockingIOError:
                pass
            if cell is not None:
                cell.waiting()
            if not connection.wait(connection.fd, select.POLLIN, self._timeout):
                self.refusal = Refusal(408, "Request Timeout", "body not complete")
                raise TimeoutError(f"the client sent nothing for {self._timeout:g} s")
            # Of TLS it may be a part of a record, from which nothing can be read yet.
            if cell is not None:
                cell.progress(monotonic())
