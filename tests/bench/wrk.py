"""wrk: its command, and what its report says."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.scenarios import Scenario

SCRIPTS = Path(__file__).with_name("wrk")


@dataclass(frozen=True, slots=True)
class Report:
    requests: int
    rate: float
    """Requests a second."""
    refused: int
    """Answers other than 2xx and 3xx."""
    errors: int
    """Connections that failed, and reads, writes and answers that did."""


def load(
    scenario: Scenario, url: str, *, seconds: int, cpu: int | None = None, connections: int = 0
) -> Report:
    """Put the scenario's requests to `url` from one thread, on `cpu` if there is one for it."""
    argv = [] if cpu is None else ["taskset", "-c", str(cpu)]
    argv += ["wrk", "-t1", f"-c{connections or scenario.connections}", f"-d{seconds}s"]
    if scenario.script is not None:
        argv += ["-s", str(SCRIPTS / scenario.script)]
    done = subprocess.run([*argv, url], check=True, capture_output=True, text=True, timeout=seconds + 30)
    return parse(done.stdout)


def parse(text: str) -> Report:
    requests = re.search(r"^\s*(\d+) requests in ", text, re.MULTILINE)
    rate = re.search(r"^Requests/sec:\s*([\d.]+)$", text, re.MULTILINE)
    if requests is None or rate is None:
        raise ValueError(f"not a report of wrk: {text!r}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Report(
        requests=int(requests[1]),
        rate=float(rate[1]),
        refused=int(refused[1]) if refused else 0,
        errors=sum(map(int, errors.groups())) if errors else 0,
    )
