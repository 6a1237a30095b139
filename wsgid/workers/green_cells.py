"""The cells of the scoreboard for green threads: one a call, as long as there are some."""

from collections.abc import Callable
from time import monotonic

from wsgid.metrics.scoreboard import Cell, Row

# A response whose client takes everything at once lets others run so often.
HELD_S = 0.05


class GreenCell:
    """What one call tells the scoreboard, and where it gives way to others."""

    __slots__ = ("_give_way", "_held_since", "cell", "is_shared")

    def __init__(self, cell: Cell, give_way: Callable[[], None], *, is_shared: bool) -> None:
        self.cell = cell
        self.is_shared = is_shared
        self._give_way = give_way
        self._held_since = 0.0

    def begin(self, now: float, request: bytes, peer: bytes) -> None:
        """Note that the application is called."""
        self.cell.begin(now, request, peer)
        self._held_since = now

    def progress(self, now: float) -> None:
        """Note that a block went out; let others run, if that was not so for a while."""
        self.cell.progress(now)
        if now - self._held_since > HELD_S:
            self._give_way()
            self._held_since = monotonic()

    def progress_at(self) -> None:
        """Nowhere: who writes there would not let others run."""

    def waiting(self) -> None:
        """Note that it waits for its client."""
        self.cell.waiting()

    def end(self) -> None:
        """Note that the call is over."""
        self.cell.end()


class GreenCells:
    """The cells of a row, given out and taken back; calls for which none is left share the last.

    Then the scoreboard shows one of these, and counts them all.
    """

    __slots__ = ("_free", "_give_way", "_made", "_row")

    def __init__(self, row: Row, give_way: Callable[[], None]) -> None:
        """Make no cell before it is needed: the arbiter reads all that there are."""
        self._row = row
        self._give_way = give_way
        self._made: list[Cell] = []
        self._free: list[Cell] = []

    @property
    def begun(self) -> int:
        """How many calls have begun."""
        return sum(cell.requests for cell in self._made)

    def take(self) -> GreenCell:
        """Give a cell to a call."""
        if not self._free and len(self._made) < self._row.capacity:
            cell = self._row.cell(len(self._made))
            self._made.append(cell)
            self._free.append(cell)
        if self._free:
            return GreenCell(self._free.pop(), self._give_way, is_shared=False)
        return GreenCell(self._made[-1], self._give_way, is_shared=True)

    def give_back(self, cell: GreenCell) -> None:
        """Take the cell of a call that is over."""
        if not cell.is_shared:
            self._free.append(cell.cell)
