"""Connections that are kept are spread over workers, whoever has let them in."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import frozen, peer_ports, workers
from tests.load.stage import request, stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.load.stage import Stage
    from tests.wire import Wire

WORKERS, CLIENTS = 4, 60
# Each looks around once a second.
SOON_S = 25.0

KINDS = {"sync": (), "threads": ("--threads", "4")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_kept_connections_are_within_a_fifth_of_an_equal_part(kind: str) -> None:
    """One worker has them all, as after a burst on a busy machine; then those are back, and one comes."""
    with stage("-w", str(WORKERS), *KINDS[kind]) as on, ExitStack() as held:
        first, *others = workers(on.server.pid)
        with ExitStack() as still:
            for pid in others:
                still.enter_context(frozen(pid))
            wires = [held.enter_context(on.connect()) for _ in range(CLIENTS)]
            for number, wire in enumerate(wires):
                assert 200 == wire.ask(request(number)).status
            assert CLIENTS == len(peer_ports(first))

        assert is_even(ask_until_even(on, wires))

        on.server.signal(signal.SIGTTIN)
        on.server.expect("worker ready", count=WORKERS + 1)
        counts = ask_until_even(on, wires)

        assert WORKERS + 1 == len(counts)
        assert is_even(counts)


def ask_until_even(on: Stage, wires: Sequence[Wire]) -> list[int]:
    """Ask over all connections in turn until each worker has its part; give how many each has."""
    until = time.monotonic() + SOON_S
    counts: list[int] = []
    while not is_even(counts) and time.monotonic() < until:
        # Whoever asks is answered, on its way or not.
        for number, wire in enumerate(wires):
            assert 200 == wire.ask(request(number)).status
        counts = [len(peer_ports(pid)) for pid in workers(on.server.pid)]
    return counts


def is_even(counts: Sequence[int]) -> bool:
    """Whether each is within a fifth of an equal part; some may be on their way."""
    equal = CLIENTS / max(len(counts), 1)
    return bool(counts) and all(0.8 * equal <= count <= 1.2 * equal for count in counts)
