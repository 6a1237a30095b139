"""Which file a Unix socket is bound to: the kernel knows it (sock_diag(7)), getsockname(2) has the name only.

A path may have been removed, and another server have put its own socket there. As long as a socket lives, no
other file can have its number.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Final

# linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h.
_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_NLM_F_REQUEST: Final = 1
_UDIAG_SHOW_VFS: Final = 2
_UNIX_DIAG_VFS: Final = 1
_ALL_STATES = _ANY_COOKIE = 0xFFFFFFFF

# length, type, flags, sequence, port
_MESSAGE: Final = struct.Struct("=IHHII")
# family, protocol, padding, states, inode, show, cookie
_REQUEST: Final = struct.Struct("=BBHIIIII")
# family, type, state, padding, inode, cookie
_ANSWER: Final = struct.Struct("=BBBBIII")
_ATTRIBUTE: Final = struct.Struct("=HH")
# inode, device
_FILE: Final = struct.Struct("=II")

# The kernel answers at once or not at all.
_PATIENCE_S: Final = 1.0


def bound_inode(sock: socket.socket) -> tuple[int, int] | None:
    """Return device and number of the file that a socket is bound to; None if there is none, or who knows.

    Not every kernel is asked in vain: some are built without the answer, and a sandbox may forbid to ask.
    """
    if sock.family != socket.AF_UNIX or not sock.getsockname() or isinstance(sock.getsockname(), bytes):
        return None
    try:
        answer = _ask(os.fstat(sock.fileno()).st_ino)
        found = _find(answer)
        status = os.lstat(sock.getsockname())
    except (OSError, struct.error):
        return None
    # The kernel tells 32 bits of the number, and the device in a form of its own; what stands at the path is
    # the file, or is not.
    device = os.major(status.st_dev) << 20 | os.minor(status.st_dev)
    if found != (status.st_ino & 0xFFFFFFFF, device):
        return None
    return status.st_dev, status.st_ino


def _ask(inode: int) -> bytes:
    request = _REQUEST.pack(
        socket.AF_UNIX, 0, 0, _ALL_STATES, inode & 0xFFFFFFFF, _UDIAG_SHOW_VFS, _ANY_COOKIE, _ANY_COOKIE
    )
    head = _MESSAGE.pack(_MESSAGE.size + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_PATIENCE_S)
        kernel.sendto(head + request, (0, 0))
        return kernel.recv(4096)


def _find(answer: bytes) -> tuple[int, int] | None:
    """Return number and device, as the kernel writes them."""
    length, kind, *_ = _MESSAGE.unpack_from(answer)
    at = _MESSAGE.size + _ANSWER.size
    while kind == _SOCK_DIAG_BY_FAMILY and at < length:
        size, name = _ATTRIBUTE.unpack_from(answer, at)
        if name == _UNIX_DIAG_VFS:
            number, device = _FILE.unpack_from(answer, at + _ATTRIBUTE.size)
            return number, device
        at += max(size + 3 & ~3, _ATTRIBUTE.size)
    return None
