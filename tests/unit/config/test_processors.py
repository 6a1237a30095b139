"""How many workers a machine carries, from a cgroup tree of paper."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wsgid.config.processors import Machine, look

if TYPE_CHECKING:
    from pathlib import Path

GIB = 2**30


@pytest.mark.parametrize(
    ("processors", "memory", "workers"),
    [
        (1, 8 * GIB, 3),
        (2, 8 * GIB, 5),
        (64, 256 * GIB, 12),
        (8, GIB // 4, 2),
        (8, GIB // 100, 1),
    ],
)
def test_workers_are_bounded_by_processors_memory_and_reason(
    processors: int, memory: int, workers: int
) -> None:
    assert workers == Machine(processors, memory).workers()


def tree(root: Path, line: str, files: dict[str, str]) -> Machine:
    own = root / "cgroup"
    own.write_text(line)
    for name, text in files.items():
        path = root / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return look(root / "fs", own)


def test_the_tightest_limit_on_the_way_up_counts(tmp_path: Path) -> None:
    files = {
        "a/b/cpu.max": "max 100000\n",
        "a/cpu.max": "50000 100000\n",
        "a/b/memory.max": "max\n",
        "a/memory.max": "268435456\n",
        "a/b/memory.high": "134217728\n",
    }

    assert Machine(1, GIB // 8) == tree(tmp_path, "0::/a/b\n", files)


def test_version_1_of_cgroups_is_read(tmp_path: Path) -> None:
    files = {
        "cpu,cpuacct/x/cpu.cfs_quota_us": "30000\n",
        "cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
        "memory/x/memory.limit_in_bytes": "268435456\n",
    }

    assert Machine(1, GIB // 4) == tree(tmp_path, "4:cpu,cpuacct:/x\n3:memory:/x\n1:name=systemd:/\n", files)


def test_a_container_finds_its_limits_at_the_root(tmp_path: Path) -> None:
    """There /proc/self/cgroup may name a path of the host's, which the container does not see."""
    assert GIB == tree(tmp_path, "0::/docker/1234\n", {"memory.max": f"{GIB}\n"}).memory


def test_no_cgroup_is_no_limit(tmp_path: Path) -> None:
    machine = tree(tmp_path, "", {})

    assert len(os.sched_getaffinity(0)) == machine.processors
    assert machine.memory > 0


def test_minus_one_is_no_quota(tmp_path: Path) -> None:
    files = {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}

    assert len(os.sched_getaffinity(0)) == tree(tmp_path, "4:cpu:/\n", files).processors
