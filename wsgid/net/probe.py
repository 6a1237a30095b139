"""Whether an address could be bound; asked without listening, for no client is to meet what is no server."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wsgid.errors import AddressError
from wsgid.net.listener import resolve, why

if TYPE_CHECKING:
    from wsgid.net.address import Address

# `struct ucred` of unix(7): pid, uid, gid.
_CREDENTIALS = struct.Struct("3i")


class Obstacle(NamedTuple):
    """Why an address cannot be bound: the number of errno.h (0: none of them), and words for a person."""

    number: int
    text: str


def probe(address: Address, *, reuse_port: bool = False) -> Obstacle | None:
    """Return what is in the way of binding an address; None where nothing is.

    Nothing is left behind, and no path is touched. Where somebody listens it is EADDRINUSE; who that is,
    `holder.py` tells.
    """
    try:
        if address.family == socket.AF_UNIX:
            _probe_unix(address)
        else:
            _probe_port(address, reuse_port=reuse_port)
    except AddressError as error:
        return Obstacle(0, str(error).partition(": ")[2])
    except OSError as error:
        number = error.errno or 0
        # The words for "in use" look for the holder, which is not ours to do.
        text = os.strerror(number) if number == errno.EADDRINUSE else why(address, error)
        return Obstacle(number, text)
    return None


def _probe_port(address: Address, *, reuse_port: bool) -> None:
    family, name = resolve(address)
    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        # As the listener will: with it, a bound socket is in nobody's way, but a listening one is in ours.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(name)


def _probe_unix(address: Address) -> None:
    if address.is_abstract:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
            sock.bind(f"\0{address.path[1:]}")
        return
    path = Path(address.path)
    status = _status(path)
    if status is not None and not stat.S_ISSOCK(status.st_mode):
        raise AddressError(
            f"{address}: there is something else than a socket; remove it, or choose another path"
        )
    if status is not None and is_answered(address.path):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    if not path.parent.is_dir():
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not os.access(path.parent, os.W_OK | os.X_OK) or _is_anothers(path, status):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def is_answered(path: str) -> bool:
    """Say whether somebody listens at a path, or may: what forbids to ask is no proof that nobody does."""
    return ask(path)[0] not in (errno.ECONNREFUSED, errno.ENOENT)


def ask(path: str) -> tuple[int, int]:
    """Connect without waiting; return errno's number of how that went, and the process that listens.

    That is the one that called listen(2) (unix(7), SO_PEERCRED); 0 where it cannot be known.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        number = sock.connect_ex(f"\0{path[1:]}" if path.startswith("@") else path)
        if number != 0:
            return number, 0
        octets = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return 0, int(_CREDENTIALS.unpack(octets)[0])


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _is_anothers(path: Path, status: os.stat_result | None) -> bool:
    """Say whether a stale path lies in a sticky directory (/tmp) and is not ours to take away."""
    if status is None or os.geteuid() == 0:
        return False
    parent = path.parent.stat()
    return bool(parent.st_mode & stat.S_ISVTX) and os.geteuid() not in (status.st_uid, parent.st_uid)
