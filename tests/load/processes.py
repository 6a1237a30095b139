"""What /proc tells of the server's processes: their connections, memory, descriptors and CPU time.

Nothing here asks the server, since the server is what is judged. Linux only: proc(5).
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import time
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import children

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from typing_extensions import Self

_SOCKET = re.compile(r"socket:\[(\d+)\]")


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process, so that what is seen of it is still true when it is killed.

    Wait until each of its threads stands: a signal that was sent is not yet one that was taken.
    """
    os.kill(pid, signal.SIGSTOP)
    try:
        while set(_thread_states(pid)) - {"t", "T", "Z"}:
            os.sched_yield()
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _thread_states(pid: int) -> str:
    """Give a letter for each thread (proc(5)); Z for a process that has gone."""
    try:
        stats = [(task / "stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"
    return "".join(stat.rpartition(")")[2].split()[0] for stat in stats)


def peer_ports(pid: int) -> set[int]:
    """Give the ports of the IPv4 clients whose connections a process holds."""
    inodes = {match[1] for target in _descriptors(pid) if (match := _SOCKET.match(target))}
    ports = set()
    # sl local remote state tx:rx tr:when retrnsmt uid timeout inode
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[9] in inodes:
            ports.add(int(words[2].rpartition(":")[2], 16))
    return ports - {0}


def _descriptors(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield str(entry.readlink())


def count_descriptors(pids: Iterable[int]) -> int:
    """Count the open descriptors of processes."""
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)


def settled_descriptors(
    pids: Collection[int], ask: Callable[[], object], goal: float = inf, deadline_s: float = 15.0
) -> int:
    """Count the open descriptors once clients that have left are forgotten: at least ten looks, until `goal`.

    `ask` paces them: a request on a connection that stays open, and so is counted each time. A new one for
    each would be on its way out at each look.
    """
    deadline = time.monotonic() + deadline_s
    least, looks = inf, 0
    while looks < 10 or (least > goal and time.monotonic() < deadline):
        ask()
        least = min(least, count_descriptors(pids))
        looks += 1
    return int(least)


def descriptor_numbers(pid: int) -> set[int]:
    """Give the numbers of the open descriptors of a process."""
    return {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def memory_kib(pids: Iterable[int]) -> int:
    """Sum the proportional set sizes (PSS): what these processes together cost the machine."""
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def cpu_seconds(pids: Iterable[int]) -> float:
    """Sum the CPU time of all threads of processes, in nanosecond steps.

    /proc/PID/stat counts clock ticks of 10 ms, too coarse for one request.
    """
    tasks = (task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def workers(arbiter: int) -> tuple[int, ...]:
    """Give the living children of a process, in the order of their birth; a zombie is none of them."""
    return tuple(pid for pid in children(arbiter) if "Z" not in _thread_states(pid))


def parent(pid: int) -> int:
    """Give the pid of a process's parent; 0 when it has gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Ends:
    """The ends of processes that are not our children, by pidfd_open(2): an event, not a guess."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._fds: dict[int, int] = {}
        self._poll = select.poll()
        self._gone: set[int] = set()
        for pid in pids:
            try:
                fd = os.pidfd_open(pid)
            except ProcessLookupError:
                self._gone.add(pid)
                continue
            self._fds[fd] = pid
            self._poll.register(fd, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds.clear()

    def has_ended(self, pid: int) -> bool:
        """Say whether one has ended by now."""
        for fd, _ in self._poll.poll(0):
            self._poll.unregister(fd)
            self._gone.add(self._fds[fd])
        return pid in self._gone

    def wait(self, count: int, deadline_s: float) -> set[int]:
        """Wait until so many have ended; give them."""
        while len(self._gone) < count:
            ready = self._poll.poll(deadline_s * 1000)
            if not ready:
                waited = sorted(self._fds.values())
                raise AssertionError(f"{deadline_s} s for {count} ends of {waited}: only {self._gone}")
            for fd, _ in ready:
                self._poll.unregister(fd)
                self._gone.add(self._fds[fd])
        return set(self._gone)
