"""Which cell a call of a green thread has, and when it lets others run."""

from __future__ import annotations

from wsgid.metrics.scoreboard import Scoreboard
from wsgid.workers.green_cells import HELD_S, GreenCells


def test_each_call_has_a_cell_and_gives_it_back() -> None:
    """The arbiter reads all cells that were ever made: no more than calls at a time."""
    row = Scoreboard(rows=1, cells=4).row(0)
    cells = GreenCells(row, lambda: None)
    for _ in range(3):
        first, second = cells.take(), cells.take()
        first.begin(1.0, b"GET /first", b"")
        second.begin(2.0, b"GET /second", b"")
        first.end()
        cells.give_back(first)
        second.end()
        cells.give_back(second)

    assert (6, 2) == (cells.begun, row.read().threads)


def test_calls_beyond_the_cells_share_the_last_and_are_counted() -> None:
    row = Scoreboard(rows=1, cells=2).row(0)
    cells = GreenCells(row, lambda: None)
    taken = [cells.take() for _ in range(5)]
    for number, cell in enumerate(taken):
        cell.begin(1.0, b"GET /%d" % number, b"")
    for cell in taken:
        cells.give_back(cell)
    again = [cells.take().is_shared for _ in range(3)]

    assert (5, [b"/0", b"/4"]) == (cells.begun, [view.target for view in row.read().cells])
    assert [False, False, True] == again


def test_a_response_that_never_waits_gives_way_now_and_then() -> None:
    """Else one client that takes everything at once keeps all others waiting."""
    turns: list[float] = []
    cell = GreenCells(Scoreboard(rows=1).row(0), lambda: turns.append(1.0)).take()
    cell.begin(0.0, b"GET /", b"")
    cell.progress(HELD_S / 2)
    before = len(turns)
    cell.progress(HELD_S * 1.5)

    assert (0, 1) == (before, len(turns))
