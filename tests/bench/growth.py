"""What becomes of the figures when there is more: workers, connections, reloads."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import cost, start, wrk
from tests.bench.contestants import HOST
from tests.bench.measure import ROOT, BenchError, Plan, free_port, stop
from tests.bench.page import Figure, Section
from tests.bench.scenarios import SCENARIOS
from tests.figures import today

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HELLO = "tests.bench.apps:hello"
# So long that what is measured is how many work, and neither the server nor its client.
COMPUTE = "tests.bench.apps:compute"
WORKERS = (1, 2, 4)
CONNECTIONS = (10, 1_000, 10_000)
BOOT_DEADLINE_S = 30.0
SECONDS = 3

# Kept connections that come at once and all ask, by how many workers, and after how long they are counted.
SPREAD_OVER, SPREAD, SPREAD_AFTER_S = 4, 64, 6

RELOADS = 5


def run(commit: str, plan: Plan) -> tuple[Section, ...]:
    """Measure all, and say it while it is done."""
    return (
        section(
            commit,
            "workers",
            "More workers",
            "An application that computes for a millisecond or two, over 32 connections: requests a second."
            f" Servers and client share the {os.cpu_count()} CPUs of the machine, of which the client of so"
            " few requests needs next to nothing.",
            [by_workers(name) for name in ("wsgid", "granian", "gunicorn")],
        ),
        section(
            commit,
            "connections",
            "More connections",
            "One worker, kept connections that all ask: CPU a request, in us; and what a connection that is"
            " open and idle costs in memory, in KiB (the growth of the worker's `Pss`).",
            [by_connections(name, plan) for name in ("wsgid", "wsgid, 4 threads", "granian")],
        ),
        section(
            commit,
            "spread",
            "Connections and workers",
            f"{SPREAD} kept connections that come at once and ask without a pause, and the {SPREAD_OVER}"
            " workers that have them: how far the one with most, and the one with fewest, is from an equal"
            f" part {SPREAD_AFTER_S} seconds later, and as long after one of the workers was killed.",
            [spread(name) for name in ("wsgid", "wsgid, 4 threads")],
        ),
        section(
            commit,
            "reload",
            "A reload",
            f"{SPREAD_OVER} sync workers: from SIGHUP to READY=1, when all of them are new; and from fork to"
            " readiness, as the log has it. Medians.",
            [reload_times()],
        ),
    )


def section(commit: str, name: str, title: str, words: str, figures: Sequence[Figure]) -> Section:
    return Section(name, title, words, today(), commit, tuple(figures))


def told(figure: Figure) -> Figure:
    print(
        f"{figure.what:<24}", *(f"{what}: {value:.1f}" for what, value in figure.values.items()), flush=True
    )
    return figure


def command(name: str, port: int, workers: int, connections: int, app: str = HELLO) -> list[str]:
    at = f"{HOST}:{port}"
    if name == "granian":
        words = ["granian", "--interface", "wsgi", "--workers", str(workers), "--host", HOST]
        return [sys.executable, "-m", *words, "--port", str(port), "--backlog", "16384", app]
    if name == "gunicorn":
        words = ["gunicorn", "--no-control-socket", "-k", "gthread", "--threads", "4"]
        return [sys.executable, "-m", *words, "-w", str(workers), "-b", at, app]
    words = ["wsgid", "-w", str(workers), "-b", at, "--worker-connections", str(connections + 100)]
    threads = ["--threads", "4"] if "threads" in name else []
    return [sys.executable, "-m", *words, *threads, app]


@contextlib.contextmanager
def ready(argv: Sequence[str], port: int, *, cpu: int | None = None) -> Iterator[int]:
    """Start a server and yield its pid once it answers; end it afterwards."""
    pinned = [] if cpu is None else ["taskset", "-c", str(cpu)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*pinned, *argv],
            cwd=ROOT,
            env=start.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + BOOT_DEADLINE_S
            while not answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise BenchError(f"{argv} does not start: {log.read().decode('utf-8', 'replace')}")
                time.sleep(0.05)
            time.sleep(start.SETTLE_S)
            yield process.pid
        finally:
            stop(process)


def answers(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().read() != b""
    except OSError:
        return False


def by_workers(name: str) -> Figure:
    rates = {}
    for workers in WORKERS:
        port = free_port()
        with ready(command(name, port, workers, 1000, COMPUTE), port):
            url = f"http://{HOST}:{port}/"
            wrk.load(SCENARIOS[0], url, seconds=1)
            rates[f"{workers} workers" if workers > 1 else "1 worker"] = wrk.load(
                SCENARIOS[0], url, seconds=SECONDS
            ).rate
    return told(Figure(name, rates))


def by_connections(name: str, plan: Plan) -> Figure:
    values = {}
    most = CONNECTIONS[-1]
    raise_limit(2 * most)
    for count in CONNECTIONS:
        port = free_port()
        with ready(command(name, port, 1, count), port, cpu=plan.server_cpu) as pid:
            url = f"http://{HOST}:{port}/"
            wrk.load(SCENARIOS[0], url, cpu=plan.client_cpu, seconds=1, connections=count)
            before = cost.spent(pid)
            report = wrk.load(SCENARIOS[0], url, cpu=plan.client_cpu, seconds=SECONDS, connections=count)
            spent_s = cost.difference(before, cost.spent(pid))
            values[f"{count:,} connections, us"] = spent_s / max(report.requests, 1) * 1e6
    port = free_port()
    with ready(command(name, port, 1, most), port) as pid:
        values["a connection, KiB"] = connection_memory(pid, port)
    return told(Figure(name, values))


def connection_memory(pid: int, port: int, count: int = 2_000) -> float:
    """Return what one of many connections takes that have asked once and are idle now, in KiB."""
    with contextlib.ExitStack() as held:
        # What is made once, and kept, is no connection's.
        ask_over(held, port, 50)
        before = memory(pid)
        ask_over(held, port, count)
        return (memory(pid) - before) * 1024 / count


def ask_over(held: contextlib.ExitStack, port: int, count: int) -> None:
    """Open connections, one after the other; ask once over each, and keep it."""
    for _ in range(count):
        client = held.enter_context(socket.create_connection((HOST, port), timeout=10))
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        if not client.recv(8192):
            raise BenchError("a connection was not kept")


def memory(pid: int) -> float:
    """Return the memory of a server and all its processes, in MiB (proc(5), PSS)."""
    texts = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in cost.tree(pid)]
    return (
        sum(int(kib) for text in texts for kib in re.findall(r"^Pss:\s+(\d+) kB$", text, re.MULTILINE)) / 1024
    )


def spread(name: str) -> Figure:
    """Count the connections of each worker some seconds after they came, and after a worker was killed."""
    port = free_port()
    raise_limit(4 * SPREAD)
    values = {}
    with ready(command(name, port, SPREAD_OVER, SPREAD), port) as pid, ThreadPoolExecutor() as beside:
        none = min(sockets(worker) for worker in cost.tree(pid)[1:])
        url = f"http://{HOST}:{port}/"
        load = beside.submit(wrk.load, SCENARIOS[0], url, seconds=2 * SPREAD_AFTER_S + 1, connections=SPREAD)
        for when in ("", "after a kill: "):
            if when:
                os.kill(cost.tree(pid)[1], signal.SIGKILL)
            time.sleep(SPREAD_AFTER_S)
            found = [sockets(worker) - none for worker in cost.tree(pid)[1:]]
            equal = sum(found) / SPREAD_OVER
            values[f"{when}most, %"] = (max(found) / equal - 1) * 100
            values[f"{when}fewest, %"] = (min(found) / equal - 1) * 100
        load.result()
    return told(Figure(name, values))


def sockets(pid: int) -> int:
    """Count the sockets that a process has open."""
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        # One that was closed since is none.
        with contextlib.suppress(FileNotFoundError):
            count += str(entry.readlink()).startswith("socket:")
    return count


def reload_times() -> Figure:
    """Reload a server several times, as systemd does, and hear when it is ready again."""
    port = free_port()
    took_ms = []
    with tempfile.TemporaryDirectory(prefix="wsgid-bench-") as directory:
        log = Path(directory, "log")
        argv = [*command("wsgid", port, SPREAD_OVER, 1000), "--error-logfile", str(log)]
        with start.notified(argv) as (process, hear, _):
            for _ in range(RELOADS):
                began = time.monotonic()
                process.send_signal(signal.SIGHUP)
                hear(b"RELOADING=1")
                hear(b"READY=1")
                took_ms.append((time.monotonic() - began) * 1000)
        boots_ms = [
            float(found) * 1000 for found in re.findall(r"worker ready .*boot_s=([\d.]+)", log.read_text())
        ]
    return told(
        Figure(
            "wsgid, sync",
            {"reload, ms": statistics.median(took_ms), "fork to readiness, ms": statistics.median(boots_ms)},
        )
    )


def raise_limit(count: int) -> None:
    """Have room for so many connections; both sides inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
