"""What each kind of worker is for, how many of them, and how many threads: `make choosing`.

One application computes, asks a PostgreSQL of our own, or waits for another service (choices/). It is asked
of every kind of worker, then of more and more workers, then of more and more threads. Some five minutes;
writes docs/explanation/choosing.json, and the tables of workers.md.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from tests.bench import postgres
from tests.bench.cost import tree
from tests.bench.measure import BenchError, free_port
from tests.bench.start import HOST, private, ready
from tests.bench.wrk import parse
from tests.figures import PAGES, Origin, fill, origin_now, table, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PAGE = PAGES / "workers.md"
DATA = PAGES / "choosing.json"

SECONDS = 3
# Before it is measured, so that every worker has its connections to the database.
WARM_S = 1
WARM_CLIENTS = 32
# As many as there are processors on the machine that the page is made on.
WORKERS = 2
DEADLINE_S = 30.0
# Whoever asks for little beside others: so many, at most for so long.
QUICK = 200

# What is asked, and by how many clients at a time.
LOADS: Mapping[str, tuple[str, int]] = {
    "computing": ("/compute", 16),
    "database": ("/database", 64),
    "waiting": ("/wait", 256),
}
# Beside whom somebody asks for little.
BESIDE: Mapping[str, tuple[str, int]] = {"computing": ("/compute", 16), "waiting": ("/wait", 16)}

WSGI = "tests.bench.choices.over_wsgi:application"
KINDS: Mapping[str, tuple[str, ...]] = {
    "`sync`": (WSGI,),
    "`gthread`, 4 threads": ("-k", "gthread", "--threads", "4", WSGI),
    "`gthread`, 16 threads": ("-k", "gthread", "--threads", "16", WSGI),
    "`gevent`": ("-k", "gevent", WSGI),
    "`eventlet`": ("-k", "eventlet", WSGI),
    "`tornado`": ("-k", "tornado", "tests.bench.choices.over_tornado:application"),
    "`asgi`": ("-k", "asgi", "tests.bench.choices.over_asgi:application"),
}
COUNTS = (1, 2, 4, 8)
THREADS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of worker. Requests a second by load, and what a quick request takes beside others, in ms."""

    title: str
    rates: dict[str, float]
    beside_ms: dict[str, float]
    memory_mib: float
    """Private memory of a worker that has asked the database."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """So many of something: requests a second by load, and the private memory of a worker."""

    count: int
    rates: dict[str, float]
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Run:
    origin: Origin
    versions: dict[str, str]
    kinds: tuple[KindRow, ...]
    workers: tuple[CountRow, ...]
    threads: tuple[CountRow, ...]


# Measuring


@dataclass(frozen=True, slots=True)
class Measured:
    rate: float
    """Requests a second."""
    memory_mib: float
    """Private memory of a worker."""


def load(words: Sequence[str], path: str, clients: int) -> Measured:
    """Ask a fresh server for one thing."""
    with _served(words) as (port, arbiter):
        if path == "/database":
            _wrk(port, path, WARM_CLIENTS, WARM_S)
        rate = _wrk(port, path, clients, SECONDS)
        workers = tree(arbiter)[1:]
        return Measured(rate, statistics.mean(map(private, workers)))


def beside(words: Sequence[str], path: str, clients: int) -> float:
    """Ask for little beside others that ask for more; give the median, in ms."""
    with _served(words) as (port, _):
        argv = _wrk_argv(port, path, clients, SECONDS)
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as others:
            time.sleep(0.5)
            seconds: list[float] = []
            while others.poll() is None and len(seconds) < QUICK:
                began = time.monotonic()
                _ask(port)
                seconds.append(time.monotonic() - began)
            others.wait()
    return statistics.median(seconds) * 1000


@contextlib.contextmanager
def _served(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give the port and the pid of a server that ends soon, whatever waits in it."""
    port = free_port()
    argv = [sys.executable, "-m", "wsgid", "-b", f"{HOST}:{port}", "--graceful-timeout", "1"]
    if "-w" not in words:
        argv += ["-w", str(WORKERS)]
    with ready([*argv, "--worker-connections", "1000", *words]) as (process, _):
        yield port, process.pid


def _wrk_argv(port: int, path: str, clients: int, seconds: int) -> list[str]:
    return ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s", f"http://{HOST}:{port}{path}"]


def _wrk(port: int, path: str, clients: int, seconds: int) -> float:
    argv = _wrk_argv(port, path, clients, seconds)
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=seconds + DEADLINE_S)
    report = parse(done.stdout)
    if report.refused or report.errors:
        raise BenchError(f"{path}: {report.refused} refused, {report.errors} errors")
    return report.rate


def _ask(port: int) -> None:
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)) as connection:
        connection.request("GET", "/", headers={"Connection": "close"})
        if connection.getresponse().read() != b"Hello, World!":
            raise BenchError("another answer than the application's")


def measure() -> Run:
    """Measure all, and say it while it is done."""
    kinds = []
    for title, words in KINDS.items():
        found = {name: load(words, *asked) for name, asked in LOADS.items()}
        quick = {name: beside(words, *asked) for name, asked in BESIDE.items()}
        memory = found["database"].memory_mib
        kinds.append(
            KindRow(title, _rates(found), {k: _short(ms) for k, ms in quick.items()}, _short(memory))
        )
        print(kinds[-1], flush=True)
    workers = [_counted(count, ("-w", str(count), WSGI), ("computing", "database")) for count in COUNTS]
    threads = [
        _counted(count, ("-k", "gthread", "--threads", str(count), WSGI), ("database", "waiting"))
        for count in THREADS
    ]
    return Run(
        origin_now(),
        {
            "PostgreSQL": postgres.version(),
            **{name: version(name) for name in ("psycopg", "gevent", "eventlet", "tornado", "uvicorn")},
        },
        tuple(kinds),
        tuple(workers),
        tuple(threads),
    )


def _counted(count: int, words: Sequence[str], loads: Sequence[str]) -> CountRow:
    found = {name: load(words, *LOADS[name]) for name in loads}
    memory = found["database"].memory_mib
    row = CountRow(count, _rates(found), _short(memory))
    print(row, flush=True)
    return row


def _rates(found: Mapping[str, Measured]) -> dict[str, float]:
    return {name: _short(measured.rate) for name, measured in found.items()}


def _short(figure: float) -> float:
    """Return three digits of it: more are noise."""
    return float(f"{figure:.3g}")


# Writing


def blocks(run: Run) -> dict[str, str]:
    """Return what the page shows."""
    versions = ", ".join(f"{name} {number}" for name, number in run.versions.items())
    return {
        "kinds": f"{_kinds(run.kinds)}\n\nMeasured on {run.origin}; {versions}.",
        "workers": _counts(run.workers),
        "threads": _counts(run.threads),
    }


def _kinds(rows: Sequence[KindRow]) -> str:
    loads = [f"{name}, requests/s" for name in LOADS]
    quick = [f"a quick one beside {clients} {name}" for name, (_, clients) in BESIDE.items()]
    return table(
        [f"{WORKERS} workers", *loads, *quick, "memory a worker"],
        [
            [
                row.title,
                *map(_figure, row.rates.values()),
                *(f"{_figure(row.beside_ms[name])} ms" for name in BESIDE),
                f"{_figure(row.memory_mib)} MiB",
            ]
            for row in rows
        ],
    )


def _counts(rows: Sequence[CountRow]) -> str:
    return table(
        ["", *(f"{name}, requests/s" for name in rows[0].rates), "memory a worker"],
        [
            [str(row.count), *map(_figure, row.rates.values()), f"{_figure(row.memory_mib)} MiB"]
            for row in rows
        ],
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def main() -> int:
    """Measure, and write figures and page."""
    try:
        with postgres.postgres() as address:
            os.environ["CHOICES_DATABASE"] = address
            run = measure()
    except BenchError as error:
        print(f"choosing: {error}", file=sys.stderr)
        return 1
    write(run, DATA)
    fill(PAGE, blocks(run))
    return 0


if __name__ == "__main__":
    sys.exit(main())
