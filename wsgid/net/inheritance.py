"""Listeners of a former self: an arbiter that was replaced (SIGUSR2), or one whose sockets systemd has kept.

They come as passed sockets do (activation.py), but they are our own: `bind` says which of them are wanted,
by address, and what is wanted no more is closed.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, Final

from wsgid.net.activation import adopt
from wsgid.net.bound_path import bound_inode
from wsgid.net.closing import end
from wsgid.net.listener import Listener, resolve, take_path_away

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wsgid.net.activation import Passed
    from wsgid.net.address import Address

# Where one may choose, the kernel chooses the port.
_ANY_PORT: Final = 0


def match(wanted: Sequence[Any], names: Sequence[Any]) -> dict[int, int]:
    """Return which name (getsockname(2)) is taken for which wanted one, by index.

    Those that are the same come first; then whoever takes any port is given one that its host had.
    """
    found: dict[int, int] = {}
    for index, name in enumerate(wanted):
        if name in names and names.index(name) not in found.values():
            found[index] = names.index(name)
    for index, name in enumerate(wanted):
        if index in found or not isinstance(name, tuple) or name[1] != _ANY_PORT:
            continue
        for number, other in enumerate(names):
            if number not in found.values() and isinstance(other, tuple) and _host(other) == _host(name):
                found[index] = number
                break
    return found


def _host(name: tuple[Any, ...]) -> tuple[Any, ...]:
    return (name[0], *name[2:])


class Inheritance:
    """What was left to us, until the first generation has taken what it wants; then nothing."""

    def __init__(self, own: Sequence[Passed], inodes: Mapping[str, tuple[int, int]]) -> None:
        """`inodes` are those of the paths of Unix sockets, by name, as far as the former self has told."""
        self._listeners: list[Listener] = []
        self.newest: Final = max((int(one.name.rpartition("-")[2]) for one in own), default=0)
        """The highest number that is in use for a name."""
        for one in own:
            try:
                listener = adopt(one.number, "")._replace(kept_as=one.name)
            except ValueError:
                continue  # no listener of ours: nobody asks for it
            inode = inodes.get(one.name) or bound_inode(listener.socket)
            self._listeners.append(listener._replace(inode=inode))

    def claim(self, addresses: Mapping[str, Address], *, reuse_port: bool | None) -> dict[str, Listener]:
        """Return those that are at these addresses, by the text of `bind`; raises AddressError.

        A Unix socket whose path does not lead to it is none of them. `reuse_port` is what they must have
        been bound with; None: it does not matter.
        """
        fit = [
            one
            for one in self._listeners
            if _is_reachable(one) and (reuse_port is None or _has_reuse_port(one) in (reuse_port, None))
        ]
        wanted = [_name(address) for address in addresses.values()]
        texts = list(addresses)
        found = {
            texts[index]: fit[number]
            for index, number in match(wanted, [one.socket.getsockname() for one in fit]).items()
        }
        self._listeners = [one for one in self._listeners if one not in found.values()]
        return found

    def close(self, *, for_good: bool) -> list[Listener]:
        """Close what nobody has claimed, and return it.

        `for_good`: nobody is to listen there any more, whoever still has it open. Its path goes, and its port
        is free at once: systemd lets go of its copy only when it has been told.
        """
        left, self._listeners = self._listeners, []
        for listener in left:
            if for_good:
                end(listener)
                take_path_away(listener)
            listener.socket.close()
        return left


def _name(address: Address) -> Any:
    if address.family != socket.AF_UNIX:
        return resolve(address)[1]
    return b"\0" + os.fsencode(address.path[1:]) if address.is_abstract else address.path


def _is_reachable(listener: Listener) -> bool:
    if listener.socket.family != socket.AF_UNIX or listener.address.is_abstract:
        return True
    try:
        status = os.lstat(listener.address.path)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == listener.inode


def _has_reuse_port(listener: Listener) -> bool | None:
    """None: it has no port."""
    if listener.socket.family == socket.AF_UNIX:
        return None
    return bool(listener.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT))
