"""Whether a proxy on this machine could connect to the settings' Unix sockets, by their modes and owners."""

from __future__ import annotations

import os
import pwd
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.cli.check.addresses import addresses
from wsgid.cli.check.finding import Finding
from wsgid.daemon.identity import UnknownAccountError, group_name, group_number, user_name, user_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.settings import Settings
    from wsgid.daemon.identity import Identity

# Whom nginx, Apache and others run as: Debian, then Red Hat.
PROXIES = ("www-data", "nginx", "apache")


def look_at_sockets(settings: Settings, owner: Identity | None) -> Iterator[Finding]:
    """Yield a warning for each Unix socket to which the proxy could not connect.

    `owner` has the sockets if the settings name nobody: the user of the workers; None is us.
    """
    account = _proxy(settings.socket_user, settings.socket_group)
    if account is None:
        return
    try:
        user, group = settings.socket_user, settings.socket_group
        uid = user_number("socket_user", user) if user is not None else _uid(owner)
        gid = group_number("socket_group", group) if group is not None else _gid(owner)
    except UnknownAccountError:
        return  # told elsewhere
    mode = settings.socket_mode
    groups = os.getgrouplist(account.pw_name, account.pw_gid)
    for index, address in addresses(settings.bind):
        if address.family != socket.AF_UNIX or address.is_abstract:
            continue
        directory = Path(address.path).absolute().parent
        closed = next(
            (one for one in _upwards(directory) if not _may_enter(one, account.pw_uid, groups)), None
        )
        if closed is not None:
            message = f"{account.pw_name} (a proxy such as nginx) could not connect to {address}"
            note = f"the directory {closed} is closed to it"
            yield Finding("invalid-value", message, "bind", index, note, "warning")
        elif not may_connect(account.pw_uid, groups, mode, uid, gid):
            message = (
                f"{account.pw_name} (a proxy such as nginx) could not connect to {address}: "
                f"mode {mode:04o}, owner {user_name(uid)}:{group_name(gid)}"
            )
            note = f'set `socket_group = "{account.pw_name}"`'
            yield Finding("invalid-value", message, "bind", index, note, "warning")


def may_connect(uid: int, groups: list[int], mode: int, owner: int, group: int) -> bool:
    """Say whether a user may write to what has this mode and owner (unix(7): that is what connect wants)."""
    return _has(stat.S_IWUSR, uid, groups, mode, owner, group)


def _may_enter(directory: Path, uid: int, groups: list[int]) -> bool:
    try:
        status = directory.stat()
    except OSError:
        return True  # not there yet, or hidden from us
    return _has(stat.S_IXUSR, uid, groups, status.st_mode, status.st_uid, status.st_gid)


def _has(bit: int, uid: int, groups: list[int], mode: int, owner: int, group: int) -> bool:
    if uid == owner:
        return bool(mode & bit)
    return bool(mode & (bit >> 3 if group in groups else bit >> 6))


def _upwards(directory: Path) -> list[Path]:
    return [*reversed(directory.parents), directory]


def _proxy(socket_user: str | int | None, socket_group: str | int | None) -> pwd.struct_passwd | None:
    """Return the account of the proxy, if one is known here and the settings do not mean another one."""
    named = {str(one) for one in (socket_user, socket_group) if one is not None}
    for name in PROXIES:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if not named or named & set(PROXIES):
            return account
    return None


def _uid(owner: Identity | None) -> int:
    return os.geteuid() if owner is None else owner.uid


def _gid(owner: Identity | None) -> int:
    return os.getegid() if owner is None else owner.gid
