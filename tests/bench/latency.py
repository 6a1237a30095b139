"""How long a client waits: at half of what a server can do, and for a quick call beside slow ones.

A load as fast as a server answers says nothing of waiting: the client waits itself. So requests come at a
constant rate (rate.c), as those of many independent people do.
"""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from tests.bench import wrk
from tests.bench.contestants import HOST, Contestant
from tests.bench.growth import ready
from tests.bench.measure import BenchError, Plan, free_port, serving
from tests.bench.page import Figure, Section
from tests.bench.scenarios import SCENARIOS
from tests.figures import today

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECONDS = 5
CONNECTIONS = 64
SHARE = 0.5
P50, P99, P999 = "median, us", "99th percentile, us", "99.9th percentile, us"
RATE, LOST = "requests a second", "failed"

WORKERS = 4
QUICK_MS, SLOW_MS = 10, 1000
QUICK_CLIENTS, SLOW_CLIENTS = 8, 3
BESIDE_S = 6.0


def run(commit: str, present: Sequence[Contestant], plan: Plan, rate_program: Path) -> tuple[Section, ...]:
    """Measure all, and say it while it is done."""
    print("latency at half of the maximum rate", flush=True)
    at_half = {one.title: half(one, plan, rate_program) for one in present if one.name != "floor"}
    print("quick calls beside slow ones", flush=True)
    beside = {name: mixed(argv) for name, argv in four_workers(present).items()}
    return (
        Section(
            name="latency",
            title="Latency at half of the maximum rate",
            words=(
                f"Hello world at a constant rate over {CONNECTIONS} connections for {SECONDS} s: half of what"
                " wrk got from the same process just before. A request's time begins when it is due"
                " (`tests/bench/rate.c`), so a pause is owed to all who came in it."
            ),
            date=today(),
            commit=commit,
            figures=turned(at_half, (RATE, P50, P99, P999, LOST)),
        ),
        Section(
            name="beside",
            title="Quick calls beside slow ones",
            words=(
                f"{WORKERS} workers with one thread each; {SLOW_CLIENTS} clients whose calls take"
                f" {SLOW_MS} ms, and beside them {QUICK_CLIENTS} whose calls take {QUICK_MS} ms, all over"
                " kept connections: how long the quick ones wait."
            ),
            date=today(),
            commit=commit,
            figures=turned(beside, ("median, ms", "99th percentile, ms", "longest, ms", RATE)),
        ),
    )


def turned(found: dict[str, dict[str, float]], columns: Sequence[str]) -> tuple[Figure, ...]:
    """Make a row of each server."""
    return tuple(Figure(name, {one: values[one] for one in columns}) for name, values in found.items())


def half(contestant: Contestant, plan: Plan, rate_program: Path) -> dict[str, float]:
    scenario = SCENARIOS[0]
    with serving(scenario, contestant, plan.server_cpu) as (_, port):
        url = f"http://{HOST}:{port}/"
        wrk.load(scenario, url, cpu=plan.client_cpu, seconds=1)
        rate = wrk.load(scenario, url, cpu=plan.client_cpu, seconds=1).rate * SHARE
        argv = ["taskset", "-c", str(plan.client_cpu), str(rate_program)]
        argv += [str(port), str(int(rate)), str(SECONDS), str(CONNECTIONS)]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=SECONDS + 30)
    answered, failed, p50, p99, p999, _ = map(int, done.stdout.split())
    print(f"{contestant.title:<30}{rate:9.0f}/s  p50 {p50} p99 {p99} p99.9 {p999} us", flush=True)
    if not answered:
        raise BenchError(f"{contestant.name} answers nothing at a constant rate")
    return {RATE: float(int(rate)), P50: p50, P99: p99, P999: p999, LOST: failed}


def four_workers(present: Sequence[Contestant]) -> dict[str, list[str]]:
    """Return what is started of each server that is here: it has processes, and a thread in each."""
    app = "tests.bench.apps:wait"
    commands = {
        "wsgid": ["wsgid", "-k", "sync", "-w", str(WORKERS), "-b"],
        "gunicorn": ["gunicorn", "--no-control-socket", "-k", "sync", "-w", str(WORKERS), "-b"],
    }
    found = {f"{name}, sync": [sys.executable, "-m", *words] for name, words in commands.items()}
    if any(one.name == "granian" for one in present):
        words = ["granian", "--interface", "wsgi", "--workers", str(WORKERS), "--blocking-threads", "1"]
        found["granian"] = [sys.executable, "-m", *words, "--host", HOST, "--port"]
    return {name: [*argv, app] for name, argv in found.items()}


def mixed(argv: list[str]) -> dict[str, float]:
    port = free_port()
    at = str(port) if argv[-2] == "--port" else f"{HOST}:{port}"
    quick: list[float] = []
    with ready([*argv[:-1], at, argv[-1]], port):
        until = time.monotonic() + BESIDE_S
        threads = [
            *(threading.Thread(target=ask, args=(port, SLOW_MS, until, [])) for _ in range(SLOW_CLIENTS)),
            *(
                threading.Thread(target=ask, args=(port, QUICK_MS, until, quick))
                for _ in range(QUICK_CLIENTS)
            ),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    quick.sort()
    found = {
        "median, ms": statistics.median(quick),
        "99th percentile, ms": quick[int(0.99 * (len(quick) - 1))],
        "longest, ms": quick[-1],
        RATE: len(quick) / BESIDE_S,
    }
    print(f"{' '.join(argv[2:4]):<30}", {what: round(value, 1) for what, value in found.items()}, flush=True)
    return found


def ask(port: int, milliseconds: int, until: float, took_ms: list[float]) -> None:
    """Ask again and again, over one connection as long as the server keeps it."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=30)) as connection:
        while (began := time.monotonic()) < until:
            connection.request("GET", f"/?{milliseconds}")
            connection.getresponse().read()
            took_ms.append((time.monotonic() - began) * 1000)


def compile_rate(directory: Path, source: Path) -> Path:
    program = directory / "rate"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", str(program), str(source)], check=True)
    return program
