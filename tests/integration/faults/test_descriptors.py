"""Out of descriptors: nothing spins, nobody who is there is lost, and all goes on when there are some."""

from __future__ import annotations

import resource
import signal
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import Ends, cpu_seconds, descriptor_numbers, workers
from tests.load.stage import request, stage

if TYPE_CHECKING:
    from tests.load.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.fault]

KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "4")}
DEADLINE_S = 10.0


def leave_none(pid: int) -> tuple[int, int]:
    """Let a process open nothing more; give the limits of before. What is open stays (getrlimit(2))."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    first_free = min(set(range(4096)) - descriptor_numbers(pid))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, before[1]))
    return before


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_without_descriptors_waits_and_recovers(kind: str) -> None:
    """Accepting fails again and again, and the connection that waits is ready all the time."""
    with stage("-w", "1", *KINDS[kind]) as on, on.connect() as kept:
        kept.ask(request(1))
        (worker,) = workers(on.server.pid)
        before = leave_none(worker)
        with on.connect() as waiting:
            waiting.send(request(2))
            spent_s = cpu_seconds([worker])
            on.server.expect("cannot accept connections for now", count=3)
            spent_s = cpu_seconds([worker]) - spent_s
            # Who is in is served on.
            assert 200 == kept.ask(request(3)).status
            resource.prlimit(worker, resource.RLIMIT_NOFILE, before)

            assert 200 == waiting.read_answer().status
        assert spent_s < 0.3
        assert (worker,) == workers(on.server.pid)


def test_an_arbiter_without_descriptors_serves_on_and_recovers() -> None:
    """It can neither replace a worker nor read the configuration, and says so."""
    with stage("-w", "2") as on:
        first, second = workers(on.server.pid)
        before = leave_none(on.server.pid)
        spent_s = cpu_seconds([on.server.pid])
        on.server.signal(signal.SIGHUP)
        on.server.expect("reload refused, generation=1 serves on: .*Too many open files")
        with Ends([first]) as ends:
            on.server.signal(signal.SIGKILL, first)
            ends.wait(1, DEADLINE_S)
        on.server.expect("no worker could be forked: .*Too many open files", count=2)
        assert cpu_seconds([on.server.pid]) - spent_s < 0.5
        assert second == served_by(on)

        resource.prlimit(on.server.pid, resource.RLIMIT_NOFILE, before)
        mark = on.server.mark()
        on.server.expect("worker ready", since=mark)
        on.server.signal(signal.SIGHUP)
        on.server.expect("reload done generation=2")


def served_by(on: Stage) -> int:
    with on.connect() as wire:
        return int(wire.ask(request(9)).body.split()[1])
