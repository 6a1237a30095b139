"""What may be said by the control socket."""

from __future__ import annotations

import pytest

from wsgid.arbiter.control import Command, number_after, parse_command


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (Command("status"), "status"),
        (Command("status"), "  status\r"),
        (Command("reload"), "reload"),
        (Command("stop"), "stop"),
        (Command("stop", "quick"), "stop quick"),
        (Command("workers", "+2"), "workers +2"),
        (Command("workers", "-1"), "workers -1"),
        (Command("workers", "=16"), "workers =16"),
        (Command("stacks"), "stacks"),
        (Command("upgrade"), "upgrade"),
        (None, ""),
        (None, "Status"),
        (None, "status now"),
        (None, "stop slowly"),
        (None, "workers"),
        (None, "workers 4"),
        (None, "workers +"),
        (None, "workers +123456"),
        (None, "quick"),
    ],
)
def test_a_line_is_a_command_or_none(expected: Command | None, line: str) -> None:
    assert expected == parse_command(line)


@pytest.mark.parametrize(
    ("expected", "present", "change"),
    [(6, 4, "+2"), (3, 4, "-1"), (2, 4, "=2"), (1, 4, "-9"), (1, 4, "=0"), (4, 4, "+0")],
)
def test_at_least_one_worker_stays(expected: int, present: int, change: str) -> None:
    assert expected == number_after(present, change)
