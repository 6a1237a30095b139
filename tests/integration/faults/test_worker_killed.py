"""A worker is killed, by hand or by the kernel for want of memory: the log says which, and others serve."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.load import disturb
from tests.load.client import Load, Plan
from tests.load.processes import workers
from tests.load.stage import report, request, stage
from wsgid.config.cgroups import cgroups, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.fault]

GROWN = 64 * 2**20
LIMIT = 96 * 2**20


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """Give a cgroup with little memory and no swap: below ours, or, with version 2, beside it."""
    for parent in sorted(cgroups(), key=lambda path: len(path.parts), reverse=True):
        is_first = (parent / "memory.limit_in_bytes").exists()
        if not is_first and "memory" not in words_of(parent / "cgroup.subtree_control"):
            continue
        path = parent / f"wsgid-test-{os.getpid()}"
        try:
            path.mkdir()
        except OSError as error:
            pytest.skip(f"no cgroup with a memory limit can be made here: {error}")
        try:
            for name in (
                ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") if is_first else ("memory.max",)
            ):
                if (path / name).exists():
                    (path / name).write_text(str(LIMIT))
            if (path / "memory.swap.max").exists():
                (path / "memory.swap.max").write_text("0")
            yield path
        finally:
            path.rmdir()
        return
    pytest.skip("this machine has no cgroups that limit memory")


def test_a_worker_that_the_kernel_ends_for_want_of_memory_is_told_from_one_that_is_killed(
    cgroup: Path,
) -> None:
    """A real one: the worker writes to more memory than its cgroup may have. Nobody else's is touched."""
    enter = ("sh", "-c", f'echo $$ >{cgroup}/cgroup.procs && exec "$@"', "sh")
    with stage("-w", "2", prefix=enter) as on:
        before = workers(on.server.pid)
        with on.connect() as wire:
            wire.send(request(1, "/keep", str(2 * LIMIT)))
            assert b"" == wire.read_to_end()
        on.server.expect(
            r"worker gone .* killed by SIGKILL, by the kernel for want of memory \(max_worker_memory "
        )
        on.server.expect("worker ready", count=3)
        (other,) = set(before) & set(workers(on.server.pid))
        os.kill(other, signal.SIGKILL)

        on.server.expect(f"worker gone .*pid={other} .* killed by SIGKILL, neither by us nor by the kernel")
        on.server.expect("worker ready", count=4)
        with on.connect() as wire:
            assert 200 == wire.ask(request(2)).status


def test_a_worker_that_is_killed_is_replaced_at_once_and_as_often_as_it_takes() -> None:
    """Nothing else is lost than what it had in hand; and the memory that it took is free."""
    with stage("-w", "2") as on, Load(on.address, Plan(kept=8, closing=4)) as load:
        load.wait_round()
        kills = []
        for _ in range(3):
            with on.connect() as wire:
                wire.ask(request(999_999, "/keep", str(GROWN)))
            kills.append(disturb.kill_oldest(on.server.pid, load))
        tally = load.stop()
        seen = on.account(tally, kills)
        log = on.server.log

        assert 2 == len(workers(on.server.pid))
    report(tally, seen)
    assert ((), ()) == (seen.lost, tuple(number for number in seen.repeated if number != 999_999))
    for kill in kills:
        assert re.search(
            rf"pid={kill.pid} generation=1 killed by SIGKILL, (neither|and not) by us.* by hand, or", log
        )
    assert "the next worker starts" not in log
