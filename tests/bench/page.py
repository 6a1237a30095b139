"""The results as a value, as JSON, and as the page docs/explanation/performance.md.

The page is a function of the JSON beside it, and a test holds them together: no figure is changed by hand.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from tests.bench.scenarios import SCENARIOS, Target

# From there on a tenth is nothing.
TEN_THOUSAND = 10_000

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "performance.md"

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
    """One interleaved run, and all that one must know to compare it with another."""

    date: str
    commit: str
    python: str
    kernel: str
    cpu: str
    cpus: int
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

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    def with_sections(self, sections: tuple[Section, ...]) -> Run:
        """Put these in the place of those of the same name, or behind the others."""
        new = {one.name: one for one in sections}
        kept = tuple(new.pop(one.name, one) for one in self.sections)
        return dataclasses.replace(self, sections=(*kept, *new.values()))


def from_json(text: str) -> Run:
    values: dict[str, Any] = json.loads(text)
    start, memory = values.get("start"), values.get("memory")
    return Run(
        **{
            **values,
            "tables": tuple(table_from(table) for table in values["tables"]),
            "start": start and start_from(start),
            "memory": memory and memory_from(memory),
            "sections": tuple(section_from(section) for section in values.get("sections", ())),
        }
    )


def read() -> Run:
    return from_json(PAGE.with_suffix(".json").read_text(encoding="utf-8"))


def write(run: Run) -> None:
    PAGE.with_suffix(".json").write_text(run.to_json(), encoding="utf-8")
    PAGE.write_text(render(run), encoding="utf-8")


def section_from(values: dict[str, Any]) -> Section:
    return Section(**{**values, "figures": tuple(Figure(**figure) for figure in values["figures"])})


def start_from(values: dict[str, Any]) -> Start:
    return Start(**{**values, "figures": tuple(Figure(**figure) for figure in values["figures"])})


def memory_from(values: dict[str, Any]) -> Memory:
    columns = {name: Column(one["server"], tuple(one["options"])) for name, one in values["columns"].items()}
    figures = tuple(Figure(**figure) for figure in values["figures"])
    return Memory(**{**values, "columns": columns, "figures": figures})


def table_from(values: dict[str, Any]) -> Table:
    """Make a table again; it is judged by the targets that we have now, not by those of its day."""
    rows = tuple(Row(**row) for row in values["rows"])
    targets = next((one.targets for one in SCENARIOS if one.name == values["scenario"]), ())
    return Table(**{**values, "rows": rows, "targets": targets})


def render(run: Run) -> str:
    """Write the whole page: the words are in page.md, what was found comes from `run`."""
    template = Template(Path(__file__).with_name("page.md").read_text(encoding="utf-8"))
    return template.substitute(results="\n".join(result_lines(run)), facts="\n".join(fact_lines(run)))


def result_lines(run: Run) -> Iterator[str]:
    for table in run.tables:
        yield from (f"### {table.scenario}", "", table.words, "")
        yield from table_lines(table)
        yield ""
        if verdicts := [*target_lines(table)]:
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
    yield "| Server | " + " | ".join(columns) + " |"
    yield "|---|" + "--:|" * len(columns)
    for figure in section.figures:
        cells = (shown(figure.values[column]) for column in columns)
        yield f"| {figure.what} | " + " | ".join(cells) + " |"
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
    yield "| | " + " | ".join(f"{name} {version}" for name, version in start.versions.items()) + " |"
    yield "|---|" + "--:|" * len(names)
    for figure in start.figures:
        yield f"| {figure.what} | " + " | ".join(f"{figure.values[name]:.1f}" for name in names) + " |"
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
    yield "| | " + " | ".join(heads) + " |"
    yield "|---|" + "--:|" * len(heads)
    for figure in memory.figures:
        cells = (f"{figure.values[name]:.1f}" for name in memory.columns)
        yield f"| {figure.what} | " + " | ".join(cells) + " |"
    yield from ("", f"{memory.date}, commit {memory.commit}, {memory.python}.", "")


def fact_lines(run: Run) -> Iterator[str]:
    yield f"* {run.date}, commit {run.commit}"
    yield f"* {run.python}"
    yield f"* Linux {run.kernel}; {run.cpu}, {run.cpus} CPUs"
    worst = max((row.disturbance for table in run.tables for row in table.rows), default=0.0)
    yield f"* what else ran during the worst measurement: {worst:.0%} of a CPU"
    yield f"* {run.wrk}; the floor by {run.compiler}"
    yield f"* {run.rounds} rounds of {run.seconds} s each"


def table_lines(table: Table) -> Iterator[str]:
    floor = table.row("floor")
    yield "| Server | Version | CPU a request, us | lowest to highest | times the floor | requests a second |"
    yield "|---|---|--:|--:|--:|--:|"
    for row in table.rows:
        cells = (
            row.title,
            row.version,
            f"{row.cost_us:.1f}",
            f"{row.lowest_us:.1f} to {row.highest_us:.1f}",
            "" if floor is None else f"{row.cost_us / floor.cost_us:.2f}",
            f"{row.rate:,.0f}",
        )
        yield "| " + " | ".join(cells) + " |"
    failed = [f"{row.title} {row.errors}" for row in table.rows if row.errors]
    if failed:
        yield from ("", f"Connections that failed meanwhile: {', '.join(failed)}.")


def target_lines(table: Table) -> Iterator[str]:
    """Say for each target whether it is met."""
    for target in table.targets:
        who, whom = table.row(target.who), table.row(target.whom)
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
