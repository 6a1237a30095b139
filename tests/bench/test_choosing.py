"""The page that helps to choose comes from the figures that the command wrote."""

from __future__ import annotations

from tests.bench import choosing
from tests.bench.choosing import CountRow, KindRow, Run
from tests.figures import Origin, is_filled, read


def test_tables_are_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    assert is_filled(choosing.PAGE, choosing.blocks(read(Run, choosing.DATA)))


def test_every_kind_and_count_was_measured() -> None:
    run = read(Run, choosing.DATA)

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
    origin = Origin("2026-01-01", "c0ffee", "CPython 3.11.7", "6.1", 2)
    found = choosing.blocks(Run(origin, {"gevent": "25"}, (kind,), rows, rows))

    assert "| `sync` | 1,230 | 4.5 | 10 | 0.321 ms | 1,600 ms | 21.5 MiB |\n" in found["kinds"]
    assert "on 2026-01-01 at c0ffee: 2 CPUs, CPython 3.11.7, Linux 6.1; gevent 25." in found["kinds"]
    assert found["threads"].endswith("| 1 | 100 | 20 MiB |")
