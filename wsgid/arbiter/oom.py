"""Whom the kernel has killed for want of memory: a SIGKILL like any other, but that it counts them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from wsgid.config.cgroups import OWN, ROOT, cgroups, words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wsgid.arbiter.spawn import Exit

# What the count has risen by is held against nobody after once to twice this: it was a process of which
# nobody told us, such as a child of a worker. A dead process with much memory is not reaped at once, either.
_FORGET_S: Final = 30.0


def oom_count(root: Path = ROOT, own: Path = OWN) -> Callable[[], int | None]:
    """Return what reads how many processes of our cgroup were killed so; None: nobody says."""
    # The deepest is ours. Version 2 has "oom_kill" in memory.events, version 1 in memory.oom_control.
    deepest_first = sorted(cgroups(root, own), key=lambda path: len(path.parts), reverse=True)
    paths = [path / name for path in deepest_first for name in ("memory.events", "memory.oom_control")]
    for path in paths:
        if _count(path) is not None:
            return partial(_count, path)
    return lambda: None


def _count(path: Path) -> int | None:
    words = words_of(path)
    at = words.index("oom_kill") if "oom_kill" in words else len(words)
    number = words[at + 1 : at + 2]
    return int(number[0]) if number and number[0].isdecimal() else None


class OomKills:
    """Tells deaths for want of memory from other ones, by what the kernel's count has risen by."""

    def __init__(self, read: Callable[[], int | None], now: float) -> None:
        """`read` gives the count, or None."""
        self._read: Final = read
        self._known = read()  # what is accounted for
        self._latest = self._known
        self._looked_at = now

    def tick(self, now: float) -> None:
        """Look now and then, that an old rise explains no new death."""
        if self._known is not None and self._latest is not None and now - self._looked_at >= _FORGET_S:
            self._looked_at = now
            self._known = max(self._known, self._latest)
            self._latest = self._read()

    def explain(self, exit_: Exit) -> Exit:
        """Return the end of a process that was reaped just now, with what the kernel's count says of it."""
        if not exit_.is_killed:
            return exit_
        is_oom = self._accounts_for_one_more()
        # What an application takes is its own doing.
        return exit_._replace(is_oom=is_oom, is_from_outside=not is_oom)

    def _accounts_for_one_more(self) -> bool | None:
        count = self._read()
        if count is None or self._known is None:
            return None
        if count <= self._known:
            return False
        self._known += 1
        return True
