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
        path.write_text(text, encoding="utf-8")
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


# /proc/self/cgroup, the tree below /sys/fs/cgroup as it is seen, and what is ours of four CPUs and 16 GiB.
TREES = {
    "docker, version 2": (
        "0::/\n",
        {"cpu.max": "150000 100000\n", "memory.max": "536870912\n"},
        (2, GIB // 2),
    ),
    "kubernetes, version 2, from inside a pod": (
        "0::/../cri-containerd-1234.scope\n",
        {"cpu.max": "200000 100000\n", "memory.max": "1073741824\n", "memory.high": "max\n"},
        (2, GIB),
    ),
    "a systemd service with CPUQuota= and MemoryHigh=, in a slice with MemoryMax=": (
        "0::/system.slice/system-wsgid.slice/wsgid@shop.service\n",
        {
            "system.slice/system-wsgid.slice/wsgid@shop.service/cpu.max": "300000 100000\n",
            "system.slice/system-wsgid.slice/wsgid@shop.service/memory.high": "2147483648\n",
            "system.slice/system-wsgid.slice/wsgid@shop.service/memory.max": "max\n",
            "system.slice/memory.max": "8589934592\n",
        },
        (3, 2 * GIB),
    ),
    "docker, version 1: the path is the host's, what is seen is ours": (
        "11:memory:/docker/1234\n4:cpu,cpuacct:/docker/1234\n0::/system.slice/containerd.service\n",
        {
            "memory/memory.limit_in_bytes": "805306368\n",
            "cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
            "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
        (1, GIB * 3 // 4),
    ),
    "version 1 without limits": (
        "4:memory:/\n1:cpu:/\n",
        {
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "cpu/cpu.cfs_quota_us": "-1\n",
            "cpu/cpu.cfs_period_us": "100000\n",
        },
        (4, 16 * GIB),
    ),
    "both versions at once: the controllers are version 1's": (
        "4:memory:/job\n2:cpuset:/\n0::/job\n",
        {"memory/job/memory.limit_in_bytes": "268435456\n", "unified/job/cgroup.procs": ""},
        (4, GIB // 4),
    ),
    "what no kernel writes": (
        "0::/\n",
        {"cpu.max": "many 100000\n", "memory.max": "\N{BLACK STAR}\n"},
        (4, 16 * GIB),
    ),
    "a period of nothing": ("0::/\n", {"cpu.max": "100000 0\n", "memory.max": "\n"}, (4, 16 * GIB)),
}


@pytest.mark.parametrize("name", TREES)
def test_what_a_tree_leaves_us(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line, files, (processors, memory) = TREES[name]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 * GIB // 4096}.get)

    assert Machine(processors, memory) == tree(tmp_path, line, files)


def test_affinity_counts_where_there_is_no_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`taskset`, CPUAffinity=, a cpuset: os.cpu_count() would tell of all that the machine has."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 3})

    assert 2 == tree(tmp_path, "0::/\n", {"cpu.max": "max 100000\n"}).processors


def test_the_three_numbers_are_told() -> None:
    assert "cpus=2 memory_mb=512 most=12" == str(Machine(2, GIB // 2))


def test_no_cgroup_is_no_limit(tmp_path: Path) -> None:
    machine = tree(tmp_path, "", {})

    assert len(os.sched_getaffinity(0)) == machine.processors
    assert machine.memory > 0


def test_minus_one_is_no_quota(tmp_path: Path) -> None:
    files = {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}

    assert len(os.sched_getaffinity(0)) == tree(tmp_path, "4:cpu:/\n", files).processors
