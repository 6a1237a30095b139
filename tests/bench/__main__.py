"""make bench: measures, prints, and writes the page, each section of it when all contestants took part."""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import growth, latency, memory, page, profile, start, steps
from tests.bench.contestants import contestants
from tests.bench.measure import ROOT, BenchError, Plan, Result, run
from tests.bench.scenarios import SCENARIOS, Scenario
from tests.figures import commit_now, is_optimized, origin_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.contestants import Contestant

PAGE = page.PAGE
NEEDED_CPUS = 2

# Each has its own run, in this order.
SECTIONS = ("requests", "profile", "latency", "growth", "start", "memory")


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < NEEDED_CPUS:
        print("the bench needs two CPUs: one for the server, one for the client", file=sys.stderr)
        return 1
    if not is_optimized():
        print("this Python was built without optimizations, and is half as fast as those of distributions:")
        print("make bench PYTHON=/usr/bin/python3 VENV=.venv-bench")
    plan = Plan(
        rounds=options.rounds, seconds=options.seconds, server_cpu=cpus[0], client_cpu=other_core(cpus)
    )
    with tempfile.TemporaryDirectory(prefix="wsgid-bench-") as directory:
        everybody = contestants(compile_floor(Path(directory)))
        chosen = [one for one in everybody if not options.contestants or one.name in options.contestants]
        absent = {one.name: reason for one in chosen if (reason := one.reason_to_stay_away())}
        for name, reason in absent.items():
            print(f"{name} is left out: {reason}", flush=True)
        present = [one for one in chosen if one.name not in absent]
        # The page compares: a part of the scenarios makes a shorter page, a part of the contestants none.
        is_whole = len(chosen) == len(everybody)
        for name in options.sections:
            try:
                found = measure_section(name, options.scenarios, present, absent, plan, Path(directory))
            except BenchError as error:
                print(error, file=sys.stderr)
                return 1
            if is_whole:
                # After each, so that what was measured is not lost with what was not.
                page.write(found)
    if is_whole:
        print(f"\nwritten: {PAGE.relative_to(ROOT)}")
    return 0


def measure_section(
    name: str,
    scenarios: Sequence[Scenario],
    present: Sequence[Contestant],
    absent: dict[str, str],
    plan: Plan,
    directory: Path,
) -> page.Run:
    """Measure one section of the page; give the page with it, and the rest as it was."""
    known = page.read()
    match name:
        case "requests":
            tables = tuple(measure_all(scenarios, present, plan))
            for table in tables:
                print("", table.scenario, *page.table_lines(table), "", *page.target_lines(table), sep="\n")
            run = describe(plan, tables, absent)
            return dataclasses.replace(run, sections=known.sections, start=known.start, memory=known.memory)
        case "latency":
            program = latency.compile_rate(directory, Path(__file__).with_name("rate.c"))
            return known.with_sections(latency.run(commit_now(), present, plan, program))
        case "profile":
            return known.with_sections((*profile.run(commit_now(), plan), *steps.run(commit_now())))
        case "growth":
            return known.with_sections(growth.run(commit_now(), plan))
        case "start":
            return dataclasses.replace(known, start=start.run(commit_now()))
        case _:
            return dataclasses.replace(known, memory=memory.run(commit_now()))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scenarios", nargs="*", choices=[one.name for one in SCENARIOS])
    parser.add_argument("--sections", nargs="*", choices=SECTIONS, help="of the page; all of them")
    parser.add_argument("--contestants", nargs="*", choices=[one.name for one in contestants(Path())])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of one measurement")
    options = parser.parse_args(argv)
    options.scenarios = [one for one in SCENARIOS if not options.scenarios or one.name in options.scenarios]
    options.sections = [one for one in SECTIONS if not options.sections or one in options.sections]
    return options


def measure_all(scenarios: Sequence[Scenario], present: Sequence[Contestant], plan: Plan) -> list[page.Table]:
    tables = []
    for scenario in scenarios:
        able = [one for one in present if one.can(scenario)]
        results = run(scenario, able, plan, lambda line: print(line, flush=True))
        rows = [row(one, results[one.name]) for one in able if results[one.name].costs_us]
        tables.append(page.Table(scenario.name, scenario.words, tuple(rows), scenario.targets))
    return tables


def row(contestant: Contestant, result: Result) -> page.Row:
    return page.Row(
        contestant=contestant.name,
        title=contestant.title,
        version=contestant.version(),
        cost_us=round(result.cost_us(), 3),
        lowest_us=round(min(result.costs_us), 3),
        highest_us=round(max(result.costs_us), 3),
        rate=round(result.rate(), 1),
        errors=result.errors,
        disturbance=round(result.disturbance, 3),
    )


def describe(plan: Plan, tables: tuple[page.Table, ...], absent: dict[str, str]) -> page.Run:
    return page.Run(
        origin=origin_now(),
        cpu=cpu_model(),
        wrk=" ".join(words("wrk", "-v").split()[:2]),
        compiler=words(os.environ.get("CC", "cc"), "--version").splitlines()[0],
        rounds=plan.rounds,
        seconds=plan.seconds,
        tables=tables,
        absent=absent,
    )


def compile_floor(directory: Path) -> Path:
    program = directory / "floor"
    source = Path(__file__).with_name("floor.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", str(program), str(source)], check=True)
    return program


def other_core(cpus: Sequence[int]) -> int:
    """Find a CPU for the client that shares no core with the server's, if there is one."""
    first = cpus[0]
    siblings = Path(f"/sys/devices/system/cpu/cpu{first}/topology/thread_siblings_list")
    shared = siblings.read_text().strip() if siblings.exists() else ""
    apart = [cpu for cpu in cpus[1:] if cpu not in in_list(shared)]
    return (apart or cpus[1:])[0]


def in_list(text: str) -> set[int]:
    """Read the kernel's way to list CPUs: 0,4-6."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return found


def cpu_model() -> str:
    """Name the CPU as /proc/cpuinfo does; arm64 has no name there."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def words(*argv: str) -> str:
    """What a command says of itself; wrk says it with an exit status of 1."""
    done = subprocess.run(argv, cwd=ROOT, check=False, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip()


sys.exit(main())
