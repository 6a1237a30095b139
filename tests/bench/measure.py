"""One interleaved run: in each round each contestant is started, warmed, measured and stopped, in turn.

So what changes on the machine meanwhile meets all of them alike; and since each round has processes of its
own, the layout of memory and the seed of hashes are drawn anew, and the median is of something.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import cost, wrk
from tests.bench.contestants import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.contestants import Contestant
    from tests.bench.scenarios import Scenario

ROOT = Path(__file__).resolve().parents[2]
BOOT_DEADLINE_S = 15.0
STOP_DEADLINE_S = 5.0
WARMUP_S = 1

# What else may run meanwhile, in CPUs. Above it the caches are not the server's,
# and it is measured again, up to so many times.
DISTURBANCE = 0.1
ATTEMPTS = 3


class BenchError(RuntimeError):
    """A contestant that does not start, or does not answer as the scenario says."""


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    seconds: int
    """Of one measurement."""
    server_cpu: int
    client_cpu: int


@dataclass(slots=True)
class Result:
    """What one contestant's rounds of one scenario gave. Written by `run` alone."""

    costs_us: list[float] = field(default_factory=list)
    """CPU time a request."""
    rates: list[float] = field(default_factory=list)
    """Requests a second."""
    errors: int = 0
    disturbance: float = 0.0
    """What else ran in the worst round, in CPUs."""

    def cost_us(self) -> float:
        return statistics.median(self.costs_us)

    def rate(self) -> float:
        return statistics.median(self.rates)


def run(
    scenario: Scenario, field_: Sequence[Contestant], plan: Plan, tell: Callable[[str], None]
) -> dict[str, Result]:
    """Contestant's name -> its result; `tell` is told each figure as it comes."""
    results = {contestant.name: Result() for contestant in field_}
    for number in range(1, plan.rounds + 1):
        for contestant in field_:
            if not contestant.is_near and number > 1:
                continue
            result = results[contestant.name]
            try:
                found = measure(scenario, contestant, plan)
            except (BenchError, cost.ThreadEndedError, subprocess.SubprocessError) as error:
                if contestant.name.startswith("wsgid"):
                    raise
                # A run of twenty minutes is not lost for a peer.
                tell(f"{scenario.name} {number}/{plan.rounds}  {contestant.title} is left out: {error}")
                continue
            result.costs_us.append(found.cost_us)
            result.rates.append(found.report.rate)
            result.errors += found.report.errors
            result.disturbance = max(result.disturbance, found.disturbance)
            tell(
                f"{scenario.name} {number}/{plan.rounds}  {contestant.title:<30}{found.cost_us:8.2f} us"
                f"{found.report.rate:10.0f} requests/s  beside it {found.disturbance:.0%} of a CPU"
            )
    return results


@dataclass(frozen=True, slots=True)
class Measurement:
    cost_us: float
    report: wrk.Report
    disturbance: float
    """What else ran meanwhile, in CPUs."""


def measure(scenario: Scenario, contestant: Contestant, plan: Plan) -> Measurement:
    """Measure one contestant; again while something else runs, to take what was disturbed least."""
    with serving(scenario, contestant, plan.server_cpu) as (pid, port):
        url = f"{scenario.scheme}://{HOST}:{port}{scenario.path}"
        wrk.load(scenario, url, cpu=plan.client_cpu, seconds=WARMUP_S)
        best = measure_once(scenario, pid, url, plan)
        for _ in range(ATTEMPTS - 1):
            if best.disturbance <= DISTURBANCE:
                break
            best = min(best, measure_once(scenario, pid, url, plan), key=lambda found: found.disturbance)
    if best.report.refused or not best.report.requests:
        counts = f"{best.report.refused} of {best.report.requests}"
        raise BenchError(f"{contestant.name} answered {counts} requests with an error")
    return best


def measure_once(scenario: Scenario, pid: int, url: str, plan: Plan) -> Measurement:
    began, machine, children = time.monotonic(), cost.machine(), cost.children()
    before = cost.spent(pid)
    report = wrk.load(scenario, url, cpu=plan.client_cpu, seconds=plan.seconds)
    seconds = cost.difference(before, cost.spent(pid))
    others = cost.machine() - machine - seconds - (cost.children() - children)
    return Measurement(
        cost_us=seconds / max(report.requests, 1) * 1e6,
        report=report,
        disturbance=max(0.0, others / (time.monotonic() - began)),
    )


@contextlib.contextmanager
def serving(scenario: Scenario, contestant: Contestant, cpu: int) -> Iterator[tuple[int, int]]:
    """Start the contestant pinned to `cpu`; yield its pid and port once it answers as it should."""
    port = free_port()
    argv = ["taskset", "-c", str(cpu), *contestant.argv(scenario, port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as log:
        # A group of its own: what a contestant leaves behind is ended with it.
        process = subprocess.Popen(
            argv, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for_answer(scenario, contestant, process, port)
            yield process.pid, port
        except BenchError as error:
            log.seek(0)
            raise BenchError(f"{error}: {log.read().decode('utf-8', 'replace').strip()}") from None
        finally:
            stop(process)


def wait_for_answer(
    scenario: Scenario, contestant: Contestant, process: subprocess.Popen[bytes], port: int
) -> None:
    """Return when a request is answered with as many octets as the scenario says.

    The port is asked again and again: not every contestant can tell when it is ready.
    """
    deadline = time.monotonic() + BOOT_DEADLINE_S
    while True:
        connection = connect(scenario, port)
        with contextlib.closing(connection):
            try:
                body = b"x" * scenario.request_body or None
                connection.request("GET" if body is None else "POST", scenario.path, body)
                answer = connection.getresponse()
                length = len(answer.read())
            except ConnectionError:
                if process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                raise BenchError(f"{contestant.name} does not start") from None
        if (answer.status, length) != (200, scenario.answer):
            raise BenchError(
                f"{contestant.name} answers {answer.status} with {length} octets to {scenario.name}"
            )
        return


def connect(scenario: Scenario, port: int) -> http.client.HTTPConnection:
    if scenario.scheme == "http":
        return http.client.HTTPConnection(HOST, port, timeout=BOOT_DEADLINE_S)
    context = ssl._create_unverified_context()
    return http.client.HTTPSConnection(HOST, port, timeout=BOOT_DEADLINE_S, context=context)


def stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port that nobody has now: the contestants cannot tell which one they were given for 0."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port
