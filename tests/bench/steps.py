"""Where a request goes: steps of the interpreter by function, and instructions of the processor.

`python -m tests.bench.steps hello` counts the loop of one sync worker, in this process, with its client:
what the kernel does is not in it, nor what else runs on the machine. So a change is told from noise by a
hundredth, where measured times differ by a tenth.
"""

from __future__ import annotations

import argparse
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

from tests.bench import apps
from tests.bench.measure import ROOT
from tests.bench.page import Figure, Section
from tests.bench.start import environment
from tests.figures import today
from wsgid.config.settings import Settings
from wsgid.metrics.scoreboard import Scoreboard
from wsgid.net.address import Address
from wsgid.net.listener import Listener, open_listener
from wsgid.workers import threads
from wsgid.workers.context import WorkerContext

if TYPE_CHECKING:
    from types import FrameType

SCENARIOS = ("hello", "browser", "close")

# Everything has been done once, and CPython has made what is often run cheaper.
WARM, COUNTED = 100, 500

SHOWN = 24
TOTAL, INSTRUCTIONS = "**all steps**", "**instructions** (with the client)"


def browser_fields() -> str:
    """Read them where wrk does."""
    script = Path(__file__).with_name("wrk") / "browser.lua"
    pairs = re.findall(r'^wrk\.headers\["(.+?)"\] = "(.*)"$', script.read_text(), re.MULTILINE)
    return "".join(f"{name}: {value}\r\n" for name, value in pairs)


def request(scenario: str) -> bytes:
    more = {"browser": browser_fields(), "close": "Connection: close\r\n"}.get(scenario, "")
    return f"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n{more}\r\n".encode()


class Client:
    """The epoll of a worker that also is its client: it asks before each poll."""

    def __init__(self, epoll: Any, listener: Listener, scenario: str, count: int) -> None:
        self.register, self.modify, self.unregister = epoll.register, epoll.modify, epoll.unregister
        self._poll, self._close = epoll.poll, epoll.close
        self._name = listener.socket.getsockname()
        self._octets = request(scenario)
        self._closes = scenario == "close"
        self._left = count
        self._socket: socket.socket | None = None
        self.server: threads.ThreadServer | None = None
        self.at_start: tuple[int, Any] = (0, None)

    def close(self) -> None:
        """Leave, and close the epoll that this stands for."""
        if self._socket is not None:
            self._socket.close()
        self._close()

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        """Hear the last answer, and ask again."""
        client = self._socket
        if client is not None:
            client.recv(65536)
            if self._closes:
                client.close()
                self._socket = client = None
        self._left -= 1
        left, start = self.at_start
        if self._left == left and start is not None:
            start()
        if self._left < 0 and self.server is not None:
            self.server._done = True
            return []
        if client is None:
            client = self._socket = socket.create_connection(self._name)
        client.sendall(self._octets)
        found: list[tuple[int, int]] = self._poll(timeout, most)
        return found


def serve(scenario: str, at_start: Any) -> None:
    """Serve requests in this process; `at_start` is called before those that count."""
    listener = open_listener(Address(socket.AF_INET, "127.0.0.1", 0), backlog=16)
    board = Scoreboard(rows=1)
    board.row(0).claim(os.getpid(), 1)
    context = WorkerContext(
        settings=Settings(),
        listeners=(listener,),
        tls=None,
        app=apps.hello,
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
    client = Client(server._poller.epoll, listener, scenario, WARM + COUNTED)
    client.server, client.at_start = server, (COUNTED - 1, at_start)
    server._poller.epoll = client  # type: ignore[assignment]  # as much of one as is used
    server._look(monotonic())
    server._listen()
    # Once a second is not for each request: nobody else looks around.
    server._look_lock.acquire()
    server._run(server._seats[0])
    for connection in list(server._acceptor.open.values()):
        connection.close()
    client.close()
    listener.socket.close()
    os.close(server._gone)


def nothing() -> None:
    pass


def steps(scenario: str) -> dict[str, float]:
    """Count the steps of the interpreter by function, a request."""
    counts: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if "/wsgid/" not in code.co_filename and "apps.py" not in code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            counts[f"{Path(code.co_filename).stem}.{code.co_name}"] += 1
        return trace

    def start() -> None:
        counts.clear()

    # A loop that runs is not traced by what is switched on in it: so it is from the beginning.
    sys.settrace(trace)
    serve(scenario, start)
    sys.settrace(None)
    return {name: count / COUNTED for name, count in counts.items()}


def instructions(scenario: str) -> float | None:
    """Count the instructions in user space a request, where there is a valgrind to count them."""
    if shutil.which("valgrind") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="wsgid-bench-") as directory:
        out = Path(directory, "out")
        # In the function of C that `start_counting` calls, which nobody else does, counting begins anew.
        argv = ["valgrind", "--tool=callgrind", "--zero-before=getloadavg", f"--callgrind-out-file={out}"]
        argv += ["--instr-atstart=no", sys.executable, "-m", "tests.bench.steps", "--serve", scenario]
        subprocess.run(
            argv, cwd=ROOT, env={**environment(), "PYTHONHASHSEED": "1"}, check=True, capture_output=True
        )
        found = re.search(r"^(?:summary|totals): (\d+)", out.read_text(errors="replace"), re.MULTILINE)
    return None if found is None else int(found[1]) / COUNTED


def start_counting() -> None:
    subprocess.run(["callgrind_control", "-i", "on", str(os.getpid())], check=True, capture_output=True)
    os.getloadavg()


def run(commit: str) -> tuple[Section, ...]:
    """Count all, and say it while it is done."""
    print("where a request goes", flush=True)
    by_scenario = {scenario: steps(scenario) for scenario in SCENARIOS}
    total = {scenario: sum(found.values()) for scenario, found in by_scenario.items()}
    names = sorted(
        {name for found in by_scenario.values() for name in found},
        key=lambda name: -max(found.get(name, 0) for found in by_scenario.values()),
    )
    figures = [Figure(TOTAL, total)]
    counted = {scenario: instructions(scenario) for scenario in SCENARIOS}
    if all(counted.values()):
        figures.append(
            Figure(INSTRUCTIONS, {name: float(round(value or 0)) for name, value in counted.items()})
        )
    for name in names[:SHOWN]:
        values = {scenario: round(found.get(name, 0.0), 1) for scenario, found in by_scenario.items()}
        figures.append(Figure(f"`{name}`", values))
    for figure in figures:
        print(f"{figure.what:<45}", *(f"{value:10.0f}" for value in figure.values.values()), flush=True)
    words = (
        "Steps of the interpreter (bytecodes) a request in each function of a sync worker, and instructions"
        " of the processor in user space (callgrind), in which the client's are counted as well."
    )
    return (Section("profile", "Where a request goes", words, today(), commit, tuple(figures)),)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.steps", description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--serve", action="store_true", help="only run what is to be counted from outside")
    options = parser.parse_args()
    if options.serve:
        serve(options.scenario, start_counting)
        # What Python does at its end is no request's.
        os._exit(0)
    found = steps(options.scenario)
    for name, count in sorted(found.items(), key=lambda item: -item[1])[:40]:
        print(f"{name:<45}{count:10.1f}")
    print(f"{'all':<45}{sum(found.values()):10.1f}")
    if (counted := instructions(options.scenario)) is not None:
        print(f"{INSTRUCTIONS:<45}{counted:10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
