"""As whom workers run: users and groups by their names or numbers, and how a process becomes one of them."""

from __future__ import annotations

import grp
import os
import pwd
from typing import Final, Literal, NamedTuple

from wsgid.errors import ConfigurationError


class Identity(NamedTuple):
    """A user to become, by numbers: names are looked up once, before the fork: they may be far away."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    """All of them; what root had besides is given up."""

    def become(self) -> None:
        """Give up what this process is, for good. Raises ConfigurationError."""
        try:
            # In this order: who is no longer root may not change groups.
            os.setgroups(self.groups)
            os.setresgid(self.gid, self.gid, self.gid)
            os.setresuid(self.uid, self.uid, self.uid)
        except OSError as error:
            raise ConfigurationError(
                f"user: cannot become {self.name} (uid={self.uid} gid={self.gid}): {error.strerror};"
                " root with CAP_SETUID and CAP_SETGID may"
            ) from error


class UnknownAccountError(ConfigurationError):
    """There is no user, or no group, of that name."""

    def __init__(self, setting: str, kind: Literal["user", "group"], name: str) -> None:
        database = "passwd" if kind == "user" else "group"
        super().__init__(f"{setting}: there is no {kind} `{name}`; `getent {database}` lists those there are")
        self.kind: Final = kind
        self.name: Final = name


def find_identity(user: int | str | None, group: int | str | None, *, initgroups: bool) -> Identity | None:
    """Return whom to become; None, if that is who we are already, or the settings mean nobody.

    Raises ConfigurationError, also where we are not root and could become nobody.
    """
    identity = look_up(user, group, initgroups=initgroups)
    if identity is None or os.geteuid() == 0:
        return identity
    if (identity.uid, identity.gid) == (os.geteuid(), os.getegid()):
        return None
    raise ConfigurationError(
        f"user: only root can become {identity.name} (uid={identity.uid} gid={identity.gid}), and this is"
        f" {user_name(os.geteuid())}; start as root, or leave user and group out"
    )


def look_up(user: int | str | None, group: int | str | None, *, initgroups: bool) -> Identity | None:
    """Return whom `user`, `group` and `initgroups` mean, whoever we are; None where they mean nobody.

    Without `group` it is the user's own, and without `initgroups` there is no other. Raises
    ConfigurationError.
    """
    if user is None and group is None:
        return None
    uid = os.geteuid() if user is None else user_number("user", user)
    name, own_group = _account(uid)
    if group is not None:
        gid = group_number("group", group)
    elif own_group is not None:
        gid = own_group
    else:
        raise ConfigurationError(
            f"user: {uid} has no name on this machine, and so no group: set `group`, too"
        )
    groups = os.getgrouplist(name, gid) if initgroups else [gid]
    return Identity(name, uid, gid, tuple(groups))


def user_number(setting: str, user: int | str) -> int:
    """Return a user's number, which may be nobody's; raises ConfigurationError, which names the setting."""
    if isinstance(user, int):
        return user
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise UnknownAccountError(setting, "user", user) from None


def group_number(setting: str, group: int | str) -> int:
    """Return a group's number, as `user_number` does that of a user."""
    if isinstance(group, int):
        return group
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise UnknownAccountError(setting, "group", group) from None


def user_name(uid: int) -> str:
    """Return the name of a user, or its number where it has none."""
    return _account(uid)[0]


def group_name(gid: int) -> str:
    """Return the name of a group, or its number where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _account(uid: int) -> tuple[str, int | None]:
    """Return the name and the group of a user; the kernel wants neither."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return str(uid), None
    return entry.pw_name, entry.pw_gid
