"""What is done to a server under load; each act returns when the server has come through it.

The server's processes and the load's answers say when, not its log: so the same acts serve for any pre-fork
server.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

from tests.load.account import Kill
from tests.load.processes import Ends, frozen, parent, peer_ports, workers

if TYPE_CHECKING:
    from tests.load.client import Load

DEADLINE_S = 30.0


def kill_oldest(arbiter: int, load: Load) -> Kill:
    """Kill the oldest worker with signal 9; wait until another serves in its stead.

    It is stopped for a moment before, to write down which connections it takes with it. To the others a
    stopped worker is one that does not answer for some milliseconds.
    """
    before = workers(arbiter)
    victim = before[0]
    with Ends([victim]) as ends, frozen(victim):
        ports = frozenset(peer_ports(victim))
        os.kill(victim, signal.SIGKILL)
        ends.wait(1, DEADLINE_S)
    _wait_serving(arbiter, load, count=len(before), known=before)
    return Kill(victim, ports)


def reload(arbiter: int, load: Load) -> None:
    """Send HUP; wait until all workers of before have gone, and others serve."""
    before = workers(arbiter)
    with Ends(before) as ends:
        os.kill(arbiter, signal.SIGHUP)
        ends.wait(len(before), DEADLINE_S)
    _wait_serving(arbiter, load, count=len(before), known=before)


def come_through(arbiter: int, load: Load, patience_s: float) -> bool:
    """Say whether the server lives after some time, when all clients have seen what became of it."""
    with Ends([arbiter]) as ends:
        with contextlib.suppress(AssertionError):
            ends.wait(1, patience_s)
        load.wait_round()
        return not ends.has_ended(arbiter)


def upgrade(arbiter: int, load: Load) -> int:
    """Send USR2; wait until a successor serves and its predecessor has left. Gives the successor's pid.

    Where the predecessor does not leave by itself, it is told to.
    """
    before, known = workers(arbiter), set(load.tally.pids)
    with Ends([arbiter]) as ends:
        os.kill(arbiter, signal.SIGUSR2)

        def successor() -> int | None:
            parents = Counter(parent(pid) for pid in load.tally.pids - known - set(before))
            return next((pid for pid, count in parents.items() if pid and count >= len(before)), None)

        load.wait_for(lambda: successor() is not None, "a successor that serves")
        heir = successor()
        assert heir is not None
        if not ends.has_ended(arbiter):
            with contextlib.suppress(ProcessLookupError):
                os.kill(arbiter, signal.SIGTERM)
        ends.wait(1, DEADLINE_S)
    load.wait_round()
    return heir


def add_worker(arbiter: int, load: Load) -> None:
    """Send TTIN; wait until one more serves."""
    before = workers(arbiter)
    os.kill(arbiter, signal.SIGTTIN)
    _wait_serving(arbiter, load, count=len(before) + 1, known=before)


def take_worker(arbiter: int, load: Load) -> None:
    """Send TTOU; wait until one has gone."""
    before = workers(arbiter)
    with Ends(before) as ends:
        os.kill(arbiter, signal.SIGTTOU)
        ends.wait(1, DEADLINE_S)
    _wait_serving(arbiter, load, count=len(before) - 1, known=())


def _wait_serving(arbiter: int, load: Load, *, count: int, known: tuple[int, ...]) -> None:
    """Wait for so many workers, for an answer of each new one, and for a round of all connections."""
    load.wait_for(
        lambda: len(pids := workers(arbiter)) == count and {*pids} - {*known} <= load.tally.pids,
        f"{count} workers that serve",
    )
    load.wait_round()
