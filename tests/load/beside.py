"""A normal client beside 2,000 slow ones, at wsgid and at others: `python -m tests.load.beside`.

Writes docs/explanation/slow-clients.json and the table of the page beside it. The client asks one request
after the other, each on a new connection: before the slow ones come, while they are there, and after they
have gone; all of it several times.
"""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from tests.figures import PAGES, Origin, fill, origin_now, write
from tests.figures import table as markdown_table
from tests.integration.tls.client import PAIR, trusting
from tests.load.stage import request
from tests.load.swarm import swarm
from tests.support import ROOT
from tests.wire import Wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping, Sequence

PAGE = PAGES / "slow-clients.md"
DATA = PAGES / "slow-clients.json"

# In each phase of a round. Of so many one may wait behind the slow ones, who all come in the same moment.
ASKED = 500
# A moment in which the machine did something else is then in one of them.
ROUNDS = 3
# Nobody waits for longer; and after so many in vain the others are not tried.
PATIENCE_S = 2.0
MOST_LOST = 3
START_DEADLINE_S = 20.0

SLOW = {"heads": 800, "bodies": 800, "silent": 400}
SLOW_TLS = {"hellos": 1200, "secrets": 800}


@dataclass(frozen=True, slots=True)
class Figures:
    """How long the answers took, in seconds, and how many did not come in time."""

    median_s: float
    p99_s: float
    lost: int = 0

    @property
    def is_silence(self) -> bool:
        """Whether nobody was answered in time."""
        return self.lost >= MOST_LOST and self.median_s >= PATIENCE_S


@dataclass(frozen=True, slots=True)
class Row:
    """One contestant, in the three phases."""

    title: str
    before: Figures
    during: Figures
    after: Figures


@dataclass(frozen=True, slots=True)
class Run:
    origin: Origin
    versions: dict[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Contestant:
    """How a server is started at a port; room for all connections, and else its defaults."""

    title: str
    package: str
    argv: Sequence[str]
    slow: Mapping[str, int]
    is_secure: bool = False


APP = "tests.load.app:application"
WSGID = ("wsgid", "-w", "2", "--worker-connections", "4000", "-b", "127.0.0.1:{port}")
GUNICORN = ("gunicorn", "-w", "2", "--worker-connections", "4000", "-b", "127.0.0.1:{port}")
CONTESTANTS = (
    Contestant("wsgid sync, 2 workers", "wsgid-server", (*WSGID, APP), SLOW),
    Contestant(
        "wsgid gthread, 2 workers of 4 threads", "wsgid-server", (*WSGID, "--threads", "4", APP), SLOW
    ),
    Contestant(
        "wsgid sync, 2 workers, https", "wsgid-server", (*WSGID, *PAIR, APP), SLOW_TLS, is_secure=True
    ),
    Contestant("gunicorn sync, 2 workers", "gunicorn", (*GUNICORN, APP), SLOW),
    Contestant(
        "gunicorn gthread, 2 workers of 4 threads",
        "gunicorn",
        (*GUNICORN, "-k", "gthread", "--threads", "4", APP),
        SLOW,
    ),
    Contestant(
        "waitress, 4 threads",
        "waitress",
        ("waitress", "--listen=127.0.0.1:{port}", "--connection-limit=4000", "--asyncore-use-poll", APP),
        SLOW,
    ),
)


def ask(address: tuple[str, int], context: ssl.SSLContext | None = None, count: int = ASKED) -> Figures:
    """Ask so often, each time on a new connection."""
    seconds: list[float] = []
    lost = 0
    while len(seconds) + lost < count and lost < MOST_LOST:
        began = time.monotonic()
        try:
            sock = socket.create_connection(address, PATIENCE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with Wire(context.wrap_socket(sock) if context else sock) as wire:
                assert 200 == wire.ask(request(1)).status
            seconds.append(time.monotonic() - began)
        except OSError:
            lost += 1
    if len(seconds) < 2:
        return Figures(PATIENCE_S, PATIENCE_S, lost)
    return Figures(statistics.median(seconds), statistics.quantiles(seconds, n=100)[98], lost)


def beside(
    address: tuple[str, int],
    slow: Mapping[str, int],
    context: ssl.SSLContext | None = None,
    *,
    rounds: int = 1,
    count: int = ASKED,
) -> tuple[Figures, Figures, Figures]:
    """Ask before, during and after; of several rounds in a phase the quietest counts."""

    def phase() -> Figures:
        found = [ask(address, context, count) for _ in range(rounds)]
        return Figures(
            min(one.median_s for one in found),
            min(one.p99_s for one in found),
            sum(one.lost for one in found),
        )

    ask(address, context, 50)  # what the first requests load is nobody's delay
    before = phase()
    with swarm(address[1], slow, must_stay=False):
        during = phase()
    return before, during, phase()


def repeated(
    address: tuple[str, int], slow: Mapping[str, int], context: ssl.SSLContext | None = None
) -> tuple[Figures, Figures, Figures]:
    """Ask in all three phases, and all of that several times; of each figure the middle one counts."""
    before, during, after = zip(*(beside(address, slow, context) for _ in range(ROUNDS)), strict=True)
    return _middle(before), _middle(during), _middle(after)


def _middle(found: Sequence[Figures]) -> Figures:
    return Figures(
        statistics.median(one.median_s for one in found),
        statistics.median(one.p99_s for one in found),
        sum(one.lost for one in found),
    )


@contextlib.contextmanager
def served(contestant: Contestant) -> Iterator[tuple[str, int]]:
    """Start a server and wait until it answers; end it on the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address: tuple[str, int] = taken.getsockname()
    argv = [word.format(port=address[1]) for word in contestant.argv]
    process = subprocess.Popen(
        [sys.executable, "-m", *argv], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_DEADLINE_S
        while ask(address, trusting() if contestant.is_secure else None, 1).lost:
            assert time.monotonic() < deadline, f"{contestant.title} does not answer"
            assert process.poll() is None, f"{contestant.title} has ended"
            select.select([], [], [], 0.05)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def blocks(run: Run) -> dict[str, str]:
    """Return what the page shows."""
    versions = ", ".join(f"{name} {number}" for name, number in run.versions.items())
    return {"beside": f"{table(run.rows)}\n\nMeasured on {run.origin}; {versions}."}


def table(rows: Sequence[Row]) -> str:
    """Write the table of the page."""
    return markdown_table(
        ["", "before", "beside 2,000 slow clients", "times", "after"],
        [[row.title, _cell(row.before), _cell(row.during), _times(row), _cell(row.after)] for row in rows],
    )


def _times(row: Row) -> str:
    """How far both figures move."""
    if row.during.is_silence:
        return "-"
    return f"{row.during.median_s / row.before.median_s:.1f} / {row.during.p99_s / row.before.p99_s:.1f}"


def _cell(figures: Figures) -> str:
    if figures.is_silence:
        return f"no answer within {PATIENCE_S:g} s"
    lost = f", {figures.lost} lost" if figures.lost else ""
    return f"{figures.median_s * 1e3:.2f} / {figures.p99_s * 1e3:.2f} ms{lost}"


def main() -> None:
    """Measure, and write figures and page."""
    # Every server has room for the descriptors too: a child inherits it.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rows = []
    for contestant in CONTESTANTS:
        context = trusting() if contestant.is_secure else None
        with served(contestant) as address:
            row = Row(contestant.title, *repeated(address, contestant.slow, context))
        sys.stdout.write(table([row]).splitlines()[-1] + "\n")
        sys.stdout.flush()
        rows.append(row)
    packages = {one.package: version(one.package) for one in CONTESTANTS}
    run = Run(origin_now(), packages, tuple(rows))
    write(run, DATA)
    fill(PAGE, blocks(run))


if __name__ == "__main__":
    main()
