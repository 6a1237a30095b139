"""What a process tree has cost: CPU time, user and system, of all its threads, to the nanosecond.

The scheduler's own account is read (/proc/PID/task/TID/schedstat): /proc/PID/stat counts in ticks of 10 ms.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

PROC = Path("/proc")


class ThreadEndedError(RuntimeError):
    """A thread or process that was counted at the beginning is not there at the end: its time is lost."""


def spent(root: int) -> dict[tuple[int, int], int]:
    """(pid, tid) -> nanoseconds on a CPU so far, of `root` and all its descendants."""
    return {(pid, tid): on_cpu(pid, tid) for pid in tree(root) for tid in threads(pid)}


def difference(before: dict[tuple[int, int], int], after: dict[tuple[int, int], int]) -> float:
    """Seconds between the two; a thread that is new began with nothing."""
    if ended := before.keys() - after.keys():
        raise ThreadEndedError(f"threads ended while they were measured: {sorted(ended)}")
    return sum(now - before.get(thread, 0) for thread, now in after.items()) / 1e9


def machine() -> float:
    """Seconds that all CPUs together have worked, for whomever (proc(5), /proc/stat)."""
    user, nice, system, _idle, _iowait, irq, softirq = map(
        int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def children() -> float:
    """Seconds of CPU of the commands that this process has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def tree(root: int) -> list[int]:
    """List `root` and all its descendants."""
    found = [root]
    for pid in found:  # grows while it is walked
        for tid in threads(pid):
            children = (PROC / str(pid) / "task" / str(tid) / "children").read_text()
            found.extend(int(child) for child in children.split())
    return found


def threads(pid: int) -> list[int]:
    return [int(entry.name) for entry in (PROC / str(pid) / "task").iterdir()]


def on_cpu(pid: int, tid: int) -> int:
    return int((PROC / str(pid) / "task" / str(tid) / "schedstat").read_text().split()[0])
