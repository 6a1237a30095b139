"""Becomes the parent of descendants whose own parents have ended (prctl(2), PR_SET_CHILD_SUBREAPER)."""

from __future__ import annotations

import os
from typing import Final

_PR_SET_CHILD_SUBREAPER: Final = 36


def set_subreaper(*, is_on: bool) -> None:
    """Be one, or be one no longer; raises OSError.

    Nothing in the standard library calls prctl(2) but ctypes, which costs 4 ms to import: nobody pays it who
    does not ask for this.
    """
    import ctypes  # noqa: PLC0415  as above

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, int(is_on), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
