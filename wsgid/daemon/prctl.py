"""Whose child a process is, and what follows from that: prctl(2)."""

from __future__ import annotations

import errno
import os
from typing import Final

_SET_CHILD_SUBREAPER: Final = 36
_SET_PDEATHSIG: Final = 1

# The same on every architecture.
_SIGKILL: Final = 9


def set_subreaper(*, is_on: bool) -> None:
    """Become the parent of descendants whose own have ended, or be that no longer; raises OSError."""
    _prctl(_SET_CHILD_SUBREAPER, int(is_on))


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends; raises OSError.

    To be called when it is who it will be: the kernel forgets it where a process changes its user. It may be
    too late: who our parent is, is to be asked after it.
    """
    _prctl(_SET_PDEATHSIG, _SIGKILL)


def _prctl(option: int, argument: int) -> None:
    # Nothing in the standard library calls it but ctypes, which costs 4 ms to import: nobody pays it who does
    # not ask for this.
    try:
        import ctypes  # noqa: PLC0415  as above
    except ImportError as error:
        message = f"this Python has no ctypes, by which prctl(2) is called: {error}"
        raise OSError(errno.ENOSYS, message) from None

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, argument, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
