"""Users and groups by their names or numbers."""

from __future__ import annotations

import grp
import pwd

from wsgid.errors import ConfigurationError


def user_number(setting: str, user: int | str) -> int:
    """Return a user's number, which may be nobody's; raises ConfigurationError, which names the setting."""
    if isinstance(user, int):
        return user
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise ConfigurationError(
            f"{setting}: there is no user `{user}`; `getent passwd` lists those there are"
        ) from None


def group_number(setting: str, group: int | str) -> int:
    """Return a group's number, as `user_number` does that of a user."""
    if isinstance(group, int):
        return group
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigurationError(
            f"{setting}: there is no group `{group}`; `getent group` lists those there are"
        ) from None
