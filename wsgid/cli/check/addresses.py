"""Whether the addresses could be bound, or who holds them: perhaps this very server."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.cli.check.files import is_made
from wsgid.cli.check.finding import Finding
from wsgid.cli.check.running import is_of, is_perhaps_of
from wsgid.daemon.identity import user_name
from wsgid.net.address import Address, is_passed, parse_address
from wsgid.net.holder import Held, holder_of, look_for_holders
from wsgid.net.probe import ask, probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wsgid.cli.check.running import Service

# What the child notes of an address at which somebody listens: who that is, it may not be allowed to see.
HELD = "held"


def look_at_addresses(
    bind: Sequence[str], *, reuse_port: bool, made: Sequence[str] = (), may_bind_low_ports: bool = False
) -> Iterator[Finding]:
    """Try each, in a child that is the user that will bind; `made` as in `files.py`."""
    for index, address in addresses(bind):
        obstacle = probe(address, reuse_port=reuse_port)
        if obstacle is None:
            continue
        is_unix = address.family == socket.AF_UNIX
        is_in_the_making = is_unix and is_made(Path(address.path).parent, made)
        if obstacle.number in (errno.ENOENT, errno.EACCES) and is_in_the_making:
            continue
        if obstacle.number in (errno.EACCES, errno.EPERM) and not is_unix and may_bind_low_ports:
            continue
        note = HELD if obstacle.number == errno.EADDRINUSE else obstacle.text
        yield Finding("cannot-bind", f"cannot listen at {address}", "bind", index, note)
    yield from look_at_pairs(bind)


def addresses(bind: Sequence[str]) -> Iterator[tuple[int, Address]]:
    """Yield those that are ours to bind, each with its index; others are passed in by systemd."""
    for index, text in enumerate(bind):
        if not is_passed(text):
            yield index, parse_address(text)


def notes(bind: Sequence[str]) -> Iterator[str]:
    """Say which addresses no check can see: it is not what they are passed to."""
    if passed := [text for text in bind if is_passed(text)]:
        which = "which are passed to the server" if len(passed) > 1 else "which is passed to the server"
        yield f"not looked at: {', '.join(passed)}, {which} when it starts"


def look_at_pairs(bind: Sequence[str]) -> Iterator[Finding]:
    """Yield each address that another of the same list takes."""
    seen: list[Address] = []
    for index, address in addresses(bind):
        taken = next((one for one in seen if address != one and are_at_odds(one, address)), None)
        if taken is not None:
            note = "leave one of the two out"
            yield Finding("cannot-bind", f"{taken} takes {address} too", "bind", index, note)
        seen.append(address)


def are_at_odds(one: Address, other: Address) -> bool:
    """Say whether two addresses cannot be listened at by two sockets; of names only the port is known."""
    if socket.AF_UNIX in (one.family, other.family):
        return one.path == other.path
    if one.port != other.port or one.port == 0:
        return False
    if one.host == other.host:
        return True
    if socket.AF_UNSPEC in (one.family, other.family):
        return False
    # ipv6(7): a socket at [::] takes IPv4 too; one at 0.0.0.0 does not take IPv6.
    return "::" in (one.host, other.host) or (
        "0.0.0.0" in (one.host, other.host) and one.family == other.family  # noqa: S104  compared, not bound
    )


def tell_holder(
    finding: Finding, bind: Sequence[str], wanted: Service | None, control_socket: str | None
) -> Finding | None:
    """Say who listens where somebody does; None where it is the very server that is checked.

    Asked in the parent, which may be root and sees the most.
    """
    assert isinstance(finding.item, int)
    address = parse_address(bind[finding.item])
    held = _holders(address)
    if wanted is not None and any(is_of(holder.pid, wanted) for holder in held.holders):
        return None
    # Whoever listens at our control socket is our arbiter, whatever its command line says.
    arbiter = ask(control_socket)[1] if control_socket else 0
    if arbiter in [holder.pid for holder in held.holders]:
        return None
    if not held.holders:
        whose = f" a process of {' and '.join(map(user_name, held.uids))}" if held.uids else ""
        note = (
            f"it is in use by{whose or ' somebody'}; which process that is, perhaps this very server, "
            "/proc does not tell this user"
        )
        return finding._replace(note=note, severity="warning")
    if wanted is not None and any(is_perhaps_of(holder.pid, wanted) for holder in held.holders):
        note = (
            f"it is in use by pid {held.holders[0].pid} ({held.holders[0].command}), perhaps this very server"
        )
        return finding._replace(note=note, severity="warning")
    first = held.holders[0]
    help_ = (
        "a socket unit's, perhaps: write `systemd:NAME`"
        if first.pid == 1
        else "stop it, or choose another address"
    )
    return finding._replace(note=f"it is in use by pid {first.pid} ({first.command}): {help_}")


def _holders(address: Address) -> Held:
    if address.family != socket.AF_UNIX:
        return look_for_holders(address)
    # The kernel tells everybody who may connect; and a path that is relative to another's directory, or of
    # another mount, is in /proc/net/unix as that one wrote it.
    _, pid = ask(address.path)
    return Held((), (holder_of(pid),)) if pid else look_for_holders(address)
