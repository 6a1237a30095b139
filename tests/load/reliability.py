"""The figures of `make reliability` and `make restarts`, as JSON and as docs/explanation/reliability.md.

The page is a function of the two files beside it, and a test holds them together: no figure is made by hand.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.support import ROOT

PAGE = ROOT / "docs" / "explanation" / "reliability.md"
RUN = PAGE.with_suffix(".json")
RESTARTS = PAGE.with_name("restarts.json")


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
    """One run, and what one must know to compare it with another."""

    date: str
    commit: str
    python: str
    kernel: str
    cpus: int
    versions: dict[str, str]
    rows: tuple[Row, ...]

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


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

    systemd: str
    cpus: int
    rows: tuple[Restart, ...]

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def restarts_from_json(text: str) -> Restarts:
    values = json.loads(text)
    return Restarts(**{**values, "rows": tuple(Restart(**row) for row in values["rows"])})


def write_page() -> None:
    """Write the page anew from the figures that there are."""
    PAGE.write_text(render(from_json(RUN.read_text()), restarts_from_json(RESTARTS.read_text())))


def from_json(text: str) -> Run:
    values = json.loads(text)
    rows = tuple(
        Row(row["name"], {peer: Figures(**figures) for peer, figures in row["peers"].items()})
        for row in values["rows"]
    )
    return Run(**{**values, "rows": rows})


def render(run: Run, restarts: Restarts) -> str:
    """Return the whole page."""
    peers = list(run.versions)
    heads = [f"{peer} {run.versions[peer]}" for peer in peers]
    failed = [
        [row.name, *(f"{row.peers[peer].failed} of {row.peers[peer].requests:,}" for peer in peers)]
        for row in run.rows
    ]
    kinds = [
        [row.name, peer, str(found.times), _kinds(found), str(found.between) if found.failed else ""]
        for row in run.rows
        for peer, found in row.peers.items()
    ]
    under_systemd = [
        [row.name, str(row.times), f"{row.requests:,}", f"{row.lost:,}", _each(row.kinds)]
        for row in restarts.rows
    ]
    template = Template(Path(__file__).with_name("reliability.md").read_text())
    return template.substitute(
        dataclasses.asdict(run),
        failed=_table(["What is done", *heads], failed),
        kinds=_table(["What is done", "Server", "Times", "How they failed", "Between two requests"], kinds),
        restarts=_table(["What is done", "Times", "Requests", "Lost", "How"], under_systemd),
        machine=f"Measured with {restarts.systemd} on {restarts.cpus} CPUs.",
    )


def _kinds(found: Figures) -> str:
    return _each(found.kinds)


def _each(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or "-"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
