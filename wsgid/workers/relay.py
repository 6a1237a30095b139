"""What an application says in another protocol to a client that speaks TLS, and what it hears.

The application has one end of a pair of sockets, which it can wait for, block on and close like any other. A
thread carries octets between the other end and the client: the application's own could not know of what lies
deciphered where no epoll sees it, and two of them would use one TLS at a time.
"""

# Rule: the client's socket is closed by `end` alone, when the connection is struck off. Until then nobody
#       else may get its descriptor.

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgid.workers.secure import SecureSocket

# As much as a record holds.
PIECE: Final = 16 * 1024

# How long the client may take to hear the last of the application, and then to say good-bye.
LINGER_S: Final = 1.0

# eventlet takes it away.
CAN_RELAY: Final = hasattr(select, "poll")


class Way:
    """One direction: what was received and is not sent yet, and whether more may come."""

    __slots__ = ("_receive", "_say_end", "_send", "has_ended", "is_open", "pending")

    def __init__(
        self, receive: Callable[[int], bytes], send: Callable[[bytes], int], say_end: Callable[[int], None]
    ) -> None:
        self._receive = receive
        self._send = send
        self._say_end = say_end
        self.pending = b""
        self.is_open = True
        # Whether the other side was told that nothing more comes.
        self.has_ended = False

    def move(self) -> None:
        """Carry what can be carried now. Raises OSError where one side is gone."""
        with contextlib.suppress(BlockingIOError):
            if self.is_open and not self.pending:
                self.pending = self._receive(PIECE)
                self.is_open = bool(self.pending)
            while self.pending:
                self.pending = self.pending[self._send(self.pending) :]
        if not self.is_open and not self.pending and not self.has_ended:
            self.has_ended = True
            self._say_end(socket.SHUT_WR)

    def discard(self) -> None:
        """Throw away what is here and what still comes."""
        self.pending = b""
        self._send = len


class Relay:
    """Carries octets between the TLS of a client and the socket that an application has."""

    __slots__ = ("_inner", "_secure", "_thread", "_until", "application")

    def __init__(self, secure: "SecureSocket") -> None:
        """Take over a client that nobody else reads or writes any more."""
        self.application, self._inner = socket.socketpair()
        self._inner.setblocking(False)
        self._secure = secure
        # When it stops, whatever is still to be carried.
        self._until = inf
        self._thread = threading.Thread(target=self._run, name="wsgid-relay", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Carry the last of it, part from the client, and close its socket."""
        self._until = monotonic() + LINGER_S
        with contextlib.suppress(OSError):
            # It wakes the thread, whatever copies of its end the application has left behind.
            self._inner.shutdown(socket.SHUT_RD)
        self._thread.join()
        self._inner.close()
        self._secure.close()

    def _run(self) -> None:
        try:
            self._carry()
        except OSError:
            # One of the two is gone, and the other need not wait.
            pass
        finally:
            with contextlib.suppress(OSError):
                self._inner.shutdown(socket.SHUT_RDWR)

    def _carry(self) -> None:
        secure, inner = self._secure, self._inner
        said = Way(self._listen, secure.send, secure.shutdown)
        heard = Way(secure.recv, self._tell, inner.shutdown)
        poll = select.poll()
        while True:
            said.move()
            if said.has_ended:
                self._until = min(self._until, monotonic() + LINGER_S)
                heard.discard()
            heard.move()
            left_s = self._until - monotonic()
            if left_s <= 0 or (said.has_ended and heard.has_ended):
                return
            _watch(poll, secure.fileno(), reads=heard, writes=said)
            _watch(poll, inner.fileno(), reads=said, writes=heard)
            poll.poll(None if left_s == inf else left_s * 1000)

    def _listen(self, size: int) -> bytes:
        """Hear from the application; one that has closed its socket without reading all has ended as well."""
        try:
            return self._inner.recv(size)
        except ConnectionError:
            return b""

    def _tell(self, data: bytes) -> int:
        """Let the application hear; one that has closed its socket hears nothing."""
        try:
            return self._inner.send(data)
        except ConnectionError:
            return len(data)


def _watch(poll: "select.poll", fd: int, *, reads: Way, writes: Way) -> None:
    """Wait for a descriptor as long as something is to be done with it: at its end it is ready for ever."""
    mask = select.POLLIN if reads.is_open and not reads.pending else 0
    if writes.pending:
        mask |= select.POLLOUT
    if mask:
        poll.register(fd, mask)
    else:
        with contextlib.suppress(KeyError):
            poll.unregister(fd)
