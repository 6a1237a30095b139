"""How connections that are kept are spread over workers: who has more than its share gives of them.

Whichever worker is on a processor when many clients come lets most of them in, and one that was replaced
begins with none. So each compares, about once a second, what it has with what others have (the scoreboard).
Nothing here moves a connection; threads.py does, by the pair on which they travel.
"""

from collections.abc import Collection
from math import inf
from typing import Final

from wsgid.metrics.scoreboard import Row, RowView, Scoreboard

# As far from an equal part as this nobody moves.
TOLERANCE: Final = 0.1

# A worker whose every thread is in a call for so long takes nothing now.
LONG_CALL_S: Final = 0.05

# One that has not beaten for so long is gone, or stands still.
SILENCE_S: Final = 2.0

# At once; those that come last wait until all before them are taken.
MOST_GIVEN: Final = 32

# Who takes what is given is chance in part, so it may need some rounds. Where one has made nothing better,
# the next pause is longer: perhaps nothing ever comes of it. Where it has, shorter, by less.
FIRST_PAUSE_S: Final = 0.1
LAST_PAUSE_S: Final = 60.0
LONGER: Final = 1.5
SHORTER: Final = 0.8


def share(mine: int, others: Collection[int]) -> float:
    """Return an equal part."""
    return (mine + sum(others)) / (1 + len(others))


def surplus(mine: int, others: Collection[int]) -> int:
    """Return how many connections to give; `others` is what workers have that could take some."""
    if not others:
        return 0
    equal = share(mine, others)
    allowed = max(1.0, equal * TOLERANCE)
    if max(mine, *others) - equal <= allowed and equal - min(others) <= allowed:
        return 0
    return max(0, int(mine - equal))


def may_take(view: RowView, now: float) -> bool:
    """Whether a worker has a thread for what it is given."""
    calls = [cell for cell in view.cells if cell.began]
    return len(calls) < view.threads or any(now - cell.began < LONG_CALL_S for cell in calls)


class Balance:
    """What one worker knows of the others, and when it looks again."""

    __slots__ = ("_generation", "_last", "_pause_s", "_pid", "_scoreboard", "next", "share")

    def __init__(self, scoreboard: Scoreboard, row: Row) -> None:
        """`row` is that of the worker that asks; it has signed it."""
        own = row.read()
        self._scoreboard = scoreboard
        self._pid = own.pid
        self._generation = own.generation
        # An equal part, as of the last look.
        self.share = 0.0
        # Nothing is given before: time.monotonic().
        self.next = 0.0
        self._pause_s = FIRST_PAUSE_S
        # The surplus of the last round; inf where that found none.
        self._last = inf

    def surplus(self, mine: int, now: float) -> int:
        """Return how many connections to give now to whom may take them."""
        others = self._scoreboard.connections(self._generation, now - SILENCE_S)
        others.pop(self._pid, None)
        self.share = share(mine, others.values())
        if not surplus(mine, others.values()):
            self._pause_s, self._last, self.next = FIRST_PAUSE_S, inf, now
            return 0
        if now < self.next:
            return 0
        found = surplus(mine, self._able(others, now))
        if not found:
            return 0
        if found >= self._last:
            self._pause_s = min(self._pause_s * LONGER, LAST_PAUSE_S)
        else:
            self._pause_s = max(self._pause_s * SHORTER, FIRST_PAUSE_S)
        self._last = found
        self.next = now + self._pause_s
        return min(found, MOST_GIVEN)

    def _able(self, others: Collection[int], now: float) -> list[int]:
        """Return what those of the others have that could take some now."""
        views = self._scoreboard.views()
        return [view.connections for view in views if view.pid in others and may_take(view, now)]
