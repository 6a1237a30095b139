"""The figures of `make bench`, and what docs/explanation/performance.md shows of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.scenarios import SCENARIOS, Target
from tests.figures import PAGES, Origin, fill, table
from tests.figures import read as read_run
from tests.figures import write as write_run

# From there on a tenth is nothing.
TEN_THOUSAND = 10_000

PAGE = PAGES / "performance.md"
DATA = PAGES / "performance.json"

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Row:
    """What one contestant's rounds of one scenario came to."""

    contestant: str
    title: str
    version: str
    cost_us: float
    """CPU time a request, the median of the rounds."""
    lowest_us: float
    highest_us: float
    rate: float
    """Requests a second, the median of the rounds."""
    errors: int
    """Connections that failed, in all rounds together."""
    disturbance: float
    """What else ran in the worst round, in CPUs: more than a little spoils it."""


@dataclass(frozen=True, slots=True)
class Table:
    scenario: str
    words: str
    rows: tuple[Row, ...]
    targets: tuple[Target, ...]

    def row(self, contestant: str) -> Row | None:
        return next((row for row in self.rows if row.contestant == contestant), None)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured of each server, in the unit that its words name."""

    what: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of its own, from a run of its own: a row a server, a column a figure."""

    name: str
    """For `make bench SECTIONS=...`, as a part of which it is measured."""
    title: str
    words: str
    date: str
    commit: str
    figures: tuple[Figure, ...]
    of: str = "Server"
    """What a row is of."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a server costs before its first request (start.py): a run of its own, if somebody wants it so."""

    date: str
    commit: str
    versions: dict[str, str]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A server, and how it was started."""

    server: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What four workers cost in memory (memory.py): a run of its own, too."""

    date: str
    commit: str
    python: str
    versions: dict[str, str]
    columns: dict[str, Column]
    figures: tuple[Figure, ...]
    after: str = "after some hundred requests; medians of one interleaved run."


@dataclass(frozen=True, slots=True)
class Run:
    """One interleaved run, and what was measured apart from it."""

    origin: Origin
    cpu: str
    wrk: str
    compiler: str
    rounds: int
    seconds: int
    tables: tuple[Table, ...]
    absent: dict[str, str]
    """Contestant -> why it stayed away."""
    start: Start | None = None
    memory: Memory | None = None
    sections: tuple[Section, ...] = ()

    def with_sections(self, sections: tuple[Section, ...]) -> Run:
        """Put these in the place of those of the same name, or behind the others."""
        new = {one.name: one for one in sections}
        kept = tuple(new.pop(one.name, one) for one in self.sections)
        return dataclasses.replace(self, sections=(*kept, *new.values()))


def read() -> Run:
    """Read what was measured; it is judged by the targets that we have now, not by those of its day."""
    run = read_run(Run, DATA)
    targets = {one.name: one.targets for one in SCENARIOS}
    tables = (dataclasses.replace(one, targets=targets.get(one.scenario, ())) for one in run.tables)
    return dataclasses.replace(run, tables=tuple(tables))


def write(run: Run) -> None:
    write_run(run, DATA)
    fill(PAGE, blocks(run))


def blocks(run: Run) -> dict[str, str]:
    """Return what the page shows."""
    return {"results": "\n".join(result_lines(run)).rstrip(), "facts": "\n".join(fact_lines(run))}


def result_lines(run: Run) -> Iterator[str]:
    for one in run.tables:
        yield from (f"### {one.scenario}", "", one.words, "")
        yield from table_lines(one)
        yield ""
        if verdicts := [*target_lines(one)]:
            yield from (*verdicts, "")
    yield from (f"Left out: {name}, since {reason}." for name, reason in run.absent.items())
    for section in run.sections:
        yield from section_lines(section)
    if run.start is not None:
        yield from start_lines(run.start)
    if run.memory is not None:
        yield from memory_lines(run.memory)


def section_lines(section: Section) -> Iterator[str]:
    columns = [*section.figures[0].values]
    yield from (f"### {section.title}", "", section.words, "")
    yield table(
        [section.of, *columns],
        [[figure.what, *(shown(figure.values[one]) for one in columns)] for figure in section.figures],
    )
    yield from ("", f"{section.date}, commit {section.commit}.", "")


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= TEN_THOUSAND or value == int(value) else f"{value:.1f}"


def start_lines(start: Start) -> Iterator[str]:
    """Write what a server costs before its first request: a row a figure, a column a server."""
    names = [*start.versions]
    yield from ("### Before the first request", "")
    yield "Both servers as they are started by default, with 4 sync workers, in one interleaved run; medians."
    yield "gunicorn is ready, it says, before its workers have loaded the application; wsgid when they serve."
    yield "Private memory is what no other process has a part in (`Private_*` in `/proc/PID/smaps_rollup`)."
    yield ""
    yield table(
        ["", *(f"{name} {version}" for name, version in start.versions.items())],
        [[figure.what, *(f"{figure.values[name]:.1f}" for name in names)] for figure in start.figures],
    )
    yield from ("", f"{start.date}, commit {start.commit}.", "")


def memory_lines(memory: Memory) -> Iterator[str]:
    """Write what four workers cost in memory: a row a figure, a column a way to start a server."""
    heads = [
        " ".join((one.server, memory.versions[one.server], *(f"`{word}`" for word in one.options)))
        for one in memory.columns.values()
    ]
    yield from ("### Memory", "")
    yield "Four sync workers, in MiB, with the Flask and the Django application of the tests (`tests/apps`),"
    yield memory.after
    yield "*All processes* are the parent, the workers, and with `preload_app` the template;"
    yield "what several of them share counts once (`Pss` in `/proc/PID/smaps_rollup`)."
    yield "In gunicorn the parent is what workers are forked from; in wsgid it never holds the application."
    yield ""
    yield table(
        ["", *heads],
        [
            [figure.what, *(f"{figure.values[name]:.1f}" for name in memory.columns)]
            for figure in memory.figures
        ],
    )
    yield from ("", f"{memory.date}, commit {memory.commit}, {memory.python}.", "")


def fact_lines(run: Run) -> Iterator[str]:
    origin = run.origin
    yield f"* {origin.date}, commit {origin.commit}"
    yield f"* {origin.python}"
    yield f"* Linux {origin.kernel}; {run.cpu}, {origin.cpus} CPUs"
    worst = max((row.disturbance for one in run.tables for row in one.rows), default=0.0)
    yield f"* what else ran during the worst measurement: {worst:.0%} of a CPU"
    yield f"* {run.wrk}; the floor by {run.compiler}"
    yield f"* {run.rounds} rounds of {run.seconds} s each"


def table_lines(one: Table) -> Iterator[str]:
    floor = one.row("floor")
    heads = (
        "Server",
        "Version",
        "CPU a request, us",
        "lowest to highest",
        "times the floor",
        "requests a second",
    )
    yield table(
        heads,
        [
            [
                row.title,
                row.version,
                f"{row.cost_us:.1f}",
                f"{row.lowest_us:.1f} to {row.highest_us:.1f}",
                "" if floor is None else f"{row.cost_us / floor.cost_us:.2f}",
                f"{row.rate:,.0f}",
            ]
            for row in one.rows
        ],
        words=2,
    )
    failed = [f"{row.title} {row.errors}" for row in one.rows if row.errors]
    if failed:
        yield from ("", f"Connections that failed meanwhile: {', '.join(failed)}.")


def target_lines(one: Table) -> Iterator[str]:
    """Say for each target whether it is met."""
    for target in one.targets:
        who, whom = one.row(target.who), one.row(target.whom)
        if who is None or whom is None:
            continue
        ratio = who.cost_us / whom.cost_us
        verdict = "met" if target.is_met(ratio) else "**missed**"
        yield (
            f"* {who.title}: {ratio:.2f} times {whom.title}; "
            f"the target is {target.relation} {target.times:g} times: {verdict}."
        )


if __name__ == "__main__":
    # The words, the targets or the form have changed, and no figure.
    write(read())
