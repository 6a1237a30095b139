"""How a connection is let in by a listener, and what the errors of accept(2) mean."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsgid.net.listener import Listener

# A member of an enum is made anew from its number wherever C wants that.
_STREAM: Final = int(socket.SOCK_STREAM)

# Nobody waits: another process was quicker (EAGAIN), or newcomers are kept out and those before them were all
# let in (EINVAL: shutdown(2) ends a listener so).
_NOBODY: Final = frozenset({errno.EAGAIN, errno.EINVAL})

# Whoever was first in the queue has gone, and the kernel says of what; the next one may be there (accept(2),
# "Error handling").
_GONE: Final = frozenset(
    {
        errno.ECONNABORTED,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ENONET,
        errno.ENOPROTOOPT,
        errno.EPROTO,
    }
)


def accept(
    listener: Listener, make: type[socket.SocketType] = socket.SocketType
) -> tuple[socket.SocketType, Any] | None:
    """Accept a connection: a socket that does not block, and the address of whoever is at its other end.

    None: nobody waits. Raises OSError where this process can let nobody in for now: no descriptors (EMFILE,
    ENFILE), no memory (ENOBUFS, ENOMEM), or it is forbidden (EPERM, EACCES: a filter of the kernel's). Who
    waits stays there, so that it would fail again at once.

    `socket.accept` would make an object that counts its files, and members of enums for numbers that are
    known: 3 us of a connection's 30. A library that wants that object says so by `make`.
    """
    while True:
        try:
            fd, peer = listener.socket._accept()  # type: ignore[attr-defined]  # noqa: SLF001 - what `accept` is made of; typeshed leaves it out
        except OSError as error:
            if error.errno in _NOBODY:
                return None
            if error.errno not in _GONE:
                raise
        else:
            sock = make(listener.address.family, _STREAM, 0, fd)
            sock.setblocking(False)
            return sock, peer
