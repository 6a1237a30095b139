"""How a log is opened: to be appended to, never waiting for a reader, and as root by a path that is root's.

Whoever may write in the directory of a log could leave a link there, and have root create or append to any
file of the machine through it (CVE-2016-1247). So as root a link is followed only where it lies in a
directory that nobody but root may write in; a second hard link to the log is refused likewise.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections import deque
from typing import Final

# Of a new file, less the umask: nobody but the owner ever writes to a log.
_MODE: Final = 0o644
# O_NONBLOCK means nothing to a regular file; a pipe without a reader is an error then (ENXIO), not a wait.
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_DIRECTORY: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

# As many as the kernel follows (path_resolution(7)).
_MOST_LINKS: Final = 40

# Descriptors 0 to 2 belong to the application; what a log writes to lies above them.
_LOWEST: Final = 3

_STANDARD: Final = re.compile(r"/dev/std(?:out|err)|(?:/dev|/proc/self)/fd/[12]")
_BY_NAME: Final = {"/dev/stdout": 1, "/dev/stderr": 2}


def open_log(target: str, standard: int) -> int:
    """Open a path, or the descriptor `standard` for "-", and return a descriptor of our own.

    Raises OSError; ELOOP is a link that root does not follow. "/dev/stdout" and its like are taken as the
    descriptors that they name: under systemd these are sockets, which cannot be opened by a path.
    """
    if target == "-":
        return _standard(standard)
    if _STANDARD.fullmatch(target):
        return _standard(_BY_NAME.get(target) or int(target[-1]))
    if os.geteuid() != 0:
        return os.open(target, _FLAGS, _MODE)
    return _open_as_root(target)


def _standard(descriptor: int) -> int:
    """Return a descriptor of what a standard one leads to: the application may close or redirect its own.

    O_NONBLOCK belongs to the open file, which we share with whoever started us. So a pipe or a terminal is
    opened anew where that is allowed.
    """
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        try:
            return os.open(f"/proc/self/fd/{descriptor}", _FLAGS & ~os.O_CREAT)
        except OSError:
            pass  # a socket, another user's terminal, a pipe that nobody reads any more
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _LOWEST)


def _open_as_root(path: str) -> int:
    """Walk the path a name at a time, so that nobody can change what was looked at before it is used."""
    names = deque(os.path.join(os.getcwd(), path).split("/"))  # noqa: PTH109, PTH118  as text: ".." stays
    links = 0
    directory = os.open("/", _DIRECTORY)
    try:
        while True:
            name = names.popleft() or "."
            is_last = not any(names)
            link = _link(directory, name)
            if link is not None:
                links += 1
                if links > _MOST_LINKS or not _is_roots_alone(directory):
                    raise OSError(errno.ELOOP, "a link in a directory where others than root may write", path)
                names.extendleft(reversed(link.split("/")))
                name = "/" if link.startswith("/") else "."
            elif is_last:
                return _open_last(directory, name, path)
            former, directory = directory, os.open(name, _DIRECTORY, dir_fd=directory)
            os.close(former)
    finally:
        os.close(directory)


def _link(directory: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.ENOENT}:  # no link; not there
            return None
        raise


def _open_last(directory: int, name: str, path: str) -> int:
    descriptor = os.open(name, _FLAGS | os.O_NOFOLLOW, _MODE, dir_fd=directory)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1 and not _is_roots_alone(directory):
        os.close(descriptor)
        raise OSError(errno.EMLINK, "a hard link in a directory where others than root may write", path)
    return descriptor


def _is_roots_alone(directory: int) -> bool:
    status = os.fstat(directory)
    return status.st_uid == 0 and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
