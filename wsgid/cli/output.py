"""What is asked for goes to standard output, whole, or the command fails."""

from __future__ import annotations

import os
import sys

from wsgid.errors import WsgidError


class NobodyReadsError(WsgidError):
    """Whoever read us has seen enough (`| head`); there is nobody to tell."""


def open_what_is_closed() -> None:
    """See that the three standard descriptors are there, if only to swallow what is written.

    Otherwise the first file that is opened would have one of their numbers, and get what is meant for it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.dup(number), "w", encoding="utf-8", errors="backslashreplace"))


def put(text: str) -> None:
    """Print a text and see that it has arrived; raises WsgidError.

    What the terminal's encoding has not is written with backslashes, as on standard error: TOML reads that.
    """
    encoding = sys.stdout.encoding or "utf-8"  # that of a StringIO is None
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would fail once more, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            raise NobodyReadsError from error
        raise WsgidError(f"what was asked for cannot be printed: {error.strerror}") from error
