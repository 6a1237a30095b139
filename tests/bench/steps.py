"""Where a request goes: steps of the interpreter by function, and instructions of the processor.

`python -m tests.bench.steps hello` counts the loop of one sync worker, in this process: its client is another
(asker.py). What the kernel does is not in it, nor what else runs on the machine. So a change is told from
noise by a hundredth, where measured times differ by a tenth.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from tests.bench.contestants import CERTIFICATE, HOST, KEY
from tests.bench.measure import ROOT, BenchError
from tests.bench.page import Figure, Section
from tests.bench.scenarios import SCENARIOS, Scenario
from tests.bench.start import environment
from tests.figures import today
from wsgid.config.settings import Settings
from wsgid.metrics.scoreboard import Scoreboard
from wsgid.net.address import Address
from wsgid.net.listener import open_listener
from wsgid.net.pem import read_pem_files
from wsgid.net.tls import make_context
from wsgid.workers import threads
from wsgid.workers.context import WorkerContext

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

# Everything has been done once, and CPython has made what is often run cheaper.
WARM, COUNTED = 100, 500
# What takes milliseconds.
FEWER = {"large": 50, "chunks": 50, "file": 20}

SHOWN = 24
TOTAL, INSTRUCTIONS = "**all steps**", "**instructions**"

# Those of which a step says something: Flask's are Flask's, and the log's are in hello and a line.
COUNTABLE = tuple(one for one in SCENARIOS if one.name not in {"flask", "log"})


class Counted:
    """The application of a scenario, which knows how many requests there were."""

    def __init__(self, scenario: Scenario, at_start: Callable[[], None], at_end: Callable[[], None]) -> None:
        """`at_start` is called in the last request before those that count, `at_end` in the last of them."""
        module, _, name = scenario.app.partition(":")
        self._app = getattr(importlib.import_module(module), name)
        count = FEWER.get(scenario.name, COUNTED)
        self._acts = {WARM: at_start, WARM + count: at_end}
        self._requests = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Count, and leave the rest to the application."""
        self._requests += 1
        act = self._acts.get(self._requests)
        if act is not None:
            act()
        return self._app(environ, start_response)


def counted(scenario: Scenario) -> int:
    return FEWER.get(scenario.name, COUNTED)


def serve(scenario: Scenario, at_start: Callable[[], None], at_end: Callable[[], None]) -> None:
    """Serve requests in this process, whose client is another."""
    listener = open_listener(Address(socket.AF_INET, HOST, 0), backlog=16)
    board = Scoreboard(rows=1)
    board.row(0).claim(os.getpid(), 1)

    def end() -> None:
        at_end()
        server._done = True

    context = WorkerContext(
        settings=Settings(),
        listeners=(listener,),
        tls=make_context(read_pem_files(CERTIFICATE, KEY, None), None)
        if scenario.scheme == "https"
        else None,
        app=Counted(scenario, at_start, end),
        log=logging.getLogger("wsgid.bench"),
        before_request=None,
        record=None,
        scoreboard=board,
        row=board.row(0),
        handover=None,
        wake=set(),
        on_wake=nothing,
        hear=nothing,
        announce_worn=nothing,
        on_beat=nothing,
    )
    server = threads.ThreadServer(context)
    server._look(monotonic())
    server._listen()
    # Once a second is not for each request: nobody else looks around.
    server._look_lock.acquire()
    port = listener.socket.getsockname()[1]
    argv = [
        sys.executable,
        "-m",
        "tests.bench.asker",
        str(port),
        scenario.name,
        str(WARM + counted(scenario)),
    ]
    with subprocess.Popen(argv, cwd=ROOT, env=environment(), stderr=subprocess.PIPE) as client:
        try:
            server._run(server._seats[0])
            for connection in list(server._acceptor.open.values()):
                connection.wait_until_sent()
        finally:
            for connection in list(server._acceptor.open.values()):
                connection.close()
            listener.socket.close()
            os.close(server._gone)
        _, said = client.communicate()
    if client.returncode:
        raise BenchError(f"the client of {scenario.name} ended: {said.decode()}")


def nothing() -> None:
    pass


def steps(scenario: Scenario) -> dict[str, float]:
    """Count the steps of the interpreter by function, a request."""
    counts: Counter[str] = Counter()
    found: dict[str, int] = {}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if "/wsgid/" not in code.co_filename and "apps.py" not in code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            counts[f"{Path(code.co_filename).stem}.{code.co_name}"] += 1
        return trace

    # CPython 3.12 looks whether somebody wants opcodes only when tracing begins.
    sys._getframe().f_trace_opcodes = True
    # A loop that runs is not traced by what is switched on in it: so it is from the beginning.
    sys.settrace(trace)
    try:
        serve(scenario, counts.clear, lambda: found.update(counts))
    finally:
        sys.settrace(None)
    return {name: count / counted(scenario) for name, count in found.items()}


def instructions(scenario: Scenario) -> float | None:
    """Count the instructions in user space a request, where there is a valgrind to count them."""
    if shutil.which("valgrind") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="wsgid-bench-") as directory:
        out = Path(directory, "out")
        # With the function of C that `dump` calls, which nobody else does, a count ends and another begins.
        argv = ["valgrind", "--tool=callgrind", "--dump-before=getloadavg", f"--callgrind-out-file={out}"]
        argv += ["--instr-atstart=no", sys.executable, "-m", "tests.bench.steps", "--serve", scenario.name]
        subprocess.run(
            argv, cwd=ROOT, env={**environment(), "PYTHONHASHSEED": "1"}, check=True, capture_output=True
        )
        text = out.with_name("out.2").read_text(errors="replace")
        found = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
    return None if found is None else int(found[1]) / counted(scenario)


def start_counting() -> None:
    subprocess.run(["callgrind_control", "-i", "on", str(os.getpid())], check=True, capture_output=True)
    dump()


def dump() -> None:
    os.getloadavg()


def run(commit: str) -> tuple[Section, ...]:
    """Count all, and say it while it is done."""
    print("where a request goes", flush=True)
    by_scenario = {one.name: steps(one) for one in COUNTABLE}
    total = {scenario: sum(found.values()) for scenario, found in by_scenario.items()}
    names = sorted(
        {name for found in by_scenario.values() for name in found},
        key=lambda name: -max(found.get(name, 0) for found in by_scenario.values()),
    )
    figures = [Figure(TOTAL, total)]
    found = {one.name: instructions(one) for one in COUNTABLE}
    if all(found.values()):
        figures.append(
            Figure(INSTRUCTIONS, {name: float(round(value or 0)) for name, value in found.items()})
        )
    for name in names[:SHOWN]:
        values = {scenario: round(found.get(name, 0.0), 1) for scenario, found in by_scenario.items()}
        figures.append(Figure(f"`{name}`", values))
    for figure in figures:
        print(f"{figure.what:<45}", *(f"{value:10.0f}" for value in figure.values.values()), flush=True)
    words = (
        "Steps of the interpreter (bytecodes) a request in each function of a sync worker, and instructions"
        " of the processor in user space (callgrind)."
    )
    section = Section(
        "profile", "Where a request goes", words, today(), commit, tuple(figures), of="Function"
    )
    return (section,)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.steps", description=__doc__)
    parser.add_argument("scenario", choices=[one.name for one in COUNTABLE])
    parser.add_argument("--serve", action="store_true", help="only run what is to be counted from outside")
    options = parser.parse_args()
    scenario = next(one for one in COUNTABLE if one.name == options.scenario)
    if options.serve:
        serve(scenario, start_counting, dump)
        # What Python does at its end is no request's.
        os._exit(0)
    found = steps(scenario)
    for name, count in sorted(found.items(), key=lambda item: -item[1])[:40]:
        print(f"{name:<45}{count:10.1f}")
    print(f"{'all':<45}{sum(found.values()):10.1f}")
    if (instructions_found := instructions(scenario)) is not None:
        print(f"{INSTRUCTIONS:<45}{instructions_found:10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
