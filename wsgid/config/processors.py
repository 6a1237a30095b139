"""How many workers this machine carries: `workers = "auto"`.

CPUs by affinity and cgroup quota, memory by cgroup limit; a container sees the host's numbers otherwise.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.cgroups import OWN, ROOT, cgroups, words_of

if TYPE_CHECKING:
    from pathlib import Path

# Above it the next worker rarely helps, and each costs the application's memory: an administrator decides.
MOST_WORKERS = 12
# What a worker with an average Django project takes.
MEMORY_OF_A_WORKER = 128 * 2**20


class Machine(NamedTuple):
    """What there is to share: CPUs, rounded up, and octets of memory."""

    processors: int
    memory: int

    def workers(self) -> int:
        """Return 2n + 1, as gunicorn's documentation advises, bounded by memory, at least 1."""
        return max(1, min(2 * self.processors + 1, MOST_WORKERS, self.memory // MEMORY_OF_A_WORKER))

    def __str__(self) -> str:
        return f"cpus={self.processors} memory_mb={self.memory >> 20} most={MOST_WORKERS}"


def look(cgroup_root: Path = ROOT, own_cgroup: Path = OWN) -> Machine:
    """Look at the machine; what cannot be read counts as no limit."""
    processors: float = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for directory in cgroups(cgroup_root, own_cgroup):
        processors = min(processors, _quota(directory))
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            memory = min(memory, _number(words_of(directory / name)[:1], memory))
    return Machine(max(1, math.ceil(processors)), memory)


def _quota(directory: Path) -> float:
    match words_of(directory / "cpu.max") or (
        words_of(directory / "cpu.cfs_quota_us") + words_of(directory / "cpu.cfs_period_us")
    ):
        case [quota, period] if quota.isdecimal() and period.isdecimal() and int(period):
            return int(quota) / int(period)
        case _:
            return math.inf  # "max", or -1


def _number(words: list[str], otherwise: int) -> int:
    return int(words[0]) if words and words[0].isdecimal() else otherwise
