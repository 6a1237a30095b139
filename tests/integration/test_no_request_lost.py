"""Whatever is done to the server, every request is answered but those that a killed worker was serving.

64 kept and 16 closing connections, twenty times each. What a failed request is to be blamed on is decided in
`tests/load/account.py`, and that the client sees failures at all is shown on a peer, and in `tests/load/`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from typing import Any

import pytest

from tests.load import disturb
from tests.load.client import Load, Plan
from tests.load.outcome import Kind
from tests.load.processes import Ends, workers
from tests.load.request import quick
from tests.load.stage import report, stage
from tests.support import start_server

TIMES = 20
RESTARTS = 5

pytestmark = [pytest.mark.slow, pytest.mark.load, pytest.mark.timeout(180)]

SYNC = ("-k", "sync")
THREADS = ("-k", "gthread", "--threads", "4")


@pytest.mark.fault
@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_kill_of_a_worker_loses_only_what_it_was_serving(kind: tuple[str, ...]) -> None:
    """It also loses, counted apart, kept connections between two requests: they end with their worker."""
    with stage("-w", "3", *kind) as on, Load(on.address) as load:
        load.wait_round()
        kills = [disturb.kill_oldest(on.server.pid, load) for _ in range(TIMES)]
        tally = load.stop()
        seen = on.account(tally, kills)

    report(tally, seen)
    assert ((), ()) == (seen.lost, seen.repeated)
    # at most what each thread had in hand
    assert len(seen.served) <= TIMES * (4 if kind is THREADS else 1)
    # accepted, and killed before its request was read: a moment each, not a queue
    assert len(seen.taken) <= TIMES


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_reload_loses_no_request(kind: tuple[str, ...]) -> None:
    """Nor does it close a kept connection that is idle: only luck would keep a request from crossing that."""
    with stage("-w", "3", *kind) as on, Load(on.address) as load:
        load.wait_round()
        for _ in range(TIMES):
            disturb.reload(on.server.pid, load)
        tally = load.stop()
        seen = on.account(tally)

    report(tally)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)
    assert len(tally.pids) == 3 * (TIMES + 1)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("count", "kept", "closing"), [(1, 1, 0), (2, 0, 2)], ids=["one kept connection", "two new ones"]
)
def test_reload_of_an_almost_idle_server_leaves_nobody_waiting(count: int, kept: int, closing: int) -> None:
    """Where few come, nothing but the right wake-up tells a worker of a connection that another has left.

    One that is lost shows as a request that waits for ever, or for the next look around, a second later.
    """
    plan = Plan(kept=kept, closing=closing, pause_s=0.0, timeout_s=5.0, make=quick)
    with stage("-w", str(count), *THREADS) as on, Load(on.address, plan) as load:
        for _ in range(3 * TIMES):
            disturb.reload(on.server.pid, load)
        tally = load.stop()
        seen = on.account(tally)

    report(tally)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)
    assert max(answered.seconds for answered in tally.answered) < 0.5
    assert tally.connects == kept or not kept


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_more_and_fewer_workers_lose_no_request(kind: tuple[str, ...]) -> None:
    """Up and down again by one, and every fifth time by three."""
    with stage("-w", "2", *kind) as on, Load(on.address) as load:
        load.wait_round()
        for time in range(TIMES):
            steps = 3 if time % 5 == 4 else 1
            for _ in range(steps):
                disturb.add_worker(on.server.pid, load)
            for _ in range(steps):
                disturb.take_worker(on.server.pid, load)
        tally = load.stop()
        seen = on.account(tally)

    report(tally)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)


def test_signals_in_a_burst_lose_no_request() -> None:
    """Nobody waits for one reload to end before the next begins."""
    with stage("-w", "3", *SYNC) as on, Load(on.address) as load:
        load.wait_round()
        for _ in range(TIMES):
            for number in (signal.SIGHUP, signal.SIGTTIN, signal.SIGHUP, signal.SIGTTOU):
                on.server.signal(number)
            load.wait_round()
        load.wait_for(lambda: len(workers(on.server.pid)) == 3, "3 workers, as at first")
        tally = load.stop()
        seen = on.account(tally)

    report(tally)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_stop_answers_every_request_that_came_in(kind: tuple[str, ...]) -> None:
    """Who comes after newcomers are kept out is refused, and can go elsewhere; all others are answered."""
    for _ in range(TIMES // 4):
        with stage("-w", "3", *kind) as on, Load(on.address) as load:
            load.wait_round()
            with Ends([on.server.pid]) as ends:
                on.server.signal(signal.SIGTERM)
                ends.wait(1, disturb.DEADLINE_S)
            tally = load.stop()
            seen = on.account(tally)
            assert 0 == on.server.wait()

        report(tally)
        assert [] == [failure for failure in tally.failures if failure.kind is not Kind.REFUSED]
        assert () == seen.repeated


@pytest.mark.parametrize("kind", [SYNC, THREADS], ids=["sync", "threads"])
def test_restart_behind_a_socket_loses_no_request(kind: tuple[str, ...]) -> None:
    """While nobody serves, connections wait in the socket's queue for whoever serves next."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as held:
        passed: dict[str, Any] = {"bind": (), "sockets": [("http", held)]}
        with (
            stage("-w", "2", *kind, **passed) as on,
            Load(("127.0.0.1", held.getsockname()[1])) as load,
            contextlib.ExitStack() as servers,
        ):
            server = on.server
            for _ in range(RESTARTS):
                load.wait_round()
                assert 0 == server.stop()
                successor = start_server(
                    "-w", "2", *kind, app="tests.load.app:application", env=on.environment(), **passed
                )
                server = servers.enter_context(successor)
            load.wait_round()
            tally = load.stop()
            seen = on.account(tally)

    report(tally)
    assert ([], (), 0) == (tally.failures, seen.repeated, tally.closed_idle)
    assert len(tally.pids) == 2 * (RESTARTS + 1)


def test_the_client_finds_lost_requests_in_a_peer() -> None:
    """Kill its workers, then stop it: reset or empty, cut and refused answers must all be seen."""
    with stage("-w", "2", *THREADS, "--graceful-timeout", "1", peer="gunicorn") as on:
        with Load(on.address) as load:
            load.wait_round()
            for _ in range(TIMES // 2):
                for pid in workers(on.server.pid):
                    os.kill(pid, signal.SIGKILL)
                load.wait_round()
            with Ends([on.server.pid]) as ends:
                on.server.signal(signal.SIGTERM)
                ends.wait(1, disturb.DEADLINE_S)
            load.wait_round()
        kinds = load.tally.kinds()

    report(load.tally)
    assert kinds[Kind.RESET] + kinds[Kind.EMPTY] > 0
    assert kinds[Kind.CUT] > 0
    assert kinds[Kind.REFUSED] > 0
