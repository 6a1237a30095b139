"""Who is replaced for age or memory: with lists and numbers."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

import pytest

from wsgid.arbiter import wear
from wsgid.arbiter.plan import Wanted
from wsgid.arbiter.pool import State, Worker
from wsgid.arbiter.wear import MEMORY_PAUSE_S, SPREAD, Wear, lifetime, memory_above

NOW = 1000.0
MIB = 2**20


def worker(slot: int, age: float = 0.0, state: State = State.SERVING, **fields: Any) -> Worker:
    """A worker that became ready `age` seconds ago, and had loaded for five."""
    given = {"generation": 1, "since": NOW, "born": NOW - age - 5, "ready_at": NOW - age, **fields}
    return Worker(pid=100 + slot, slot=slot, state=state, **given)


class Sizes:
    """Stands for the kernel: the private memory of each pid, and who was measured."""

    def __init__(self, **mib: float) -> None:
        self.mib = mib
        self.measured: list[int] = []

    def __call__(self, pid: int, _bound: int) -> int | None:
        self.measured.append(pid)
        size = self.mib.get(f"pid{pid}")
        return None if size is None else int(size * MIB)


def aged(seconds: float = 100.0) -> Wanted:
    return Wanted(workers=2, generation=1, most_age=seconds)


def sized(mib: int = 200) -> Wanted:
    return Wanted(workers=2, generation=1, most_memory=mib * MIB)


def test_nobody_is_measured_without_a_bound() -> None:
    sizes = Sizes(pid100=9999)

    assert Wear(sizes).find(Wanted(workers=1, generation=1), [worker(0, age=1e9)], NOW) is None
    assert [] == sizes.measured


def test_who_has_served_its_time_is_replaced_with_the_numbers() -> None:
    found = Wear().find(aged(), [worker(0, age=100.0)], NOW)

    assert found is not None
    assert 100 == found.worker.pid
    assert "age_s=100.0: its share of max_worker_age (100 s) is 100.0 s" == found.why


def test_loading_is_no_wear() -> None:
    """Else an application that loads for longer than the bound would be loaded for ever."""
    assert Wear().find(aged(), [worker(0, age=99.9)], NOW) is None


@pytest.mark.parametrize("count", [2, 4, 16, 64])
def test_workers_born_together_end_apart(count: int) -> None:
    """No two of them closer than half of what an even spread would give."""
    ends = sorted(lifetime(3600.0, slot) for slot in range(count))
    gap = min(later - earlier for earlier, later in pairwise(ends))

    assert 3600.0 >= ends[-1]
    assert 3600.0 * (1 - SPREAD) <= ends[0]
    assert gap >= 3600.0 * SPREAD / count / 2.7


def test_the_most_overdue_goes_first() -> None:
    found = Wear().find(aged(), [worker(0, age=120.0), worker(5, age=150.0)], NOW)

    assert found is not None
    assert 105 == found.worker.pid


@pytest.mark.parametrize("state", [State.SERVING, State.DRAINING])
def test_one_at_a_time(state: State) -> None:
    """Not while another one is being replaced, or still drains: that would be twice the memory."""
    workers = [worker(0, age=500.0), worker(1, state=state, is_worn=True)]

    assert Wear().find(aged(), workers, NOW) is None


def test_a_former_generation_is_on_its_way_out_anyway() -> None:
    workers = [worker(0, age=500.0), worker(1, age=500.0, state=State.DRAINING)]

    assert Wear().find(Wanted(workers=1, generation=2, most_age=100.0), workers, NOW) is None


def test_who_is_too_large_is_replaced_with_the_numbers() -> None:
    found = Wear(Sizes(pid100=250)).find(sized(), [worker(0, age=12.0)], NOW)

    assert found is not None
    assert 100 == found.worker.pid
    assert "memory_mib=250.0 age_s=12.0: more private memory than max_worker_memory (200 MiB)" == found.why


def test_the_bound_itself_is_allowed_and_who_is_gone_has_none() -> None:
    assert Wear(Sizes(pid100=200)).find(sized(), [worker(0)], NOW) is None
    assert Wear(Sizes()).find(sized(), [worker(0)], NOW) is None


def test_one_worker_is_measured_a_second() -> None:
    """However many there are, and however often the arbiter turns."""
    sizes, workers = Sizes(), [worker(0), worker(1), worker(2, state=State.STARTING), worker(7)]
    looks = Wear(sizes)
    for turn in range(16):
        looks.find(sized(), workers, NOW + turn / 4)

    assert [100, 101, 107, 100] == sizes.measured


def test_a_bound_that_every_worker_breaks_does_not_replace_without_end() -> None:
    looks = Wear(Sizes(pid100=250, pid101=250))
    assert looks.find(sized(), [worker(0)], NOW) is not None
    assert looks.find(sized(), [worker(1)], NOW + 1) is None
    assert looks.find(sized(), [worker(1)], NOW + MEMORY_PAUSE_S) is not None


def test_a_reload_brings_its_own_bound() -> None:
    looks = Wear(Sizes(pid100=250))

    assert looks.find(sized(300), [worker(0)], NOW) is None
    assert looks.find(sized(200), [worker(0)], NOW + 1) is not None


def test_what_cannot_be_above_the_bound_is_not_looked_into() -> None:
    assert memory_above(os.getpid(), 2**50) is None
    assert (memory_above(os.getpid(), 2**20) or 0) > 2**20


def test_where_the_exact_figure_is_hidden_that_of_no_files_pages_stands_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for root in a container whose workers have another user."""
    monkeypatch.setattr(wear, "private_memory", lambda _pid: None)
    monkeypatch.setattr(wear, "resident_memory", lambda _pid: (300, 200))

    assert 200 == memory_above(os.getpid(), 250)
    assert memory_above(os.getpid(), 300) is None
