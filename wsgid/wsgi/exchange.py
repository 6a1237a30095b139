"""One request and its response: calls the application and frames what it says (PEP 3333)."""

# Rule 1: what an application does wrong is an answer (500) as long as its head has not gone out, and a cut
#         connection afterwards, so that a client never takes half of a response for a whole one.
# Rule 2: what an application hands over has no type before it was looked at: a compiled build would hold it
#         against its annotation, and say other words, or refuse what does no harm.
# Rule 3: `finish` is called exactly once, when the last octet is out or never will be. Only then is the
#         iterable closed and the exchange recorded.

import os
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Any, Final, Protocol

from wsgid.protocol.http1 import Request
from wsgid.protocol.response import FAILURE, Head, ResponseError, check_head, field_names, interim, without
from wsgid.wsgi.client_gone import ClientGone
from wsgid.wsgi.file_wrapper import FileRange, FileWrapper

Application = Callable[[dict[str, Any], Callable[..., Callable[[bytes], None]]], Iterable[bytes]]

# In the place of an environ that is not needed any more; nobody writes to it.
OVER: Final[dict[str, Any]] = {}

SWITCHED: Final = "101 Switching Protocols"

# From so many octets on a block is handed to the kernel beside its head: to join the two would cost more.
LARGE: Final = 32 * 1024

CRLF: Final = b"\r\n"

INTERNAL_ERROR: Final = b"500 Internal Server Error\n"


class Output(Protocol):
    """Where a response goes: the connection, seen from here."""

    @property
    def taken(self) -> object:
        """The socket, once the application speaks to the client itself (environ["gunicorn.socket"])."""

    @property
    def pending(self) -> object:
        """What the client has not taken yet; None or empty where that is nothing."""

    def send(self, data: bytes) -> None:
        """Send octets now; wait for the client if too much is pending. Raises ClientGone."""

    def send_last(self, data: bytes) -> None:
        """Send the last octets: what the client does not take goes on by itself. Raises ClientGone."""

    def descriptor(self) -> int | None:
        """Where octets are written as they are, as long as nothing is pending; None where TLS is spoken."""

    def send_rest(self, sent: int, *pieces: bytes) -> None:
        """Send as `send` does what is left of pieces that went to the descriptor. Raises ClientGone."""

    def send_last_pieces(self, *pieces: bytes) -> None:
        """Send octets as `send_last` does, in pieces too large to be joined. Raises ClientGone."""

    def send_file(self, part: FileRange) -> None:
        """Send a part of a file behind what is pending; it goes on after this returns."""

    def progress(self) -> None:
        """Note that the application got somewhere."""

    def progress_at(self) -> tuple["memoryview[float]", int] | None:
        """Where the time of it is written, for a loop that does so itself; None where there is more to do."""

    def cut(self, *, is_open_ended: bool) -> None:
        """Note that the rest of a response will not come; its client must learn of it.

        `is_open_ended`: nothing but the end of the connection would have told it where the response ends.
        """


class Surroundings:
    """What the exchanges of a worker share; made at boot."""

    __slots__ = ("_server_line", "app", "closes", "common", "end", "failed", "record", "report", "sendfile")

    def __init__(
        self,
        app: Application,
        report: Callable[["Exchange", str, BaseException | None], None],
        record: Callable[["Exchange"], None] | None,
        server_header: str,
        *,
        sendfile: bool,
        failed: Callable[[], None],
    ) -> None:
        """`report` is told what an application did wrong; `record` sees each exchange that is over.

        `failed` is called once for each request whose answer is a failure (500 and above), or that is cut.
        """
        self.app = app
        self.report = report
        self.failed = failed
        self.record = record
        self.sendfile = sendfile
        self._server_line = f"Server: {server_header}\r\n" if server_header else ""
        # Whether each connection ends with its answer: connections are not kept, or the server stops.
        self.closes = False
        # The lines of Date and Server, which end a head; the worker's loop renews them every second.
        self.common = b""
        # The same and the empty line: what most heads end with.
        self.end = b"\r\n"

    def renew_date(self, date: str) -> None:
        """Take the time as an IMF-fixdate (RFC 9110, 5.6.7)."""
        self.common = f"Date: {date}\r\n{self._server_line}".encode("latin-1")
        self.end = self.common + b"\r\n"


class Exchange:
    """One request on its way through the application.

    `keep_alive` says afterwards whether the connection may be used again.
    """

    __slots__ = (
        "_around",
        "_chunked",
        "_head",
        "_head_sent",
        "_is_full",
        "_iterable",
        "_output",
        "_remaining",
        "_request",
        "began",
        "ended",
        "environ",
        "headers",
        "keep_alive",
        "sent",
        "status",
        "unread",
    )

    # Set with the status: what the application said, pairs of text.
    headers: Any

    # Set by _start, which a response that leaves in one piece does without: whether the body is chunked; what
    # Content-Length still promises, -1 where the end is known otherwise; whether blocks are no more sent, as
    # there is no body, or the application went beyond Content-Length.
    _chunked: bool
    _remaining: int
    _is_full: bool

    def __init__(
        self,
        around: Surroundings,
        output: Output,
        request: Request,
        environ: dict[str, Any],
        began: float,
    ) -> None:
        """`began` is `time.monotonic()`, for the record, as `ended` is once it has."""
        self._around = around
        self._output = output
        self._request = request
        self.keep_alive = request.keep_alive
        self.environ = environ
        self.began = began
        # As the application said it; the record reads it.
        self.status = ""
        # Where the body is read while it arrives: whether a part of it is still to come.
        self.unread: Callable[[], bool] | None = None
        # Octets of the response's body that were given to the connection.
        self.sent = 0
        self._head: Head | None = None
        self._head_sent = False
        self._iterable: Iterable[bytes] | None = None
        environ["wsgi.early_hints"] = self.early_hints

    @property
    def has_begun(self) -> bool:
        """Whether a head went out."""
        return self._head_sent

    # ---- what the application calls ----

    def start_response(
        self,
        status: Any,
        headers: Any,
        exc_info: Any = None,
    ) -> Callable[[bytes], None]:
        """PEP 3333. Raises ResponseError here, where the traceback names the caller.

        A text, a list of pairs of text, and None or what sys.exc_info() gives.
        """
        if exc_info is not None:
            try:
                if self._head_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._head is not None:
            raise ResponseError("start_response was called twice without exc_info")
        self._head = check_head(status, headers)
        self.status = status
        self.headers = headers
        return self.write

    def write(self, data: object) -> None:
        """PEP 3333: the old way to send a block. Raises ClientGone."""
        self._send(data)
        self._output.progress()

    def early_hints(self, headers: Any) -> None:
        """Send a 103 (RFC 8297) to a client that understands it."""
        if self._request.is_http11 and not self._head_sent:
            self._output.send(interim("103 Early Hints", headers))

    # ---- what the worker calls ----

    def run(self) -> None:
        """Call the application and send what it says; the connection may still have octets afterwards."""
        around = self._around
        try:
            iterable: Any = around.app(self.environ, self.start_response)
            kind = type(iterable)
            if kind is list or kind is tuple:
                # These have no close(), and are not kept: what a slow client has not taken lies in a file.
                if len(iterable) == 1:
                    self._send_only(iterable[0])
                else:
                    self._send_all(iterable)
                return
            self._iterable = iterable
            if kind is FileWrapper and around.sendfile and self._send_file(iterable):
                pass
            else:
                self._send_all(iterable)
        except ClientGone:
            self.keep_alive = False
            if self._output.taken is not None:
                self._switch()
            elif self._head_sent:
                self._break_off()
        except BaseException as error:  # noqa: BLE001 - sys.exit() in an application is its error, not the worker's end
            self._fail(error)

    def finish(self, now: float) -> None:
        """Close the iterable and record the exchange; the last octet is out, or never will be."""
        self.ended = now
        iterable = self._iterable
        if iterable is not None:
            self._iterable = None
            self._close(iterable)
        record = self._around.record
        if record is not None and self.status:
            try:
                record(self)
            except Exception as error:  # noqa: BLE001 - an application may leave anything in its environ
                self._around.report(self, "the exchange cannot be recorded", error)
        # It holds early_hints, and so this object: let go now what the garbage collector would find late.
        self.environ = self._request.environ = OVER

    def _close(self, iterable: Iterable[bytes]) -> None:
        close = getattr(iterable, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:  # noqa: BLE001 - as in run
                self._around.report(self, "close() of the response failed", error)

    # ---- the body, in its three ways ----

    def _send_only(self, block: object) -> None:
        """A list of one: its length is the Content-Length, and all of it leaves in one send."""
        head = self._head
        if type(block) is not bytes:
            raise _not_bytes(block)
        if head is not None and not self._head_sent and self._request.method != "HEAD":
            octets, _, promised, has_body, _ = head
            length = len(block)
            if has_body and (promised == length or promised < 0):
                self.sent = length
                self._head_sent = True
                if promised < 0:
                    octets += b"Content-Length: %d\r\n" % length
                octets += self._end_of_head(head)
                if length < LARGE:
                    self._output.send_last(octets + block)
                else:
                    self._output.send_last_pieces(octets, block)
                return
        self._send(block)
        self._end()

    def _send_all(self, iterable: Iterable[object]) -> None:
        """Each block before the next is asked for; the head with the first that is not empty (PEP 3333)."""
        progress = self._output.progress
        blocks = iter(iterable)
        for block in blocks:
            if block:
                self._send(block)
                # Not when Content-Length is reached: what stands behind the last yield is to run.
                if self._is_full:
                    break
                if self._chunked:
                    progress()
                    self._send_chunks(blocks)
                    break
            elif type(block) is not bytes:
                raise _not_bytes(block)
            progress()
        self._end()

    def _send_chunks(self, blocks: Iterator[object]) -> None:
        """What `_send` and `progress` do, in one loop: a stream is hundreds of blocks, most of one size."""
        output = self._output
        progress, send = output.progress, output.send
        writev, now = os.writev, monotonic
        fd, place = output.descriptor(), output.progress_at()
        times, word = (None, 0) if place is None else place
        # Of the last block: its length, the line that says it, and what the two and a CRLF are together.
        size, line, whole = -1, b"", 0
        sent = 0
        try:
            for block in blocks:
                if type(block) is not bytes:
                    # Of a type derived from it, or an error.
                    self._send(block)
                    progress()
                    continue
                length = len(block)
                if length != size:
                    if not length:
                        progress()
                        continue
                    size, line = length, b"%x\r\n" % length
                    whole = len(line) + length + len(CRLF)
                sent += length
                # The application may send something, or take the socket, before each of its blocks.
                if fd is None or output.pending or output.taken is not None:
                    send(b"".join((line, block, CRLF)))
                else:
                    try:
                        written = writev(fd, (line, block, CRLF))
                    except BlockingIOError:
                        written = 0
                    except OSError as error:
                        raise ClientGone from error
                    if written != whole:
                        output.send_rest(written, line, block, CRLF)
                if times is None:
                    progress()
                else:
                    times[word] = now()
        finally:
            self.sent += sent

    def _send_file(self, wrapper: FileWrapper) -> bool:
        """Let the kernel send a regular file; False if this is none, or the response has no body."""
        head = self._head
        if head is None or self._head_sent or self._request.method == "HEAD":
            return False
        octets, _, promised, has_body, _ = head
        part = wrapper.file_range() if has_body else None
        if part is None:
            return False
        if promised < 0:
            promised = part.size
            octets += b"Content-Length: %d\r\n" % promised
        self._head_sent = True
        self._output.send(octets + self._end_of_head(head))
        size = min(promised, part.size)
        self.sent = size
        if size:
            self._output.send_file(part._replace(size=size))
        if size < promised:
            self._cut(f"the file ended {promised - size} octets before its Content-Length")
        return True

    # ---- framing ----

    def _send(self, block: object) -> None:
        """Send a block, behind the head if that has not gone out."""
        if not isinstance(block, bytes):
            raise _not_bytes(block)
        if not block:
            return
        start = b"" if self._head_sent else self._start(None)
        if self._is_full:
            block = b""
        elif len(block) > self._remaining >= 0:
            self._around.report(self, "more octets than Content-Length says: cut", None)
            self._is_full = True
            block = block[: self._remaining]
        if self._remaining > 0:
            self._remaining -= len(block)
        self.sent += len(block)
        if self._chunked:
            self._output.send(b"%b%x\r\n%b\r\n" % (start, len(block), block))
        elif start or block:
            self._output.send(start + block if start else block)

    def _start(self, length: int | None) -> bytes:
        """The head, and the framing: its Content-Length, else `length`, else chunks or close."""
        head = self._head
        if head is None:
            raise ResponseError("the application did not call start_response")
        octets, code, promised, has_body, _ = head
        self._head_sent = True
        self._chunked = False
        self._remaining = -1
        self._is_full = False
        if promised < 0 and length is not None and has_body:
            promised = length
            octets += b"Content-Length: %d\r\n" % length
        if not has_body or self._request.method == "HEAD":
            # RFC 9110, 8.6: no Content-Length with 204 and 1xx; with 304 and to HEAD it is that of the 200.
            if not has_body and code != 304:  # noqa: PLR2004 - the status' name
                octets = without(octets, {b"content-length"})
            if code < 200:  # noqa: PLR2004 - the client goes on waiting for a final one
                self.keep_alive = False
            self._remaining = 0
            self._is_full = True
        elif promised >= 0:
            self._remaining = promised
        elif self._request.is_http11:
            octets += b"Transfer-Encoding: chunked\r\n"
            self._chunked = True
        else:
            self.keep_alive = False
        return octets + self._end_of_head(head)

    def _end_of_head(self, head: Head) -> bytes:
        """What the server says in each head, and the empty line; decides whether the connection is kept."""
        around = self._around
        request = self._request
        octets, code, _, _, is_special = head
        is_plain = self.keep_alive and request.is_http11 and self.unread is None
        if is_plain and not (is_special or around.closes):
            return around.end
        if code >= FAILURE:
            around.failed()
        if around.closes or (self.unread is not None and self.unread()):
            # What is left of a body would be taken for the next request.
            self.keep_alive = False
        common = without(around.common, field_names(octets)) if is_special else around.common
        if not self.keep_alive:
            return common + b"Connection: close\r\n\r\n"
        return common + (b"\r\n" if request.is_http11 else b"Connection: keep-alive\r\n\r\n")

    def _end(self) -> None:
        """End the body as its framing demands."""
        if not self._head_sent:
            # No block came: to GET that is an empty body, to HEAD it says nothing.
            self._output.send_last(self._start(None if self._request.method == "HEAD" else 0))
        elif self._chunked:
            self._output.send_last(b"0\r\n\r\n")
        if self._remaining > 0:
            self._cut(f"{self._remaining} octets less than Content-Length says")

    def _break_off(self) -> None:
        """End the connection: what was promised will not come."""
        self.keep_alive = False
        # Not set where all was to leave in one piece, whose length is known.
        is_unbounded = getattr(self, "_remaining", 0) < 0
        self._output.cut(is_open_ended=is_unbounded and not self._chunked)

    def _cut(self, what: str) -> None:
        """Break off, and say why."""
        self._break_off()
        self._count_cut()
        self._around.report(self, f"{what}: connection closed", None)

    def _count_cut(self) -> None:
        """Count the request as failed, if its head has not said so."""
        if self._head is None or self._head[1] < FAILURE:
            self._around.failed()

    def _fail(self, error: BaseException) -> None:
        """Answer 500 if that is still possible."""
        if self._output.taken is not None:
            self._switch()
            # By StopIteration, or without a response at all, an application says that it is done.
            if isinstance(error, (StopIteration, ResponseError)):
                return
        self._around.report(self, "the application failed", error)
        if self._head_sent:
            self._break_off()
            self._count_cut()
            return
        self.status = "500 Internal Server Error"
        self.headers = [("Content-Type", "text/plain; charset=utf-8")]
        self._head = check_head(self.status, self.headers)
        body = b"" if self._request.method == "HEAD" else INTERNAL_ERROR
        self.sent = len(body)
        try:
            self._output.send(self._start(len(INTERNAL_ERROR)) + body)
        except ClientGone:
            self.keep_alive = False

    def _switch(self) -> None:
        """Take for the status what the client has heard of the application: no answer of ours."""
        self.status = SWITCHED
        self.headers = []
        self.sent = 0
        self.keep_alive = False
        self._head_sent = True


def _not_bytes(block: object) -> TypeError:
    return TypeError(f"a block of a response must be bytes, not {type(block).__name__}")
