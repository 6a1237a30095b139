"""Who may connect to a Unix socket: the mode and the owner of its path."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path
from typing import NamedTuple


class Access(NamedTuple):
    """What a path is given before anybody can connect; None leaves the owner as it is: who starts the server.

    To connect means to write (unix(7)), so what is not writable is closed.
    """

    mode: int = 0o660
    user: int | None = None
    group: int | None = None

    def give(self, path: str) -> None:
        """Raises OSError: EPERM where the server is not root, and the group none of its own."""
        if self.user is not None or self.group is not None:
            os.chown(path, _number(self.user), _number(self.group))
        Path(path).chmod(self.mode)


def describe(path: str) -> str:
    """Return what `ls` would show of a path: `mode=0660 owner=root:www-data`."""
    status = Path(path).lstat()
    mode = stat.S_IMODE(status.st_mode)
    return f"mode={mode:04o} owner={_user_name(status.st_uid)}:{_group_name(status.st_gid)}"


def _number(account: int | None) -> int:
    # chown(2): -1 is left as it is.
    return -1 if account is None else account


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
