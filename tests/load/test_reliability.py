"""The page of reliability comes from the figures of two commands, and these from what they do."""

from __future__ import annotations

from tests.load.reliability import PAGE, RESTARTS, RUN, from_json, render, restarts_from_json
from tests.load.table import ACTS, WHOLE


def test_page_is_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    run = from_json(RUN.read_text())
    restarts = restarts_from_json(RESTARTS.read_text())

    assert render(run, restarts) == PAGE.read_text()


def test_page_has_all_that_is_done() -> None:
    run = from_json(RUN.read_text())

    assert [*ACTS, *WHOLE] == [row.name for row in run.rows]


def test_nothing_but_a_kill_costs_a_request() -> None:
    """What the page is there to show; gunicorn's figures are as they are."""
    run = from_json(RUN.read_text())
    failed = {row.name: row.peers["wsgid"].failed for row in run.rows}
    failed.pop("`kill -9` of a worker")

    assert dict.fromkeys(failed, 0) == failed


def test_under_systemd_only_what_has_neither_socket_nor_store_costs_a_request() -> None:
    restarts = restarts_from_json(RESTARTS.read_text())
    lost = {row.name for row in restarts.rows if row.lost}

    assert {"`systemctl restart`, with neither (`FileDescriptorStoreMax=0`)"} == lost
