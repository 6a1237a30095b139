"""Ten thousand idle connections cost no thread and no processor, and who asks among them is answered."""

from __future__ import annotations

import contextlib
import resource
import socket
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import count_descriptors, cpu_seconds, memory_kib, workers
from tests.load.stage import report, request, stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.fault]

COUNT = 10_000
# For the server's other descriptors, and for the test's.
OTHERS = 500
# Measured: 3.1 KiB of the worker's memory for a connection.
MOST_KIB = 9


@pytest.fixture
def descriptors() -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    if former[1] < COUNT + OTHERS:
        pytest.skip(
            f"{former[1]} descriptors are allowed: raise the hard limit (ulimit -Hn {COUNT + OTHERS})"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + OTHERS, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, former)


@pytest.mark.usefixtures("descriptors")
@pytest.mark.parametrize("kind", [("-k", "sync"), ("--threads", "4")], ids=["sync", "threads"])
def test_ten_thousand_idle_connections_cost_little(kind: tuple[str, ...]) -> None:
    bounds = ("--worker-connections", str(COUNT + OTHERS), "--header-timeout", "5m", "--backlog", "4096")
    with stage("-w", "1", *kind, *bounds) as on, on.connect() as wire:
        (worker,) = workers(on.server.pid)
        wire.ask(request(1))
        before_kib, before = memory_kib([worker]), count_descriptors([worker])
        with contextlib.ExitStack() as clients:
            for _ in range(COUNT):
                clients.enter_context(socket.create_connection(on.address, 10.0))
            # An answer to the last one says that all before it are in.
            with on.connect() as last:
                assert 200 == last.ask(request(2)).status
                assert COUNT + 1 == count_descriptors([worker]) - before
            grown_kib, spent_s = memory_kib([worker]) - before_kib, cpu_seconds([worker])
            # Three turns of looking around among them.
            answers = [wire.ask(request(number, "/nap", "0.3")).status for number in range(3, 13)]
            spent_s = cpu_seconds([worker]) - spent_s

            report(f"{grown_kib / COUNT:.1f} KiB a connection, {spent_s:.2f} s of CPU in 3 s")
            assert [200] * 10 == answers
            assert grown_kib < MOST_KIB * COUNT
            assert spent_s < 1.0
        # All leave at once; the next answers show that the worker has come through it.
        assert 200 == wire.ask(request(20)).status
        while count_descriptors([worker]) > before:
            assert 200 == wire.ask(request(21, "/nap", "0.05")).status
