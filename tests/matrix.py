"""Which worker serves which framework, and keeps which promise, as the tests find it: `make matrix`.

Runs the tests of the promises of all kinds and those of the frameworks, and writes what came of them into
docs/reference/frameworks.md and docs/reference/promises.md. What is not green is written too, and ends the
command with a status of its own.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.integration import test_frameworks, test_small_sites, test_workers
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    # What was asked of whom, and whether all of it was right.
    Found = Mapping[tuple[str, str], bool]

KINDS = tuple(test_workers.KINDS)
TITLES = {
    **{name: name.title() for name in (*test_frameworks.APPS, *test_small_sites.KINDS)},
    "fastapi": "FastAPI",
    "cherrypy": "CherryPy",
}

_BLOCK = re.compile(r"(<!-- found: matrix -->\n).*?(<!-- end -->\n)", re.DOTALL)
_ID = re.compile(r"::(test_\w+)\[(.*)\]\Z")


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table of a page: what is asked, and of which kinds of workers."""

    page: Path
    tests: tuple[str, ...]
    corner: str
    rows: Mapping[str, str]
    """What a test's name or parameters say, and how the table says it."""
    asked: frozenset[tuple[str, str]]
    """The pairs of row and kind that there are tests for."""

    def pair(self, test: str) -> tuple[str, str] | None:
        """Return whose test it is, by its whole name."""
        match = _ID.search(test)
        if match is None or not test.startswith(self.tests):
            return None
        words = (match[1], *match[2].split("-"))
        row = next((word for word in words if word in self.rows), None)
        # A row may have the name of a kind: Tornado's framework and its server.
        kind = next((word for word in reversed(words) if word in KINDS), None)
        return None if row is None or kind is None else (row, kind)

    def fill(self, text: str, found: Found) -> str:
        """Return the page with this table in it."""
        return _BLOCK.sub(lambda block: f"{block[1]}\n{self.table(found)}\n{block[2]}", text)

    def table(self, found: Found) -> str:
        kinds = [kind for kind in KINDS if any(kind == other for _, other in self.asked)]
        titles = ("one of your own" if kind == "custom" else f"`{kind}`" for kind in kinds)
        lines = [f"| {self.corner} | {' | '.join(titles)} |", "|---" * (len(kinds) + 1) + "|"]
        for row, title in self.rows.items():
            cells = (_WORDS[found.get((row, kind))] for kind in kinds)
            lines.append(f"| {title} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"


_WORDS = {True: "yes", False: "**no**", None: ""}


def promises() -> Matrix:
    """Return the table of what all kinds promise: the names of the tests."""
    names = [name for name in vars(test_workers) if name.startswith("test_")]
    of_all = [name for name in names if name not in test_workers.OF_TWO]
    return Matrix(
        ROOT / "docs/reference/promises.md",
        ("tests/integration/test_workers.py",),
        "",
        {name: _sentence(name) for name in of_all},
        frozenset((name, kind) for name in of_all for kind in KINDS),
    )


def _sentence(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ").replace("usr2", "USR2")


def frameworks() -> Matrix:
    """Return the table of frameworks."""
    large = {(name, kind) for name in test_frameworks.APPS for kind in test_frameworks.KINDS}
    small = {(name, kind) for name, kinds in test_small_sites.KINDS.items() for kind in kinds}
    return Matrix(
        ROOT / "docs/reference/frameworks.md",
        ("tests/integration/test_frameworks.py", "tests/integration/test_small_sites.py"),
        "Framework",
        dict(sorted(TITLES.items(), key=lambda title: title[1].lower())),
        frozenset(large | small),
    )


class Outcomes:
    """A plug-in of pytest that notes what came of each pair."""

    def __init__(self, matrices: Iterable[Matrix]) -> None:
        self._matrices = tuple(matrices)
        self.found: dict[tuple[str, str], bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        for matrix in self._matrices:
            pair = matrix.pair(report.nodeid)
            if pair is not None:
                self.found[pair] = self.found.get(pair, True) and report.passed


def main(options: Sequence[str]) -> int:
    """Run the tests, with more options for pytest, and write both pages."""
    matrices = (promises(), frameworks())
    outcomes = Outcomes(matrices)
    tests = [test for matrix in matrices for test in matrix.tests]
    pytest.main(["-q", *options, *tests], plugins=[outcomes])
    for matrix in matrices:
        text = matrix.page.read_text(encoding="utf-8")
        matrix.page.write_text(matrix.fill(text, outcomes.found), encoding="utf-8")
    wanted = frozenset().union(*(matrix.asked for matrix in matrices))
    missing = sorted(pair for pair in wanted if not outcomes.found.get(pair))
    for row, kind in missing:
        sys.stdout.write(f"not green: {row} with {kind}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
