"""A listener: a bound, listening socket and the address that it really has."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from wsgid.errors import AddressError
from wsgid.net.access import Access
from wsgid.net.address import Address
from wsgid.net.holder import find_holder

DEFAULT_ACCESS = Access()


class Listener(NamedTuple):
    """Made by the arbiter, shared with its workers by fork; only the arbiter takes a path away.

    `socket` does not block and is closed on exec. `address` has the port that the kernel chose, and the
    number of a host that was given by name. `host` and `port` are what SERVER_NAME and SERVER_PORT say,
    which PEP 3333 wants filled: for a Unix socket "localhost" and "80". `inode` is the device and number of a
    Unix socket's path, if that is ours to take away. `passed_as` is how `bind` names a socket that somebody
    else has opened; "" for our own. `kept_as` is the name by which a server that comes after us knows a
    listener of ours again; "" for others'.
    """

    socket: socket.socket
    address: Address
    host: str
    port: str
    inode: tuple[int, int] | None = None
    passed_as: str = ""
    kept_as: str = ""


def open_listener(
    address: Address, *, backlog: int, reuse_port: bool = False, access: Access = DEFAULT_ACCESS
) -> Listener:
    """Bind and listen; raises AddressError, whose text says who is in the way and what helps."""
    if address.family == socket.AF_UNIX:
        return _open_unix(address, backlog, access)
    family, name = resolve(address)
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Accepted sockets inherit it: an answer in two sends must not wait for the client's ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind(name)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        _refuse(address, error)
    host, port = sock.getsockname()[:2]
    return Listener(sock, Address(family, host, port), host, str(port))


def change_access(listener: Listener, access: Access) -> None:
    """Give the path of a Unix socket that is listened at another mode or owner; raises AddressError."""
    if listener.inode is None:
        return
    with contextlib.suppress(FileNotFoundError):
        # What somebody else has put there since is not ours to change.
        if _inode(listener.address.path) == listener.inode:
            _give(listener.address, access)


def close_listener(listener: Listener) -> None:
    """Close the socket, and take its path away."""
    listener.socket.close()
    take_path_away(listener)


def take_path_away(listener: Listener) -> None:
    """Take the path of a Unix socket away if it is still ours: a successor may have bound it anew."""
    if listener.inode is not None and is_at_its_path(listener):
        with contextlib.suppress(OSError):
            Path(listener.address.path).unlink()


def is_at_its_path(listener: Listener) -> bool:
    """Say whether the path of a Unix socket still leads to it."""
    try:
        return _inode(listener.address.path) == listener.inode
    except FileNotFoundError:
        return False
    except OSError:  # a worker that has become `user` may not see into the directory
        return True


def resolve(address: Address) -> tuple[socket.AddressFamily, Any]:
    """Return what bind(2) wants; the first address of a name, as the resolver prefers them (RFC 6724)."""
    try:
        found = socket.getaddrinfo(
            address.host, address.port, address.family, socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror as error:
        raise AddressError(
            f"cannot listen at {address}: the host `{address.host}` is not known ({error.strerror}); "
            "write an address of this machine, 127.0.0.1 or 0.0.0.0"
        ) from error
    family, _, _, _, name = found[0]
    return family, name


# Unix sockets


def _open_unix(address: Address, backlog: int, access: Access) -> Listener:
    inode = None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if address.is_abstract:
            sock.bind(f"\0{address.path[1:]}")
        else:
            make_way(address)
            _bind_closed(sock, address.path)
            inode = _inode(address.path)
            _give(address, access)
        sock.listen(backlog)
    except OSError as error:
        close_listener(Listener(sock, address, "", "", inode))
        _refuse(address, error)
    except AddressError:
        close_listener(Listener(sock, address, "", "", inode))
        raise
    return Listener(sock, address, "localhost", "80", inode)


def _give(address: Address, access: Access) -> None:
    try:
        access.give(address.path)
    except OSError as error:
        raise AddressError(_closed(address, error)) from error


def _bind_closed(sock: socket.socket, path: str) -> None:
    """Bind so that nobody may connect until the mode is right.

    The arbiter has one thread when it listens, so the umask is nobody else's meanwhile.
    """
    former = os.umask(0o777)
    try:
        sock.bind(path)
    finally:
        os.umask(former)


def make_way(address: Address, *, except_for: tuple[int, int] | None = None) -> None:
    """Take a path away that a dead server left behind; never one at which somebody listens, nor a file.

    `except_for` is a socket that may stay where it is. Raises AddressError, and OSError.
    """
    try:
        status = os.lstat(address.path)
    except FileNotFoundError:
        return
    if (status.st_dev, status.st_ino) == except_for:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise AddressError(
            f"cannot listen at {address}: there is something else than a socket; "
            "remove it, or choose another path"
        )
    if _is_answered(address.path):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    Path(address.path).unlink(missing_ok=True)


def _is_answered(path: str) -> bool:
    """Ask whether somebody listens at a path; does not wait for an answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        # connect(2): ECONNREFUSED is the path of a socket that was closed. Whatever else fails (a full
        # backlog, another type of socket, no permission) is no proof that nobody is there.
        return probe.connect_ex(path) not in (errno.ECONNREFUSED, errno.ENOENT)


def _inode(path: str) -> tuple[int, int]:
    status = os.lstat(path)
    return status.st_dev, status.st_ino


# What went wrong


def _closed(address: Address, error: OSError) -> str:
    if error.errno == errno.EPERM:
        return (
            f"cannot give {address} the owner that is asked for: only root may, but for a group that this "
            "user is in; leave socket_user and socket_group out, or let a systemd socket unit make the socket"
        )
    return f"cannot set mode and owner of {address}: {error.strerror}"


def _refuse(address: Address, error: OSError) -> NoReturn:
    raise AddressError(f"cannot listen at {address}: {why(address, error)}") from error


def why(address: Address, error: OSError) -> str:
    """Say in words why an address cannot be bound, and what helps."""
    is_unix = address.family == socket.AF_UNIX
    match error.errno:
        case errno.EADDRINUSE:
            return _in_use(address)
        case errno.EACCES | errno.EPERM if is_unix:
            return f"not allowed to write in {Path(address.path).parent}; as whom is the server to run?"
        case errno.EACCES | errno.EPERM:
            return (
                f"not allowed: ports below {_first_free_port()} want root, CAP_NET_BIND_SERVICE or a socket "
                "that systemd passes; or choose a port above"
            )
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {address.host} (`ip address` lists those it has)"
        case errno.ENOENT if is_unix:
            directory = Path(address.path).parent
            return f"there is no directory {directory}; make it, or let systemd do so (RuntimeDirectory=)"
        case _:
            return str(error.strerror)


def _in_use(address: Address) -> str:
    holder = find_holder(address)
    if holder is None:
        return "the address is in use; by whom, /proc does not tell this user"
    if holder.pid == os.getpid():
        return "this server listens there already: `[::]` takes IPv4 too, so leave one of the two out"
    return f"the address is in use by pid {holder.pid} ({holder.command}); stop it, or choose another address"


def _first_free_port() -> str:
    try:
        return Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii").strip()
    except OSError:
        return "1024"
