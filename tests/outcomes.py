"""Writes down what came of each test, a line each: `pytest -p tests.outcomes --outcomes=FILE`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

_OPTION = "--outcomes"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(_OPTION, type=Path, help="where to write what came of each test")


def pytest_configure(config: pytest.Config) -> None:
    path: Path | None = config.getoption(_OPTION)
    # Where tests are spread over processes, the first of them hears of all.
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Writer(path))


def read(path: Path) -> Mapping[str, bool]:
    """Return whether it passed in all its parts, for each test that came to an end or failed.

    One that was skipped has not passed, and is not here.
    """
    found: dict[str, bool] = {}
    for line in path.read_text().splitlines():
        test, when, outcome = json.loads(line)
        if outcome == "failed":
            found[test] = False
        elif outcome == "passed" and when == "call":
            found.setdefault(test, True)
    return found


class _Writer:
    def __init__(self, path: Path) -> None:
        path.touch()
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._write(report.nodeid, report.when, report.outcome)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write(report.nodeid, "collect", report.outcome)

    def _write(self, *words: str | None) -> None:
        with self._path.open("a") as file:
            file.write(f"{json.dumps(words)}\n")
