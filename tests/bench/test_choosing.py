"""The page that helps to choose comes from the figures that the command wrote."""

from __future__ import annotations

from tests.bench import choosing
from tests.bench.choosing import CountRow, KindRow, Run


def test_tables_are_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    page = choosing.PAGE.read_text(encoding="utf-8")

    assert page == choosing.fill(page, choosing.read())


def test_every_kind_and_count_was_measured() -> None:
    run = choosing.read()

    assert list(choosing.KINDS) == [row.title for row in run.kinds]
    assert [list(choosing.COUNTS), list(choosing.THREADS)] == [
        [row.count for row in rows] for rows in (run.workers, run.threads)
    ]


def test_figures_are_written_with_three_digits() -> None:
    kind = KindRow(
        "`sync`",
        {"computing": 1230.0, "database": 4.5, "waiting": 10.0},
        {"computing": 0.321, "waiting": 1600.0},
        21.5,
    )
    rows = (CountRow(1, {"computing": 100.0}, 20.0),)
    run = Run("2026-01-01", "c0ffee", "CPython 3.11.7", "6.1", 2, {"gevent": "25"}, (kind,), rows, rows)
    page = "<!-- measured: kinds -->\n<!-- end -->\n<!-- measured: threads -->\nold\n<!-- end -->\n"
    filled = choosing.fill(page, run)

    assert "| `sync` | 1,230 | 4.5 | 10 | 0.321 ms | 1,600 ms | 21.5 MiB |\n" in filled
    assert "| 1 | 100 | 20 MiB |\n" in filled
    assert "old" not in filled
