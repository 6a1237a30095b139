"""Who is measured: how each server is started with one worker, and why it may have to stay away.

Each has one worker and no access log, and is otherwise as shipped.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.scenarios import Scenario

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Contestant:
    name: str
    """For `make bench CONTESTANTS=...`, and for a scenario's targets."""
    title: str
    """For the page."""
    distribution: str | None
    """Whose version is told; None is our own floor."""
    module: str | None
    """What must be importable for it to take part."""
    argv: Callable[[Scenario, int], list[str]]
    """Scenario, port -> the command."""

    def reason_to_stay_away(self) -> str | None:
        if self.module is None or importlib.util.find_spec(self.module) is not None:
            return None
        return f"{self.distribution} is not installed (it may not have been possible to build it here)"

    def version(self) -> str:
        return "" if self.distribution is None else version(self.distribution)


def contestants(floor: Path) -> tuple[Contestant, ...]:
    """All of them, in the order of the page; `floor` is the compiled program."""
    return (
        Contestant("floor", "floor (C, a constant)", None, None, lambda s, port: floor_argv(floor, s, port)),
        Contestant("wsgid", "wsgid, sync", "wsgid-server", "wsgid", wsgid("-k", "sync")),
        Contestant("wsgid-threads", "wsgid, 4 threads", "wsgid-server", "wsgid", wsgid("--threads", "4")),
        Contestant("bjoern", "bjoern", "bjoern", "bjoern", bjoern),
        Contestant("granian", "granian", "granian", "granian", granian),
        Contestant("waitress", "waitress, 4 threads", "waitress", "waitress", waitress),
        Contestant(
            "gunicorn-gthread",
            "gunicorn, gthread, 4 threads",
            "gunicorn",
            "gunicorn",
            gunicorn("-k", "gthread", "--threads", "4"),
        ),
        # It closes each connection after its answer: a part of its figure is the price of a new one.
        Contestant("gunicorn", "gunicorn, sync", "gunicorn", "gunicorn", gunicorn("-k", "sync")),
    )


def floor_argv(floor: Path, scenario: Scenario, port: int) -> list[str]:
    return [str(floor), str(port), str(scenario.request_body), str(scenario.answer)]


def wsgid(*options: str) -> Callable[[Scenario, int], list[str]]:
    return lambda scenario, port: [
        *(sys.executable, "-m", "wsgid", "-w", "1", "-b", f"{HOST}:{port}"),
        *(*options, scenario.app),
    ]


def gunicorn(*options: str) -> Callable[[Scenario, int], list[str]]:
    return lambda scenario, port: [
        *(sys.executable, "-m", "gunicorn", "-w", "1", "-b", f"{HOST}:{port}", "--no-control-socket"),
        *(*options, scenario.app),
    ]


def granian(scenario: Scenario, port: int) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"]
    return [*command, "--host", HOST, "--port", str(port), scenario.app]


def waitress(scenario: Scenario, port: int) -> list[str]:
    return [sys.executable, "-m", "waitress", f"--listen={HOST}:{port}", "--threads=4", scenario.app]


def bjoern(scenario: Scenario, port: int) -> list[str]:
    """Start it by three lines of Python: it has no command."""
    module, _, variable = scenario.app.partition(":")
    code = f"import bjoern; from {module} import {variable} as app; bjoern.run(app, {HOST!r}, {port})"
    return [sys.executable, "-c", code]
