"""A connection travels to whichever worker is idle, with the request that it has ready.

All workers share one pair of sockets, made before the first fork: what one of them sends, the first that is
free receives. So the pair is the queue of the whole server, and outlives each of its workers.
"""

import errno
import marshal
import os
import posix
import socket
from dataclasses import dataclass

from wsgid.protocol.http1 import Request
from wsgid.workers.connection import Connection
from wsgid.workers.handshakes import has_begun
from wsgid.wsgi.body import RequestBody, Spool

# Bodies in memory, a head and what came behind it; the kernel takes about twice as much in one message.
MESSAGE_BOUND = 192 * 1024

# As much of a head as the scoreboard shows.
LINE_KEPT = 176

# A client's socket, and the file that has the body of its request.
MOST_DESCRIPTORS = 2

# Between workers of one server, which run one version: a check against our own mistakes.
FORM = 3

# Of a request: what is known of it, as marshal takes it.
Head = tuple[bytes, str, str, str, bool, bool, dict[str, str], tuple[str, ...], bool, bytes, int]


@dataclass(slots=True)
class Handed:
    """What arrived: a client's socket, the request that is ready, and unread octets behind it.

    Of the request's environ there is what is not in that of its connection, and beside it the names of what
    is there alone.
    `is_secure`: TLS is to be spoken on it. Nothing of it was read then: the keys of a session cannot travel.
    """

    sock: socket.socket
    is_secure: bool
    server: tuple[str, str]
    # The socket's; and what a proxy has told of it, None where that is still to come.
    peer: tuple[str, int] | None
    told: dict[str, str] | None
    request: Request | None
    left_out: tuple[str, ...]
    rest: bytes


def may_travel(connection: Connection) -> bool:
    """Whether nothing of a connection was read that would not travel with it.

    The first octets of a request, of what a proxy says first, of TLS: they stay where they were read.
    """
    return not (
        connection.parser.has_begun
        or (connection.preamble is not None and connection.preamble.has_begun)
        or has_begun(connection)
    )


class HandOver:
    """One worker's use of the pair."""

    __slots__ = ("_receive", "_send", "_spool")

    def __init__(self, receive: socket.socket, send: socket.socket, spool: Spool) -> None:
        """Both ends are used: whoever sends may be the one that is free first."""
        self._receive = receive
        self._send = send
        self._spool = spool
        receive.setblocking(False)
        send.setblocking(False)

    def fileno(self) -> int:
        """The descriptor that becomes readable when a connection waits."""
        return self._receive.fileno()

    def send(self, connection: Connection, request: Request | None) -> bool:
        """Send a connection; False if it must stay: the queue is full, or the request too large to travel."""
        environ = connection.environ
        server = environ["SERVER_NAME"], environ["SERVER_PORT"]
        told = connection.told if connection.preamble is None else None
        fds = [connection.fd]
        head = None
        if request is not None:
            body = request.body
            octets = b""
            if body is not None:
                if not isinstance(body, RequestBody):
                    return False
                spooled = body.fileno()
                if spooled is None:
                    octets = body.in_memory()
                else:
                    fds.append(spooled)
            head = (
                request.head[:LINE_KEPT],
                request.method,
                request.target,
                request.path,
                request.is_http11,
                request.keep_alive,
                # By identity: whatever nobody has changed is the very object of the connection's.
                {key: value for key, value in request.environ.items() if environ.get(key, self) is not value},
                tuple(environ.keys() - request.environ.keys()),
                request.has_body,
                octets,
                0 if body is None else body.size,
            )
        is_secure = connection.secure is not None
        parts = (is_secure, server, connection.peer, told, head, connection.parser.rest)
        message = marshal.dumps((FORM, parts))
        if len(message) > MESSAGE_BOUND:
            return False
        try:
            socket.send_fds(self._send, [message], fds)
        except OSError:
            # Full (EAGAIN), too many in flight (ETOOMANYREFS), or closed with the server: it stays here.
            return False
        if request is not None and request.body is not None:
            request.body.close()
        return True

    def receive(self) -> Handed | None:
        """Take a connection; None if another worker was faster.

        Raises OSError if this process has no descriptors for it: then it waits for who has.
        """
        try:
            message, fds = self._take()
        except BlockingIOError:
            return None
        form, parts = marshal.loads(message)  # noqa: S302 - from a worker of this server
        if form != FORM:
            raise ValueError(f"a connection in form {form!r} arrived")
        is_secure, server, peer, told, head, rest = parts
        request, left_out = (None, ()) if head is None else self._request(head, fds[1:])
        sock = socket.socket(fileno=fds[0])
        sock.setblocking(False)
        return Handed(sock, is_secure, server, peer, told, request, left_out, rest)

    def _request(self, head: Head, fds: list[int]) -> tuple[Request, tuple[str, ...]]:
        line, method, target, path, is_http11, keep_alive, fields, left_out, has_body, octets, size = head
        request = Request(line, method, target, is_http11, fields)
        request.path = target if path == target else path
        request.keep_alive = keep_alive
        request.has_body = has_body
        if has_body:
            body = RequestBody(self._spool)
            if fds:
                body.adopt(fds[0], size)
            else:
                body.write(octets)
            request.body = body
        return request, left_out

    def resend_one(self) -> None:
        """Send on what woke this worker, which has no time for it: that wakes another one."""
        try:
            message, fds = self._take()
        except OSError:
            return
        try:
            socket.send_fds(self._send, [message], fds)
        except OSError:
            # Only the fall of the whole queue: there was room, for we have just made it.
            pass
        finally:
            for fd in fds:
                os.close(fd)

    def _take(self) -> tuple[bytes, list[int]]:
        """Take a message off the queue, and what came with it. Raises OSError."""
        # Where there is no number for a descriptor, the kernel closes what it stands for and only says so
        # (MSG_CTRUNC, unix(7)); whoever sent it has let go of it. So ask before. MSG_PEEK would answer, too,
        # but for another message than the one that this process then gets.
        room: list[int] = []
        try:
            while len(room) < MOST_DESCRIPTORS:
                room.append(os.dup(self._receive.fileno()))
        finally:
            for fd in room:
                # Not os.close, which is gevent's where that has patched: it closes at the next turn of the
                # loop, too late for what comes now.
                posix.close(fd)
        message, fds, flags, _ = socket.recv_fds(
            self._receive, MESSAGE_BOUND + 1024, MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if flags & socket.MSG_CTRUNC:
            # Another thread has opened the last one in between.
            for fd in fds:
                os.close(fd)
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return message, fds
