"""The page of slow clients comes from the figures that the command wrote."""

from __future__ import annotations

from tests.figures import is_filled, read
from tests.load import beside


def test_the_table_is_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    assert is_filled(beside.PAGE, beside.blocks(read(beside.Run, beside.DATA)))


def test_every_contestant_stands_in_the_table() -> None:
    assert [one.title for one in beside.CONTESTANTS] == [
        row.title for row in read(beside.Run, beside.DATA).rows
    ]


def test_who_never_answers_is_not_called_quick() -> None:
    late = beside.Figures(beside.PATIENCE_S, beside.PATIENCE_S, beside.MOST_LOST)
    row = beside.Row("a", beside.Figures(0.001, 0.002), late, beside.Figures(0.001, 0.003, 1))

    assert beside.table([row]).endswith(
        "| a | 1.00 / 2.00 ms | no answer within 2 s | - | 1.00 / 3.00 ms, 1 lost |"
    )


def test_the_table_says_how_far_figures_move() -> None:
    """The promise is less than a factor of two, of median and 99th percentile."""
    quiet = beside.Figures(0.001, 0.002)
    row = beside.Row("a", quiet, beside.Figures(0.0015, 0.0022), quiet)

    assert "| 1.50 / 2.20 ms | 1.5 / 1.1 | 1.00 / 2.00 ms |" in beside.table([row])
