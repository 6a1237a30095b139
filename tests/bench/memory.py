"""What four workers cost in memory, with and without preload_app, for applications of two frameworks.

`python -m tests.bench.memory` measures wsgid, gunicorn and granian in one run and writes that part of the
page; `make bench` does so too.
"""

from __future__ import annotations

import platform
import re
import statistics
import sys
from collections import defaultdict
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import cost, page, wrk
from tests.bench.growth import ready
from tests.bench.measure import BenchError, free_port
from tests.bench.page import Column, Figure, Memory
from tests.bench.scenarios import SCENARIOS
from tests.bench.start import HOST, SERVERS, WORKERS, private, versions
from tests.figures import commit_now, today

if TYPE_CHECKING:
    from collections.abc import Mapping

# All workers together: what grows with requests has grown. No longer than that is waited for them.
REQUESTS = 100_000
MOST_S, STEP_S = 60, 5
AFTER = f"after {REQUESTS:,} requests, or as many as {MOST_S} s hold, each on a connection of its own."

APPS: Mapping[str, str] = {
    "Flask": "tests.apps.flask_app:application",
    "Django": "tests.apps.django_site.wsgi:application",
}

COLUMNS: Mapping[str, Column] = {
    "wsgid": Column("wsgid", ()),
    "wsgid-preload": Column("wsgid", ("--preload",)),
    "gunicorn": Column("gunicorn", ()),
    "gunicorn-preload": Column("gunicorn", ("--preload",)),
    "granian": Column("granian", ()),
}


def measure(rounds: int = 1, apps: Mapping[str, str] = APPS) -> list[Figure]:
    """Measure each server with each application in each round; give the medians."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for app, spec in apps.items():
            for name, column in COLUMNS.items():
                for what, figure in look(column, spec).items():
                    found[f"{app}: {what}", name].append(figure)
    titles = dict.fromkeys(what for what, _ in found)
    return [
        Figure(what, {name: round(statistics.median(found[what, name]), 1) for name in COLUMNS})
        for what in titles
    ]


def look(column: Column, app: str) -> dict[str, float]:
    """Start a server, ask it very often, and look at the memory of all its processes."""
    port = free_port()
    with ready(command(column, port, app), port) as pid:
        asked = ask(port, REQUESTS)
        processes = cost.tree(pid)
        workers = [one for one in processes[1:] if has_listener(one)]  # a template has none
        if len(workers) != WORKERS:
            raise BenchError(f"{column} has {len(workers)} workers")
        found = {
            "all processes": sum(map(proportional, processes)),
            "private to a worker": statistics.mean(map(private, workers)),
        }
    print(f"{column.server:<10}{' '.join(column.options):<12}{app:<45}{asked:>9} requests", flush=True)
    return found


def command(column: Column, port: int, app: str) -> list[str]:
    if column.server == "granian":
        at = ["--workers", str(WORKERS), "--host", HOST, "--port", str(port)]
        return [sys.executable, "-m", "granian", "--interface", "wsgi", *at, app]
    begins = SERVERS[column.server]
    return [*begins, *column.options, "-w", str(WORKERS), "-b", f"{HOST}:{port}", app]


def ask(port: int, count: int) -> int:
    """Ask for the front page, over connections that are closed, so that all workers have their part."""
    asked = 0
    close = next(one for one in SCENARIOS if one.name == "close")
    for _ in range(0, MOST_S, STEP_S):
        asked += wrk.load(close, f"http://{HOST}:{port}/", seconds=STEP_S).requests
        if asked >= count:
            break
    return asked


def proportional(pid: int) -> float:
    """Return a process's memory in MiB, what it shares divided by those who share it (proc(5), PSS)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Pss:\s+(\d+) kB$", text, re.MULTILINE))) / 1024


def has_listener(pid: int) -> bool:
    """Say whether a process has a TCP socket that listens."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    return any(str(fd.readlink()) in listening for fd in Path(f"/proc/{pid}/fd").iterdir())


def run(commit: str) -> Memory:
    """Measure all, and say it while it is done."""
    print("memory of four workers", flush=True)
    figures = tuple(measure())
    for figure in figures:
        print(f"{figure.what:<60}", *(f"{name} {value:8.1f}" for name, value in figure.values.items()))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    named = {**versions(), "granian": version("granian")}
    return Memory(today(), commit, python, named, dict(COLUMNS), figures, AFTER)


def main() -> int:
    page.write(replace(page.read(), memory=run(commit_now())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
