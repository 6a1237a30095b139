"""What a server costs before its first request: commands, the start, the memory of an idle worker.

`python -m tests.bench.start` measures wsgid and gunicorn in one interleaved run and writes that part of the
page; `make bench` does so too. `measure` is for a test that only wants to know of a bound.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import cost, page
from tests.bench.measure import ROOT, BenchError, free_port
from tests.bench.page import Figure, Start
from tests.figures import commit_now, today

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HOST = "127.0.0.1"
APP = "tests.bench.apps:hello"
WORKERS = 4
REQUESTS = 1000
DEADLINE_S = 30.0
# gunicorn says that it is ready before its workers are.
SETTLE_S = 1.0

SERVERS: Mapping[str, tuple[str, ...]] = {
    "wsgid": (sys.executable, "-m", "wsgid"),
    "gunicorn": (sys.executable, "-m", "gunicorn", "--no-control-socket"),
}
"""Name -> how each command begins."""

CALLS: Mapping[str, tuple[str, ...]] = {
    "--version": ("--version",),
    "--help": ("--help",),
    "--check-config": ("--check-config", "-b", f"{HOST}:0", APP),
}

CPU, PEAK = "CPU time, ms", "peak memory, MiB"
START_WALL, START_CPU = (
    f"start with {WORKERS} workers, until READY=1, ms",
    "the same until all is quiet, CPU time, ms",
)
IDLE, USED = "private memory of an idle worker, MiB", f"the same after {REQUESTS:,} requests, MiB"
ARBITER = "private memory of the parent, MiB"


def measure(rounds: int = 5, calls: Mapping[str, tuple[str, ...]] = CALLS) -> list[Figure]:
    """Measure each server in each round; give the medians."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, begins in SERVERS.items():
            for title, words in calls.items():
                called = call([*begins, *words])
                found[f"`{title}`, {CPU}", name].append(called.cpu_s * 1000)
                found[f"`{title}`, {PEAK}", name].append(called.peak_bytes / 2**20)
            for what, figure in start(begins).items():
                found[what, name].append(figure)
    titles = dict.fromkeys(what for what, _ in found)
    return [
        Figure(what, {name: round(statistics.median(found[what, name]), 1) for name in SERVERS})
        for what in titles
    ]


@dataclass(frozen=True, slots=True)
class Called:
    """What a command has taken, with all its children."""

    cpu_s: float
    peak_bytes: int
    """Of the largest of its processes."""


# A process begins with the memory of whoever forked it, for getrusage(2) keeps the maximum over exec: so
# commands are run by one that is smaller than all of them.
LAUNCHER = """
import os, resource, sys
status = os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)[1])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(int(os.environ["FIGURES"]), "w") as figures:
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, file=figures)
sys.exit(status)
"""


def call(argv: Sequence[str]) -> Called:
    """Run a command to its end."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as figures:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", LAUNCHER, *argv],
                cwd=ROOT,
                env={**environment(), "FIGURES": str(writing)},
                pass_fds=[writing],
                check=False,
                capture_output=True,
                text=True,
            )
        finally:
            os.close(writing)
        if done.returncode:
            raise BenchError(f"{argv} ended with {done.returncode}: {done.stdout}{done.stderr}")
        cpu_s, peak_bytes = figures.read().split()
    return Called(float(cpu_s), int(peak_bytes))


def start(begins: Sequence[str]) -> dict[str, float]:
    """Start a server, wait until it is ready, look at its memory, ask it something, look again."""
    port = free_port()
    argv = [*begins, "-w", str(WORKERS), "-b", f"{HOST}:{port}", APP]
    with ready(argv) as (process, seconds):
        time.sleep(SETTLE_S)
        workers = cost.tree(process.pid)[1:]
        cpu_s = sum(cost.spent(process.pid).values()) / 1e9
        if len(workers) != WORKERS:
            raise BenchError(f"{argv} has {len(workers)} workers")
        idle, arbiter = mean(workers), private(process.pid)
        ask(port, REQUESTS * WORKERS)
        used = mean(workers)
    return {
        START_WALL: seconds * 1000,
        START_CPU: cpu_s * 1000,
        IDLE: idle,
        USED: used,
        ARBITER: arbiter,
    }


@contextlib.contextmanager
def ready(argv: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start a server as systemd does; yield it, and the seconds that it took, once it has said READY=1."""
    with notified(argv) as (process, _, seconds):
        yield process, seconds


@contextlib.contextmanager
def notified(
    argv: Sequence[str],
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[bytes], None], float]]:
    """Yield, beside that, a function that waits until the server has said something more."""
    with (
        tempfile.TemporaryDirectory(prefix="wsgid-bench-") as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications,
        tempfile.TemporaryFile() as log,
    ):

        def hear(words: bytes) -> None:
            while words not in notifications.recv(8192):
                pass

        path = str(Path(directory, "notify"))
        notifications.bind(path)
        notifications.settimeout(DEADLINE_S)
        began = time.monotonic()
        process = subprocess.Popen(
            argv, cwd=ROOT, env={**environment(), "NOTIFY_SOCKET": path}, stdout=log, stderr=log
        )
        try:
            hear(b"READY=1")
            yield process, hear, time.monotonic() - began
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ask(port: int, count: int) -> None:
    """Ask one after the other, each on a connection of its own, so that all workers have their part."""
    for _ in range(count):
        connection = http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)
        with contextlib.closing(connection):
            connection.request("GET", "/", headers={"Connection": "close"})
            if connection.getresponse().read() == b"":
                raise BenchError("an empty answer")


def private(pid: int) -> float:
    """Return the memory that is this process's alone, in MiB (proc(5), smaps_rollup)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB$", text, re.MULTILINE))) / 1024


def mean(pids: Sequence[int]) -> float:
    return statistics.mean(map(private, pids))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run(commit: str) -> Start:
    """Measure all, and say it while it is done."""
    print("before the first request", flush=True)
    figures = tuple(measure())
    for figure in figures:
        print(f"{figure.what:<60}", *(f"{name} {value:8.1f}" for name, value in figure.values.items()))
    return Start(today(), commit, versions(), figures)


def versions() -> dict[str, str]:
    """Name what is measured."""
    distributions = {"wsgid": "wsgid-server", "gunicorn": "gunicorn"}
    return {name: version(distributions[name]) for name in SERVERS}


def main() -> int:
    page.write(replace(page.read(), start=run(commit_now())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
