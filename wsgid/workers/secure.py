"""TLS between a connection and its socket: the few methods of a socket that a connection uses.

OpenSSL works on memory here, and only this file moves octets between that and the kernel.
"""

# Rule 1: `recv` deciphers all that it has received before it returns, so nothing waits inside where no epoll
#         sees it.
# Rule 2: what `send` says has been sent is out, ciphered, to the last octet. What the kernel does not take is
#         kept here, and the same octets must be sent again (they are, first in Connection.pending): they are
#         then said to be sent as soon as the kernel has the rest.
# Rule 3: one turn reads a bounded number of octets. A client may make OpenSSL work without end (KeyUpdate);
#         it does so one turn among those of the others.

import contextlib
import socket
import ssl
from collections.abc import Callable  # noqa: TC003 - as in the other files of the hot path
from typing import Final

from wsgid.net.ssl_variables import ssl_variables
from wsgid.workers.no_tls import NoTLSError

# The answers to one read of a handshake; and what a client may leave lying of answers that it asked for.
UNREAD_BOUND: Final = 64 * 1024

HANDSHAKE_READ: Final = 16 * 1024

# Octets ciphered before they are given to the kernel: four records.
PIECE: Final = 64 * 1024

# The first octet of a handshake (RFC 8446, 5.1).
HANDSHAKE: Final = 22


class SecureSocket:
    """A connected socket that does not block, and the TLS on it; owned as its connection is."""

    __slots__ = (
        "_context",
        "_incoming",
        "_is_draining",
        "_is_over",
        "_outgoing",
        "_owed",
        "_pending",
        "_read",
        "_tls",
        "_unsent",
        "_write",
        "has_begun",
        "on_more",
        "raw",
    )

    def __init__(self, raw: socket.SocketType, context: ssl.SSLContext) -> None:
        """Begin before the handshake."""
        self.raw = raw
        self._context = context
        # Called where the kernel may have more than was read, for an epoll that tells only what is new.
        self.on_more: Callable[[], None] = _nothing
        # Whether an octet was taken from the socket: from then on it is of no use to anybody else.
        self.has_begun = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        # Made with the first octet: who never says one costs little.
        self._tls: ssl.SSLObject | None = None
        # Its methods of these names, as they are in C.
        self._pending: Callable[[], int]
        self._read: Callable[[int], bytes]
        self._write: Callable[[bytes | memoryview], int]
        # Ciphered, and not taken by the kernel yet.
        self._unsent = b""
        # How many octets of a response it holds; they are told as sent once it is empty.
        self._owed = 0
        # Whether no good-bye is to be said: it was, or OpenSSL has failed, or a response is cut.
        self._is_over = False
        # Whether what still comes is thrown away.
        self._is_draining = False

    @property
    def wants_to_write(self) -> bool:
        """Whether the client must take octets before anything else can happen."""
        return bool(self._unsent)

    def fileno(self) -> int:
        """The descriptor, for epoll; nothing else may be done with it."""
        return self.raw.fileno()

    # ---- the handshake ----

    def shake(self) -> bool:
        """Go on with the handshake; True once it is complete, and the client has all of it.

        Raises NoTLSError where the client does not begin one; OSError where there will be none.
        """
        if not self._unsent:
            with contextlib.suppress(BlockingIOError):
                octets = self.raw.recv(HANDSHAKE_READ)
                if not octets:
                    raise ConnectionResetError("the client left")
                self._begin(octets)
                self._incoming.write(octets)
                if len(octets) == HANDSHAKE_READ:
                    self.on_more()
        if self._tls is None:
            return False
        try:
            self._tls.do_handshake()
            is_complete = True
        except ssl.SSLWantReadError:
            is_complete = False
        except ssl.SSLError:
            # Its alert says why.
            self._is_over = True
            with contextlib.suppress(OSError):
                self._push()
            raise
        self._push()
        return is_complete and not self._unsent

    def _begin(self, octets: bytes) -> None:
        self.has_begun = True
        if self._tls is None:
            if octets[0] != HANDSHAKE:
                raise NoTLSError(octets)
            self._tls = self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)
            # SSLObject has a frame of Python's around each, and nothing in it that is of use here.
            inner = getattr(self._tls, "_sslobj", self._tls)
            self._read, self._write, self._pending = inner.read, inner.write, inner.pending

    def variables(self) -> dict[str, str]:
        """What an application is told of a handshake that is complete."""
        assert self._tls is not None
        return ssl_variables(self._tls)

    # ---- as a socket ----

    def recv(self, size: int) -> bytes:
        """Receive up to `size` octets from the kernel, and give what they say; b"" at the end.

        Raises BlockingIOError where they say nothing yet, OSError where they never will.
        """
        octets = self.raw.recv(size)
        if self._is_draining or not octets:
            return octets
        length = len(octets)
        if length == size:
            self.on_more()
        self._incoming.write(octets)
        data = self.take(length)
        if data is None:
            raise BlockingIOError
        return data

    def take(self, expected: int = HANDSHAKE_READ) -> bytes | None:
        """Decipher all that was received; None if that is nothing, b"" at the client's good-bye.

        `expected` octets in one record or fewer are deciphered in the room that they need.
        """
        incoming = self._incoming
        data: bytes | None = None
        try:
            data = self._read(expected)
            # One record a read, however much is asked for.
            while data and (incoming.pending or self._pending()):
                more = self._read(PIECE)
                if not more:
                    # It says good-bye behind what it said. Nobody is told of that again, so tell the kernel.
                    with contextlib.suppress(OSError):
                        self.raw.shutdown(socket.SHUT_RD)
                    self.on_more()
                    break
                data += more
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._is_over = True
            with contextlib.suppress(OSError):
                self._push()
            raise
        if self._outgoing.pending:
            # Answers to what was no data: keys are renewed.
            self._push()
        return data

    def send(self, data: bytes | memoryview) -> int:
        """Send octets; gives how many of them are out. Raises BlockingIOError where none is yet (rule 2)."""
        if self._unsent:
            self._push()
            if self._unsent:
                raise BlockingIOError
        owed = self._owed
        if owed:
            self._owed = 0
            return owed
        write = self._write
        size = len(data)
        if size <= PIECE:
            done = write(data)
        else:
            size, done = PIECE, 0
        if done < size:
            # One record a write.
            view = memoryview(data)
            while done < size:
                done += write(view[done:size])
        # As _push does it, where nothing lies here already.
        octets = self._outgoing.read()
        try:
            sent = self.raw.send(octets)
        except BlockingIOError:
            sent = 0
        if sent != len(octets):
            self._unsent = octets[sent:]
            self._owed = done
            raise BlockingIOError
        return done

    def shutdown(self, how: int) -> None:
        """Say that nothing more comes, in TLS and in TCP; what still comes is not deciphered."""
        self._say_goodbye()
        self._is_draining = True
        self.raw.shutdown(how)

    def say_no_goodbye(self) -> None:
        """Let the end be seen for what it is, too early (RFC 8446, 6.1); what is pending may still go out."""
        self._is_over = True

    def end(self) -> None:
        """Say good-bye, unless it was said or is not to be; close() comes next."""
        self.on_more = _nothing
        self._say_goodbye()

    def close(self) -> None:
        """Close the socket."""
        self.raw.close()

    def _say_goodbye(self) -> None:
        if self._is_over or self._tls is None or self._unsent:
            return
        self._is_over = True
        with contextlib.suppress(OSError):
            # It writes its part, then waits for the client's.
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._push()

    def _push(self) -> None:
        """Give the kernel what it takes. Raises OSError where the client is gone, or lets too much lie."""
        octets = self._unsent
        if self._outgoing.pending:
            octets = octets + self._outgoing.read() if octets else self._outgoing.read()
        if not octets:
            return
        try:
            sent = self.raw.send(octets)
        except BlockingIOError:
            sent = 0
        self._unsent = b"" if sent == len(octets) else octets[sent:]
        if len(self._unsent) > PIECE + UNREAD_BOUND:
            raise ConnectionAbortedError("the client does not read what it asks for")


def _nothing() -> None:
    pass
