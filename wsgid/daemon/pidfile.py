"""The file that says which process is the arbiter, for whoever sends it signals.

It is ours as long as we hold a lock on it (flock(2)), which the kernel takes back when we die, however we do.
So a file that nobody has locked is stale, even if another process has the number in it by now; and two
servers that start at once do not both think that it is theirs.
"""

# Rule 1: what stands at the path is whole at any time: the file is written aside, locked, and moved there.
# Rule 2: no link is followed, and nothing is replaced that does not look like the file of a pid.
# Rule 3: only the process that took it removes it, and only if it is still the same file.

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
from pathlib import Path

from wsgid.errors import BusyError, ConfigurationError

# A number, perhaps a line end; more has been written by somebody else for another purpose.
_MOST_OCTETS = 32
_A_PID = re.compile(rb"\s*\d*\s*")

# Everybody may read it.
_MODE = 0o644

# What is never replaced, in words that follow its name.
_LINK = "is a symbolic link, and none is followed"
_SOMETHING_ELSE = "holds something else than a pid"

# How often another one may be quicker: each time it has the file then, and we are told so at the next look.
_ATTEMPTS = 100


class Pidfile:
    """At most one file at a time; the arbiter is its only user."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._fd = -1
        self._pid = 0

    def take(self, path: str | None) -> None:
        """Have the pid at this path, and no more at the former one; None: nowhere.

        Raises BusyError if another server has the file, ConfigurationError if it cannot be written, and then
        everything is as it was before.
        """
        wanted = None if path is None else Path(path).absolute()
        if wanted == self._path:
            return
        fd = -1 if wanted is None else _take(wanted, os.getpid())
        self.release()
        self._path, self._fd, self._pid = wanted, fd, os.getpid()

    def release(self) -> None:
        """Remove the file, if it is ours and still the same."""
        if self._path is not None and self._pid == os.getpid():
            with contextlib.suppress(OSError):
                if _inode(os.lstat(self._path)) == _inode(os.fstat(self._fd)):
                    self._path.unlink()
        self.leave()

    def unlock(self) -> None:
        """Let another server put its own file in the place of ours."""
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def leave(self) -> None:
        """Know no more of the file, and leave it as it is.

        A child does so, which must not hold the lock when the arbiter is dead.
        """
        if self._fd >= 0:
            os.close(self._fd)
        self._path, self._fd = None, -1


def why_kept(path: Path) -> str:
    """Say why no server would put its file in the place of what is there; "" where it would.

    Whether a server has it now is not asked.
    """
    if path.is_symlink():
        return _LINK
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""  # nothing is there, or it is hidden from us
    try:
        return "" if _pid_in(fd) is not None else _SOMETHING_ELSE
    finally:
        os.close(fd)


def _take(path: Path, pid: int) -> int:
    """Put a file with the pid at the path; returns a descriptor that has it locked."""
    aside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        fd = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(fd, b"%d\n" % pid)
            _put(aside, path)
        except BaseException:
            os.close(fd)
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            f"pidfile: cannot write {path}: {error.strerror};"
            " give a path in a directory that this user may write in"
        ) from error
    return fd


def _put(aside: Path, path: Path) -> None:
    """Move the file to its place, if nobody has it."""
    for _ in range(_ATTEMPTS):
        try:
            os.link(aside, path, follow_symlinks=False)
        except FileExistsError:
            if _replace_stale(aside, path):
                return
        else:
            aside.unlink()
            return
    raise BusyError(f"pidfile: {path} is taken by others again and again; give each server its own")


def _replace_stale(aside: Path, path: Path) -> bool:
    """Replace what is at the path, if that is the file of a dead server; says False if it has changed."""
    try:
        # Not to block at a FIFO; for reading and writing, as flock(2) wants on a network's file system.
        stale = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        if path.is_symlink():
            raise ConfigurationError(f"pidfile: {path} {_LINK}; remove it, or give another path") from error
        raise
    try:
        content = _pid_in(stale)
        if content is None:
            raise ConfigurationError(f"pidfile: {path} {_SOMETHING_ELSE}; remove it, or give another path")
        try:
            fcntl.flock(stale, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = content or "unknown"
            raise BusyError(
                f"pidfile: {path} is that of another server that runs, pid {pid};"
                " stop it, or give each its own"
            ) from None
        # Between our look and our lock it may have been replaced, by one that is just as quick.
        with contextlib.suppress(FileNotFoundError):
            if _inode(os.lstat(path)) == _inode(os.fstat(stale)):
                aside.rename(path)
                return True
        return False
    finally:
        os.close(stale)


def _pid_in(fd: int) -> str | None:
    """Return what a pidfile says, which may be nothing; None for what is no pidfile."""
    content = os.read(fd, _MOST_OCTETS + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else b"?"
    is_pid = len(content) <= _MOST_OCTETS and _A_PID.fullmatch(content)
    return content.decode().strip() if is_pid else None


def _inode(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
