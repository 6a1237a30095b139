"""An upgrade costs no request, forth and back, however often; nor does a restart whose listeners are kept."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
from typing import TYPE_CHECKING

import pytest

from tests.load.client import Load
from tests.load.stage import report, stage
from tests.support import start_server

if TYPE_CHECKING:
    from tests.load.stage import Stage

TIMES = 5
DEADLINE_S = 60.0

pytestmark = [pytest.mark.slow, pytest.mark.load, pytest.mark.timeout(300)]

SYNC = ("-k", "sync")
THREADS = ("-k", "gthread", "--threads", "4")


def upgrade(on: Stage, pid: int) -> int:
    """Send USR2; wait until the successor serves."""
    count = len(re.findall("upgrade done", on.server.log)) + 1
    os.kill(pid, signal.SIGUSR2)
    found = on.server.expect(r"upgrade done successor=(\d+)", count=count, deadline_s=DEADLINE_S)
    return int(found[1])


def wait_end(pid: int, number: int = 0) -> None:
    """Send a signal, if one is given, and wait until the process has ended."""
    handle = os.pidfd_open(pid)
    try:
        os.kill(pid, number)
        assert select.select([handle], [], [], DEADLINE_S)[0], f"{pid} has not ended"
    finally:
        os.close(handle)


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_upgrades_lose_no_request(kind: tuple[str, ...]) -> None:
    with stage("-w", "2", *kind) as on, Load(on.address) as load:
        pid = on.server.pid
        load.wait_round()
        for _ in range(TIMES):
            former, pid = pid, upgrade(on, pid)
            wait_end(former)
            load.wait_round()
        tally = load.stop()
        seen = on.account(tally)
        wait_end(pid, signal.SIGTERM)

    report(tally)
    assert ([], ()) == (tally.failures, seen.repeated)
    assert len(tally.pids) == 2 * (TIMES + 1)


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_forth_and_back_by_hand_loses_no_request(kind: tuple[str, ...]) -> None:
    with stage("-w", "2", "--upgrade", "manual", *kind) as on, Load(on.address) as load:
        load.wait_round()
        for _ in range(TIMES // 2):
            successor = upgrade(on, on.server.pid)
            load.wait_round()
            wait_end(successor, signal.SIGTERM)
            load.wait_round()
        successor = upgrade(on, on.server.pid)
        wait_end(on.server.pid, signal.SIGTERM)
        load.wait_round()
        tally = load.stop()
        seen = on.account(tally)
        wait_end(successor, signal.SIGTERM)

    report(tally)
    assert ([], ()) == (tally.failures, seen.repeated)
    assert len(tally.pids) == 2 * (TIMES // 2 + 2)


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_restarts_with_kept_listeners_lose_no_request(kind: tuple[str, ...]) -> None:
    """While nobody serves, connections wait in the queue of a socket that systemd has: here, the test."""
    with (
        stage("-w", "2", *kind, env={"FDSTORE": "64"}) as on,
        Load(on.address) as load,
        contextlib.ExitStack() as servers,
    ):
        first = server = on.server
        for _ in range(TIMES):
            load.wait_round()
            assert 0 == server.stop()
            successor = start_server(
                "-w",
                "2",
                *kind,
                app="tests.load.app:application",
                env={**on.environment(), "FDSTORE": "64"},
                sockets=first.stored,
            )
            server = servers.enter_context(successor)
        load.wait_round()
        tally = load.stop()
        seen = on.account(tally)

    report(tally)
    assert ([], ()) == (tally.failures, seen.repeated)
    assert len(tally.pids) == 2 * (TIMES + 1)
