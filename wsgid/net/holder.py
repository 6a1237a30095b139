"""Who holds an address: /proc/net says which socket, /proc/PID/fd whose it is."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.net.address import Address

# proc(5), /proc/net/tcp: the state of a listening socket.
_LISTEN = "0A"
_LONGEST_COMMAND = 80


class Holder(NamedTuple):
    """A process that listens; `command` is what ps shows of it, cut."""

    pid: int
    command: str


class Held(NamedTuple):
    """What is known of a held address: whose sockets listen there, and the processes that have them.

    The users are known to everybody; the processes of other users only to root.
    """

    uids: tuple[int, ...] = ()
    holders: tuple[Holder, ...] = ()


def find_holder(address: Address) -> Holder | None:
    """Return the process that listens at an address; None if /proc does not tell us, or nobody does.

    Of the processes that share a socket (an arbiter and its workers) it is the one with the lowest pid.
    """
    return next(iter(look_for_holders(address).holders), None)


def look_for_holders(address: Address) -> Held:
    """Return all processes that listen at an address, sorted by pid, as far as /proc tells us.

    Other users' descriptors are seen by root only.
    """
    is_unix = address.family == socket.AF_UNIX
    found = [(inode, 0) for inode in _unix_inodes(address.path)] if is_unix else _port_inodes(address)
    uids = dict(found)
    links = {f"socket:[{inode}]" for inode in uids}
    if not links:
        return Held()
    pids = sorted(int(entry) for entry in os.listdir("/proc") if entry.isdecimal())  # noqa: PTH208  names only
    holders = tuple(Holder(pid, _command(pid)) for pid in pids if _has_one_of(pid, links))
    return Held(() if is_unix else tuple(dict.fromkeys(uids.values())), holders)


def holder_of(pid: int) -> Holder:
    """Return a process that is known to listen."""
    return Holder(pid, _command(pid))


def _port_inodes(address: Address) -> Iterator[tuple[str, int]]:
    """Yield the sockets that are in the way of an address, each with its owner."""
    for table in ("tcp", "tcp6"):
        for fields in _rows(table):
            # sl, local_address, rem_address, st, tx:rx, tr:when, retrnsmt, uid, timeout, inode
            host, _, port = fields[1].partition(":")
            if fields[3] == _LISTEN and int(port, 16) == address.port and _are_at_odds(_host(host), address):
                yield fields[9], int(fields[7])


def _host(digits: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address of /proc/net: words of 32 bits, each a number in this machine's byte order."""
    words = (int(digits[at : at + 8], 16) for at in range(0, len(digits), 8))
    found = ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    return getattr(found, "ipv4_mapped", None) or found


def _are_at_odds(held: ipaddress.IPv4Address | ipaddress.IPv6Address, wanted: Address) -> bool:
    """Say whether a socket at one address is in the way of another at the same port."""
    if wanted.family == socket.AF_UNSPEC:
        return True  # a name; its port is all that is known
    host = ipaddress.ip_address(wanted.host)
    return held.is_unspecified or host.is_unspecified or held == host


def _unix_inodes(path: str) -> Iterator[str]:
    for fields in _rows("unix"):
        # Num, RefCount, Protocol, Flags, Type, St, Inode, Path
        if " ".join(fields[7:]) == path:
            yield fields[6]


def _rows(table: str) -> Iterator[list[str]]:
    with suppress(OSError):
        text = Path("/proc/net", table).read_text(encoding="utf-8", errors="surrogateescape")
        yield from (line.split() for line in text.splitlines()[1:])


def _has_one_of(pid: int, links: set[str]) -> bool:
    directory = f"/proc/{pid}/fd"
    with suppress(OSError):  # another user's, or gone
        for name in os.listdir(directory):  # noqa: PTH208  names only
            with suppress(OSError):  # closed meanwhile
                if os.readlink(f"{directory}/{name}") in links:  # noqa: PTH115  /proc's links lead nowhere
                    return True
    return False


def _command(pid: int) -> str:
    with suppress(OSError):
        octets = Path(f"/proc/{pid}/cmdline").read_bytes()
        text = octets.replace(b"\0", b" ").decode("utf-8", "replace").strip()
        plain = "".join(character if character.isprintable() else "?" for character in text)
        return plain if len(plain) <= _LONGEST_COMMAND else f"{plain[:_LONGEST_COMMAND].rstrip()}..."
    return "?"
