"""Failed requests of wsgid and of gunicorn, side by side: `python -m tests.load.table [TIMES]`.

The same load and the same disturbances for both: 3 workers of 4 threads each, the kind of worker of
gunicorn's that keeps connections. Less than a minute for twenty times; prints Markdown.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.load import disturb
from tests.load.client import Load, Plan
from tests.load.outcome import Kind
from tests.load.stage import stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.load.outcome import Tally

PEERS = ("wsgid", "gunicorn")
WORKERS = ("-w", "3", "-k", "gthread", "--threads", "4")
KINDS = (Kind.REFUSED, Kind.RESET, Kind.EMPTY, Kind.CUT, Kind.WRONG, Kind.LATE)


def kill(arbiter: int, load: Load) -> None:
    """Kill a worker with signal 9."""
    disturb.kill_oldest(arbiter, load)


def more_and_fewer(arbiter: int, load: Load) -> None:
    """One worker more, one fewer."""
    disturb.add_worker(arbiter, load)
    disturb.take_worker(arbiter, load)


ACTS: dict[str, Callable[[int, Load], None]] = {
    "kill -9 of a worker": kill,
    "HUP": disturb.reload,
    "TTIN, TTOU": more_and_fewer,
}


def disturbed(peer: str, act: Callable[[int, Load], None], times: int) -> Tally:
    """Do it so many times under 64 kept and 16 closing connections."""
    with stage(*WORKERS, peer=peer) as on, Load(on.address) as load:
        load.wait_round()
        for _ in range(times):
            act(on.server.pid, load)
        return load.stop()


def worn(peer: str, times: int) -> Tally:
    """Ask on one connection that wants to be kept, of one worker that is replaced after ten requests."""
    plan = Plan(kept=1, closing=0, pause_s=0.0, total=50 * times)
    with stage("-w", "1", *WORKERS[2:], "--max-requests", "10", peer=peer) as on:
        load = Load(on.address, plan)
        with suppress(AssertionError), load:
            load.wait_end()
        return load.tally


def row(name: str, peer: str, tally: Tally) -> str:
    """Give one line of the table."""
    kinds = tally.kinds()
    between = sum(failure.between_requests for failure in tally.failures)
    counts = [tally.requests, tally.connects, *(kinds[kind] for kind in KINDS), between, len(tally.pids)]
    return f"| {name} | {peer} | {' | '.join(map(str, counts))} |\n"


def main(times: int) -> None:
    """Write the table."""
    columns = ["Disturbance", "Server", "Requests", "Connections", *(kind.value for kind in KINDS)]
    columns += ["of these between two requests", "pids"]
    sys.stdout.write(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n")
    for name, act in ACTS.items():
        for peer in PEERS:
            sys.stdout.write(row(f"{name}, {times} times", peer, disturbed(peer, act, times)))
            sys.stdout.flush()
    for peer in PEERS:
        sys.stdout.write(row("max_requests = 10, one connection", peer, worn(peer, times)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
