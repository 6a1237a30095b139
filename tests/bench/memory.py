"""What four workers cost in memory, with and without preload_app, for applications of two frameworks.

`python -m tests.bench.memory` measures wsgid and gunicorn in one interleaved run and writes that part of the
page; `make bench` does so too.
"""

from __future__ import annotations

import http.client
import platform
import re
import statistics
import sys
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import cost
from tests.bench.measure import BenchError, free_port
from tests.bench.page import PAGE, Column, Figure, Memory, from_json, render
from tests.bench.start import (
    DEADLINE_S,
    HOST,
    SERVERS,
    SETTLE_S,
    WORKERS,
    commit_now,
    private,
    ready,
    today,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Enough for each worker to have done everything once.
REQUESTS = 100

APPS: Mapping[str, str] = {
    "Flask": "tests.apps.flask_app:application",
    "Django": "tests.apps.django_site.wsgi:application",
}

COLUMNS: Mapping[str, Column] = {
    "wsgid": Column("wsgid", ()),
    "wsgid-preload": Column("wsgid", ("--preload",)),
    "gunicorn": Column("gunicorn", ()),
    "gunicorn-preload": Column("gunicorn", ("--preload",)),
}


def measure(rounds: int = 3, apps: Mapping[str, str] = APPS) -> list[Figure]:
    """Measure each server with each application in each round; give the medians."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for app, spec in apps.items():
            for name, column in COLUMNS.items():
                for what, figure in look([*SERVERS[column.server], *column.options], spec).items():
                    found[f"{app}: {what}", name].append(figure)
    titles = dict.fromkeys(what for what, _ in found)
    return [
        Figure(what, {name: round(statistics.median(found[what, name]), 1) for name in COLUMNS})
        for what in titles
    ]


def look(begins: Sequence[str], app: str) -> dict[str, float]:
    """Start a server, ask each of its workers something, and look at the memory of all its processes."""
    port = free_port()
    with ready([*begins, "-w", str(WORKERS), "-b", f"{HOST}:{port}", app]) as (process, _):
        time.sleep(SETTLE_S)
        ask(port, REQUESTS * WORKERS)
        processes = cost.tree(process.pid)
        workers = [pid for pid in processes[1:] if has_listener(pid)]  # a template has none
        if len(workers) != WORKERS:
            raise BenchError(f"{begins} has {len(workers)} workers")
        return {
            "all processes": sum(map(proportional, processes)),
            "private to a worker": statistics.mean(map(private, workers)),
        }


def ask(port: int, count: int) -> None:
    """Ask for the front page, each time on a connection of its own, so that all workers have their part."""
    for _ in range(count):
        with closing(http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)) as connection:
            connection.request("GET", "/", headers={"Connection": "close"})
            connection.getresponse().read()


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
    return Memory(today(), commit, python, versions(), dict(COLUMNS), figures)


def main() -> int:
    data = PAGE.with_suffix(".json")
    page = replace(from_json(data.read_text()), memory=run(commit_now()))
    data.write_text(page.to_json())
    PAGE.write_text(render(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
