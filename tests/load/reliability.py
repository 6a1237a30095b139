"""The figures of `make reliability` and `make restarts`, and what the page of reliability shows of them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.figures import PAGES, Origin, fill, read, table

PAGE = PAGES / "reliability.md"
RUN = PAGES / "reliability.json"
RESTARTS = PAGES / "restarts.json"


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of the requests while something was done to one server."""

    times: int
    """How often it was done; fewer times than it was tried if the server has ended."""
    requests: int
    failed: int
    kinds: dict[str, int]
    """How they failed; none that did not occur."""
    between: int
    """Of the failed: on a kept connection that was closed between two requests."""


@dataclass(frozen=True, slots=True)
class Row:
    """One disturbance of each server."""

    name: str
    peers: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of `make reliability`."""

    origin: Origin
    versions: dict[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Restart:
    """What came of the requests while something was done to a service."""

    name: str
    times: int
    requests: int
    lost: int
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class Restarts:
    """One run of `make restarts`."""

    origin: Origin
    systemd: str
    rows: tuple[Restart, ...]


def write_page() -> None:
    """Write what the two commands have found into the page."""
    fill(PAGE, blocks(read(Run, RUN), read(Restarts, RESTARTS)))


def blocks(run: Run, restarts: Restarts) -> dict[str, str]:
    """Return what the page shows."""
    peers = list(run.versions)
    failed = [
        [row.name, *(f"{row.peers[peer].failed} of {row.peers[peer].requests:,}" for peer in peers)]
        for row in run.rows
    ]
    kinds = [
        [row.name, peer, str(found.times), _each(found.kinds), str(found.between) if found.failed else ""]
        for row in run.rows
        for peer, found in row.peers.items()
    ]
    under_systemd = [
        [row.name, str(row.times), f"{row.requests:,}", f"{row.lost:,}", _each(row.kinds)]
        for row in restarts.rows
    ]
    heads = [f"{peer} {run.versions[peer]}" for peer in peers]
    return {
        "failed": f"{table(['What is done', *heads], failed)}\n\nMeasured on {run.origin}.",
        "kinds": table(
            ["What is done", "Server", "Times", "How they failed", "Between two requests"], kinds, words=2
        ),
        "restarts": f"{table(['What is done', 'Times', 'Requests', 'Lost', 'How'], under_systemd)}\n\n"
        f"Measured on {restarts.origin}, {restarts.systemd}.",
    }


def _each(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or "-"
