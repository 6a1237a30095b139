"""One client: its socket, its parser, and what it has not taken yet of a response."""

import enum
import fcntl
import os
import select
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from wsgid.protocol.http1 import Request, RequestParser
from wsgid.protocol.refusal import Refusal
from wsgid.workers.relay import Relay
from wsgid.workers.takeover import Taken, Takeover
from wsgid.wsgi.body import Spool
from wsgid.wsgi.client_gone import ClientGone
from wsgid.wsgi.file_wrapper import FileRange

if TYPE_CHECKING:
    from wsgid.protocol.proxy import Preamble
    from wsgid.workers.secure import SecureSocket
    from wsgid.wsgi.exchange import Exchange

# What TIOCOUTQ gives, which is SIOCOUTQ of a socket.
QUEUED: Final = struct.Struct("i")

# Not the member of an enum, of which a number is made at each call.
SHUT_WR: Final = int(socket.SHUT_WR)

# `struct linger`: on, for no time.
RESET: Final = struct.pack("ii", 1, 0)

# In the place of the events for which epoll holds a connection: it must look anew.
STALE: Final = -1

# More than a preamble without certificates.
PREAMBLE_READ: Final = 512

# A sendfile(2) gives the processor back between two of these.
FILE_PIECE: Final = 1024 * 1024

# Of a connection that no proxy has said anything of; nobody writes to it.
NOTHING_TOLD: Final[dict[str, str]] = {}


def wait_in_thread(fd: int, events: int, timeout_s: float) -> bool:
    """Wait until a descriptor is ready for `events` (select.POLLIN, POLLOUT); False if that took too long."""
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(None if timeout_s == inf else timeout_s * 1000))


class Watch(Protocol):
    """Who is told how the application gets on: a cell of the scoreboard."""

    def progress(self, now: float) -> None:
        """It got somewhere."""

    def progress_at(self) -> tuple["memoryview[float]", int] | None:
        """Where the time of it is written; None where `progress` does more than that."""

    def waiting(self) -> None:
        """It waits for its client."""


class State(enum.Enum):
    """Where a connection stands; what it waits for, and how long, follows from it."""

    # Accepted; a proxy has to say first for whom (the PROXY protocol).
    PREAMBLE = "preamble"
    # Accepted; the two have not agreed on the keys of TLS yet.
    HANDSHAKE = "handshake"
    # Accepted, no octet of the client's yet.
    FRESH = "fresh"
    # Octets of a head.
    HEAD = "head"
    # A head, octets of a body.
    BODY = "body"
    # A body that waits for room among the temporary files; nobody reads the socket.
    PARKED = "parked"
    # Between two requests.
    IDLE = "idle"
    # In the hands of a thread.
    SERVING = "serving"
    # The application has ended, the client takes the rest.
    WRITING = "writing"
    # Answered and half closed: what still comes is drained, so that the client sees the answer and no reset.
    LINGERING = "lingering"
    CLOSED = "closed"


# A member of an enum costs two look-ups.
FRESH: Final = State.FRESH
CLOSED: Final = State.CLOSED


class Connection:
    """One client, from accept to close; owned by one thread at a time, or by the poller while it waits."""

    __slots__ = (
        "_pending_size",
        "_queued",
        "_send_timeout",
        "_spool",
        "_spooled",
        "armed",
        "cell",
        "deadline",
        "environ",
        "exchange",
        "fd",
        "is_cut",
        "is_lost",
        "parser",
        "peer",
        "pending",
        "preamble",
        "raw",
        "request",
        "requests",
        "resets",
        "secure",
        "since",
        "sock",
        "state",
        "taken",
        "takeover",
        "told",
        "wait",
    )

    def __init__(
        self,
        sock: socket.SocketType,
        parser: RequestParser,
        environ: dict[str, Any],
        peer: tuple[str, int] | None,
        deadline: float,
        spool: Spool,
        send_timeout: float,
        wait: Callable[[int, int, float], bool] = wait_in_thread,
    ) -> None:
        """Take a connected socket that does not block."""
        # What is sent here is plain text.
        self.raw = sock
        # Where octets are received and sent.
        self.sock: socket.SocketType | SecureSocket = sock
        # The same, where TLS is spoken on it.
        self.secure: SecureSocket | None = None
        self.fd = sock.fileno()
        self.parser = parser
        # What the environs of its requests have in common.
        self.environ = environ
        # Who is at the other end of the socket; None where that is a Unix socket.
        self.peer = peer
        # What comes before the first octet of the client's, until it is complete.
        self.preamble: Preamble | None = None
        # What it told, for whoever takes the connection over: the socket does not know it.
        self.told = NOTHING_TOLD
        self.state = FRESH
        # The events for which epoll holds it; 0 while it is not registered. Written by the owner.
        self.armed = 0
        # When the state must have changed, and since when it stands: time.monotonic().
        self.deadline = deadline
        # Waits for its client as its kind of server does.
        self.wait = wait
        self.since = 0.0
        self.requests = 0
        # The exchange whose response is going out.
        self.exchange: Exchange | None = None
        # The request that it answers; the application may still look at its body.
        self.request: Request | None = None
        # The cell of whoever serves it.
        self.cell: Watch | None = None
        # Whether what was promised will not come, so that the connection must end after what is pending.
        self.is_cut = False
        # Whether nobody can be told that nothing more comes: the client has gone, or hears another protocol,
        # or is reset.
        self.is_lost = False
        # Whether only a reset says that the end of the connection is not that of a response.
        self.resets = False
        # The socket, once it is the application's, as it is for that; and what stands for it before.
        self.taken: socket.socket | None = None
        self.takeover: Takeover | None = None
        self._spool = spool
        self._send_timeout = send_timeout
        # What the client has not taken yet; None where it has never left anything, as most have not.
        self.pending: deque[memoryview | FileRange] | None = None
        self._pending_size = 0
        # Octets in the kernel that the client had not taken when we last looked.
        self._queued = 0
        # A temporary file that holds the rest of a response, and its size.
        self._spooled: tuple[Any, int] | None = None

    def read_preamble(self) -> dict[str, str]:
        """Read on in the preamble, and no octet beyond it; gives what it told once it is complete.

        Raises BlockingIOError while more is to come, Refusal, and OSError, as recv(2) does.
        """
        preamble = self.preamble
        assert preamble is not None
        sock = self.raw
        while preamble.told is None:
            shown = sock.recv(PREAMBLE_READ, socket.MSG_PEEK)
            if not shown:
                raise ConnectionAbortedError("it ended in the preamble")
            sock.recv(preamble.feed(shown))
        return preamble.told

    def look_again(self) -> None:
        """Have epoll look at the socket anew when it next waits: it may have more than was read."""
        if self.armed:
            self.armed = STALE

    def speak_tls(self, secure: "SecureSocket") -> None:
        """Have TLS on the socket, beginning with a handshake."""
        self.sock = self.secure = secure
        self.state = State.HANDSHAKE
        secure.on_more = self.look_again

    def give_up_tls(self) -> None:
        """Speak plain text from here on: the client does, and has said nothing else yet."""
        self.sock, self.secure = self.raw, None

    @property
    def writes(self) -> bool:
        """Whether it is the client's turn to take something."""
        return self.state is State.WRITING or (
            self.state is State.HANDSHAKE and self.secure is not None and self.secure.wants_to_write
        )

    # ---- Output, for the exchange ----

    def send(self, data: bytes) -> None:
        """Send octets; hold the application back while the client takes nothing."""
        # As send_last does it: a stream comes here again and again.
        if self.pending:
            self._keep(memoryview(data))
            self.flush()
        else:
            try:
                sent = self.sock.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                raise ClientGone from error
            if sent == len(data):
                return
            self._keep(memoryview(data)[sent:])
        if self._pending_size > self._spool.memory:
            self.wait_until_sent()

    def send_last(self, data: bytes) -> None:
        """Send octets, and keep what the client does not take."""
        if self.pending:
            self._keep(memoryview(data))
            self.flush()
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ClientGone from error
        if sent != len(data):
            self._keep(memoryview(data)[sent:])

    def descriptor(self) -> int | None:
        """The socket's, where what is written to it is what the client hears."""
        return self.fd if self.secure is None else None

    def send_rest(self, sent: int, *pieces: bytes) -> None:
        """Send what is left of pieces, as `send` does."""
        self._keep_rest(sent, pieces)
        self.flush()
        if self._pending_size > self._spool.memory:
            self.wait_until_sent()

    def send_last_pieces(self, *pieces: bytes) -> None:
        """Send octets as `send_last` does; the kernel joins them."""
        if self.pending or self.sock is not self.raw:
            # Behind others, or into what is no socket of the kernel's: TLS, or one that was taken over.
            self.send_last(b"".join(pieces))
            return
        try:
            sent = os.writev(self.fd, pieces)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ClientGone from error
        self._keep_rest(sent, pieces)

    def send_file(self, part: FileRange) -> None:
        """Send a part of a file, and keep what the client does not take."""
        self._put(part)
        self.flush()

    def cut(self, *, is_open_ended: bool) -> None:
        """Note that the client must not take what it has for the whole (RFC 9112, 8; RFC 8446, 6.1)."""
        self.is_cut = True
        if self.secure is not None:
            self.secure.say_no_goodbye()
        if is_open_ended and self.raw.family != socket.AF_UNIX:
            self.resets = self.is_lost = True

    def progress(self) -> None:
        """Tell the scoreboard that the application got somewhere."""
        if self.cell is not None:
            self.cell.progress(monotonic())

    def progress_at(self) -> tuple["memoryview[float]", int] | None:
        """Where the scoreboard has the time of it, if that is all that it is told."""
        return None if self.cell is None else self.cell.progress_at()

    def take(self) -> socket.socket:
        """Make the socket the application's: it blocks from here on, and nothing of ours is said by it."""
        if self.taken is None:
            if self.pending:
                self.wait_until_sent()
            if self.cell is not None:
                self.cell.waiting()
            end = None
            if self.secure is None:
                ours = self.raw
                # Made anew, for it is to be what `socket` means here: gevent's, where that has patched.
                self.taken = socket.socket(ours.family, ours.type, ours.proto, fileno=ours.detach())
                self.taken.setblocking(True)
            else:
                relay = Relay(self.secure)
                self.secure = None
                self.taken, end = relay.application, relay.end
            self.sock = cast("socket.socket", Taken(self.taken, self.wait, end))
            self.is_lost = self.is_cut = True
        return self.taken

    # ---- what is pending ----

    def _keep(self, octets: memoryview) -> None:
        self._put(octets)
        self._pending_size += len(octets)

    def _keep_rest(self, sent: int, pieces: tuple[bytes, ...]) -> None:
        for piece in pieces:
            if sent < len(piece):
                self._keep(memoryview(piece)[sent:])
            sent = max(0, sent - len(piece))

    def _put(self, what: memoryview | FileRange) -> None:
        if self.pending is None:
            self.pending = deque()
        self.pending.append(what)

    def flush(self) -> bool:
        """Send what the client takes now; say whether it took anything. Raises ClientGone."""
        pending = self.pending
        moved = False
        try:
            while pending:
                first = pending[0]
                if isinstance(first, FileRange):
                    sent = self._send_part(first)
                    if not sent:
                        # The file was cut short after we looked; its length was promised.
                        self.cut(is_open_ended=False)
                        pending.clear()
                        return True
                    rest = first.size - sent
                    if rest:
                        pending[0] = FileRange(first.descriptor, first.offset + sent, rest)
                    else:
                        pending.popleft()
                else:
                    sent = self.sock.send(first)
                    self._pending_size -= sent
                    if sent < len(first):
                        pending[0] = first[sent:]
                    else:
                        pending.popleft()
                moved = True
        except BlockingIOError:
            pass
        except OSError as error:
            raise ClientGone from error
        return moved

    def has_taken(self) -> bool:
        """Whether the client took octets since this was last asked.

        A socket is writable again only when a third of its buffer is free: a client that takes a little all
        the time looks dead until then. The kernel knows better (SIOCOUTQ, tcp(7)).
        """
        before = self._queued
        try:
            (self._queued,) = QUEUED.unpack(fcntl.ioctl(self.fd, termios.TIOCOUTQ, bytes(QUEUED.size)))
        except OSError:
            return False
        return self._queued < before

    def _send_part(self, part: FileRange) -> int:
        count = min(part.size, FILE_PIECE)
        if self.secure is None:
            try:
                return os.sendfile(self.fd, part.descriptor, part.offset, count)
            except OSError as error:
                if isinstance(error, (BlockingIOError, ConnectionError)):
                    raise
        # By hand: what is to be ciphered, and what some file systems cannot (EINVAL, ENOSYS).
        data = os.pread(part.descriptor, min(count, 64 * 1024), part.offset)
        return self.sock.send(data) if data else 0

    def wait_until_sent(self) -> None:
        """Wait until the client took all. Raises ClientGone after `send_timeout`."""
        if self.cell is not None:
            self.cell.waiting()
        self.has_taken()
        while self.pending:
            if self.wait(self.fd, select.POLLOUT, self._send_timeout):
                self.flush()
                self.has_taken()
            elif not self.has_taken():
                raise ClientGone(f"it took nothing for {self._send_timeout:g} s")
        self.progress()

    def detach_pending(self) -> None:
        """Move what is pending out of memory, so that it needs no thread; wait if there is no room.

        Raises ClientGone.
        """
        size = self._pending_size
        pending = self.pending
        if pending is None or size <= self._spool.memory:
            return
        if not self._spool.budget.has_room(size):
            self.wait_until_sent()
            return
        try:
            file = self._spool.open_file()
            for octets in pending:
                # Behind octets there is never a part of a file here: one of them is all of a response's body.
                view = memoryview(octets)  # type: ignore[arg-type]
                while view:
                    view = view[file.write(view) :]
        except (OSError, Refusal):
            self.wait_until_sent()
            return
        self._spool.budget.take(size)
        self._spooled = (file, size)
        pending.clear()
        pending.append(FileRange(file.fileno(), 0, size))
        self._pending_size = 0

    def drop_pending(self) -> None:
        """Forget what is pending, and the file that holds it."""
        if self.pending:
            self.pending.clear()
        self._pending_size = 0
        if self._spooled is not None:
            file, size = self._spooled
            self._spooled = None
            file.close()
            self._spool.budget.give_back(size)

    def lose(self) -> None:
        """Note that the client takes no more."""
        self.drop_pending()
        self.is_lost = True
        self.cut(is_open_ended=False)

    def say_end(self) -> None:
        """Say to all who have the socket that nothing more comes. Raises OSError where nobody hears it."""
        if self.resets:
            # By close(2); what the kernel has not sent yet is lost with it.
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        else:
            self.sock.shutdown(SHUT_WR)

    def close(self) -> None:
        """Let go of everything; the poller has forgotten it."""
        self.state = CLOSED
        if self.pending or self._spooled is not None:
            self.drop_pending()
        request = self.parser.request
        if request is not None and request.body is not None:
            request.body.close()
        if self.request is not None and self.request.body is not None:
            self.request.body.close()
        self.parser.close()
        if self.takeover is not None:
            self.takeover.end()
        if self.secure is not None:
            self.secure.end()
        self.sock.close()
