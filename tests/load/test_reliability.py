"""The page of reliability comes from the figures of two commands, and these from what they do."""

from __future__ import annotations

from tests.figures import is_filled, read
from tests.load.reliability import PAGE, RESTARTS, RUN, Restarts, Run, blocks
from tests.load.table import ACTS, WHOLE


def test_page_is_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    assert is_filled(PAGE, blocks(read(Run, RUN), read(Restarts, RESTARTS)))


def test_page_has_all_that_is_done() -> None:
    run = read(Run, RUN)

    assert [*ACTS, *WHOLE] == [row.name for row in run.rows]


def test_nothing_but_a_kill_costs_a_request() -> None:
    """What the page is there to show; gunicorn's figures are as they are."""
    run = read(Run, RUN)
    failed = {row.name: row.peers["wsgid"].failed for row in run.rows}
    failed.pop("`kill -9` of a worker")

    assert dict.fromkeys(failed, 0) == failed


def test_under_systemd_only_what_has_neither_socket_nor_store_costs_a_request() -> None:
    restarts = read(Restarts, RESTARTS)
    lost = {row.name for row in restarts.rows if row.lost}

    assert {"`systemctl restart`, with neither (`FileDescriptorStoreMax=0`)"} == lost
