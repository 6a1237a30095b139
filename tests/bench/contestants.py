"""Who is measured: how each server is started with one worker, and why it may have to stay away.

Each has one worker and no access log, and is otherwise as shipped; a scenario may want TLS, or the log.
"""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.scenarios import Scenario

HOST = "127.0.0.1"

PYTHON = (sys.executable, "-m", "wsgid")

# A copy of the sources with the compiled modules of this Python beside them.
COMPILED = Path(__file__).parents[2] / "build" / "compiled"
LIBRARY = COMPILED / "wsgid" / f"hot__mypyc{sysconfig.get_config_var('EXT_SUFFIX')}"

CERTIFICATES = Path(__file__).parents[1] / "integration" / "tls"
CERTIFICATE, KEY = str(CERTIFICATES / "one.pem"), str(CERTIFICATES / "one.key")


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
    knows: frozenset[str] = frozenset({"chunks"})
    """What a scenario may need and not every server has: "chunks", "tls", "log"."""
    is_near: bool = True
    """Whether it is measured in each round; who costs several times as much needs no median."""
    file: Path | None = None
    """What must have been made for it to take part."""

    def reason_to_stay_away(self) -> str | None:
        if self.file is not None and not self.file.exists():
            return f"there is no {self.file}: make compiled"
        if self.module is None or importlib.util.find_spec(self.module) is not None:
            return None
        return f"{self.module} is not installed (it may not have been possible to build it here)"

    def version(self) -> str:
        return "" if self.distribution is None else version(self.distribution)

    def can(self, scenario: Scenario) -> bool:
        """Whether it is able to answer in a scenario."""
        return scenario.needs <= self.knows and (self.name != "floor" or scenario.has_floor)


ALL = frozenset({"chunks", "tls", "log"})


def contestants(floor: Path) -> tuple[Contestant, ...]:
    """All of them, in the order of the page; `floor` is the compiled program."""

    def peer(
        name: str,
        title: str,
        argv: Callable[[Scenario, int], list[str]],
        knows: frozenset[str] = frozenset({"chunks"}),
        *,
        is_near: bool = False,
    ) -> Contestant:
        distribution = {"uwsgi": "pyuwsgi"}.get(name, name.partition("-")[0])
        return Contestant(name, title, distribution, distribution, argv, knows, is_near)

    return (
        Contestant("floor", "floor (C, a constant)", None, None, lambda s, port: floor_argv(floor, s, port)),
        Contestant("wsgid", "wsgid, sync", "wsgid-server", "wsgid", wsgid("-k", "sync"), ALL),
        Contestant(
            "wsgid-compiled",
            "wsgid, sync, compiled",
            "wsgid-server",
            "wsgid",
            compiled("-k", "sync"),
            ALL,
            file=LIBRARY,
        ),
        Contestant(
            "wsgid-threads", "wsgid, 4 threads", "wsgid-server", "wsgid", wsgid("--threads", "4"), ALL
        ),
        Contestant("wsgid-gevent", "wsgid, gevent", "wsgid-server", "gevent", wsgid("-k", "gevent"), ALL),
        peer("bjoern", "bjoern", bjoern, is_near=True),
        peer("fastwsgi", "fastwsgi", fastwsgi, is_near=True),
        peer("granian", "granian", granian, ALL, is_near=True),
        peer("uwsgi", "uwsgi", uwsgi, frozenset({"log"})),
        peer("waitress", "waitress, 4 threads", waitress),
        peer("cheroot", "cheroot, 4 threads", cheroot),
        peer(
            "gunicorn-gthread",
            "gunicorn, gthread, 4 threads",
            gunicorn("-k", "gthread", "--threads", "4"),
            ALL,
        ),
        # It closes each connection after its answer: a part of its figure is the price of a new one.
        peer("gunicorn", "gunicorn, sync", gunicorn("-k", "sync"), ALL),
        peer("gunicorn-gevent", "gunicorn, gevent", gunicorn("-k", "gevent"), ALL),
    )


def floor_argv(floor: Path, scenario: Scenario, port: int) -> list[str]:
    return [str(floor), str(port), str(scenario.request_body), str(scenario.answer)]


def extra(scenario: Scenario, *, tls: tuple[str, ...] = (), log: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the options of a server that a scenario needs."""
    return (*(tls if "tls" in scenario.needs else ()), *(log if "log" in scenario.needs else ()))


# Standard output is a file when they are measured.
UNICORN_TLS = ("--certfile", CERTIFICATE, "--keyfile", KEY)
UNICORN_LOG = ("--access-logfile", "-")


def wsgid(*options: str) -> Callable[[Scenario, int], list[str]]:
    return lambda scenario, port: [
        *(*PYTHON, "-w", "1", "-b", f"{HOST}:{port}"),
        *(*options, *extra(scenario, tls=UNICORN_TLS, log=UNICORN_LOG), scenario.app),
    ]


def compiled(*options: str) -> Callable[[Scenario, int], list[str]]:
    """Start what `make compiled` has made: by the script, for `-m` would find the clone's before it."""
    script = Path(sys.executable).with_name("wsgid")
    prefix = ["env", f"PYTHONPATH={COMPILED}", str(script)]
    return lambda scenario, port: [*prefix, *wsgid(*options)(scenario, port)[len(PYTHON) :]]


def gunicorn(*options: str) -> Callable[[Scenario, int], list[str]]:
    return lambda scenario, port: [
        *(sys.executable, "-m", "gunicorn", "-w", "1", "-b", f"{HOST}:{port}", "--no-control-socket"),
        *(*options, *extra(scenario, tls=UNICORN_TLS, log=UNICORN_LOG), scenario.app),
    ]


def granian(scenario: Scenario, port: int) -> list[str]:
    tls = ("--ssl-certificate", CERTIFICATE, "--ssl-keyfile", KEY)
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
        *(
            "--host",
            HOST,
            "--port",
            str(port),
            *extra(scenario, tls=tls, log=("--access-log",)),
            scenario.app,
        ),
    ]


def waitress(scenario: Scenario, port: int) -> list[str]:
    return [sys.executable, "-m", "waitress", f"--listen={HOST}:{port}", "--threads=4", scenario.app]


def cheroot(scenario: Scenario, port: int) -> list[str]:
    return [sys.executable, "-m", "cheroot", "--bind", f"{HOST}:{port}", "--threads", "4", scenario.app]


def uwsgi(scenario: Scenario, port: int) -> list[str]:
    """Have its worker speak HTTP itself, and keep connections: its router would be one process more."""
    quiet = () if "log" in scenario.needs else ("--disable-logging",)
    return [
        *(str(Path(sys.executable).with_name("uwsgi")), "--http11-socket", f"{HOST}:{port}", *quiet),
        *("--processes", "1", "--die-on-term", "--virtualenv", sys.prefix, "--wsgi", scenario.app),
    ]


def bjoern(scenario: Scenario, port: int) -> list[str]:
    """Start it by three lines of Python: it has no command."""
    return run_by("import bjoern; bjoern.run(app, HOST, PORT)", scenario, port)


def fastwsgi(scenario: Scenario, port: int) -> list[str]:
    return run_by("import fastwsgi; fastwsgi.run(wsgi_app=app, host=HOST, port=PORT)", scenario, port)


def run_by(statements: str, scenario: Scenario, port: int) -> list[str]:
    module, _, variable = scenario.app.partition(":")
    names = f"from {module} import {variable} as app; HOST, PORT = {HOST!r}, {port}; "
    return [sys.executable, "-c", names + statements]
