"""The page of reliability comes from the figures of one run, and these from what the command does."""

from __future__ import annotations

from tests.load.reliability import PAGE, from_json, render
from tests.load.table import ACTS, WHOLE


def test_page_is_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    run = from_json(PAGE.with_suffix(".json").read_text())

    assert render(run) == PAGE.read_text()


def test_page_has_all_that_is_done() -> None:
    run = from_json(PAGE.with_suffix(".json").read_text())

    assert [*ACTS, *WHOLE] == [row.name for row in run.rows]


def test_nothing_but_a_kill_costs_a_request() -> None:
    """What the page is there to show; gunicorn's figures are as they are."""
    run = from_json(PAGE.with_suffix(".json").read_text())
    failed = {row.name: row.peers["wsgid"].failed for row in run.rows}
    failed.pop("`kill -9` of a worker")

    assert dict.fromkeys(failed, 0) == failed
