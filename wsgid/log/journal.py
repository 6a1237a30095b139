"""systemd's journal: is it behind a descriptor, and how a line tells it how grave it is.

sd-daemon(3): a line that begins with `<N>` has the priority N of syslog(3). systemd.exec(5), JOURNAL_STREAM:
the device and the inode of the socket, so that a program whose output was redirected knows that it was.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRIORITIES: Final = {
    logging.CRITICAL: 2,
    logging.ERROR: 3,
    logging.WARNING: 4,
    logging.INFO: 6,
    logging.DEBUG: 7,
}


def is_journal(descriptor: int, environ: Mapping[str, str]) -> bool:
    """Say if what is written to this descriptor arrives in the journal."""
    status = os.fstat(descriptor)
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def priority(level: int) -> int:
    """Return syslog's number for a level of logging; one in between counts as the one below."""
    return next((number for known, number in _PRIORITIES.items() if level >= known), 7)


def with_priority(level: int, text: str) -> str:
    """Put the priority before each line: the journal takes each for an entry of its own."""
    mark = f"<{priority(level)}>"
    return "\n".join(mark + line for line in text.split("\n"))
