"""Where the time of a request goes: in the kernel by system call, outside of it by what is run.

perf(1) looks at a server some thousand times a second while it is loaded (samples of the CPU's clock, which
virtual machines have too). Its shares are applied to the cost that was measured without it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import cost, wrk
from tests.bench.contestants import HOST, contestants
from tests.bench.measure import BenchError, Plan, serving
from tests.bench.page import Figure, Section
from tests.bench.scenarios import SCENARIOS, Scenario
from tests.figures import today

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.bench.contestants import Contestant

# The least of requests, and those in which a peer in Rust is ahead.
PROFILED = ("hello", "browser", "close", "post", "tls")
SERVERS = ("wsgid", "granian")

SECONDS = 2
SAMPLES_A_SECOND = 4999

# Less of a microsecond than this is told together with others.
SMALL_US = 0.05

# What stands below the function of a system call, and what that is called beside the call's name.
ENTRY = frozenset({"do_syscall_64", "el0_svc", "invoke_syscall", "x64_sys_call"})
PREFIX = re.compile(r"^(?:__x64_sys_|__arm64_sys_|__se_sys_|__do_sys_|__sys_|ksys_|do_)")
# Below a call that sends, if only an end: there the client is told, and woken if it has done all that it
# could and sleeps. A server that is faster than its client hardly pays for that.
SENDS = frozenset({"sendto", "sendmsg", "writev", "sendfile64", "sendfile", "shutdown", "close"})
TOLD = "sock_def_readable"
WAKING = "kernel: telling the client, and waking it"
# It is there before and after each, and belongs to none.
NO_CALL = re.compile(r"exit_to_user|syscall")

# In a path of the file whose code ran, the first that fits.
PARTS = (
    (r"/wsgid/|__mypyc", "wsgid, compiled"),
    (r"/httptools/", "httptools and llhttp"),
    (r"/libssl|/libcrypto|/_ssl\.", "OpenSSL, and Python's way to it"),
    (r"granian", "granian"),
    (r"/libc\.|/libm\.|/ld-linux|/libpthread", "C library: memory, copies"),
    (r"/python3?[\d.]*$|/libpython|/lib-dynload/|/_socket\.", "CPython: calls, objects, memory"),
)
LOOP = "CPython: the loop that runs bytecode"
OTHER_USER, OTHER_KERNEL = "other files", "kernel: all else"
TITLE = "Where the time goes"
KERNEL, USER = "**in the kernel**", "**outside of it**"


def run(commit: str, plan: Plan) -> tuple[Section, ...]:
    """Profile the server, and the peer that is ahead of it."""
    print("where the time goes", flush=True)
    if shutil.which("perf") is None:
        print("perf is not installed: apt install linux-perf (linux-tools-common); this section is left out")
        return ()
    scenarios = [one for one in SCENARIOS if one.name in PROFILED]
    by_name = {one.name: one for one in contestants(Path())}
    sections = []
    for name in SERVERS:
        contestant = by_name[name]
        if (reason := contestant.reason_to_stay_away()) is not None:
            print(f"{name} is left out: {reason}")
            continue
        found = {one.name: profile(one, contestant, plan) for one in scenarios}
        figures = tuple(table(found))
        for figure in figures:
            print(f"{figure.what:<45}", *(f"{value:8.2f}" for value in figure.values.values()), flush=True)
        sections.append(
            Section(
                f"time-{name}",
                f"{TITLE}: {contestant.title}",
                "Microseconds a request, by perf(1): in the kernel by the system call that it was in, outside"
                " of it by whose code ran."
                " What a send costs contains the way through the loopback to the client's socket."
                " The client is woken where it sleeps, as it does if it is faster than the server.",
                today(),
                commit,
                figures,
                of="Part",
            )
        )
    return tuple(sections)


def profile(scenario: Scenario, contestant: Contestant, plan: Plan) -> dict[str, float]:
    """Return the microseconds a request by part."""
    with serving(scenario, contestant, plan.server_cpu) as (pid, port), tempfile.TemporaryDirectory() as kept:
        url = f"{scenario.scheme}://{HOST}:{port}{scenario.path}"
        wrk.load(scenario, url, cpu=plan.client_cpu, seconds=1)
        before = cost.spent(pid)
        report = wrk.load(scenario, url, cpu=plan.client_cpu, seconds=SECONDS)
        cost_us = cost.difference(before, cost.spent(pid)) / max(report.requests, 1) * 1e6
        recorded = Path(kept, "perf.data")
        pids = ",".join(map(str, cost.tree(pid)))
        argv = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_A_SECOND), "-g"]
        argv += ["-o", str(recorded), "-p", pids]
        with looking_on(argv) as perf:
            wrk.load(scenario, url, cpu=plan.client_cpu, seconds=SECONDS)
            perf.terminate()
            _, said = perf.communicate()
        if not recorded.exists():
            raise BenchError(f"perf has recorded nothing: {said.decode('utf-8', 'replace').strip()}")
        argv = ["perf", "script", "-i", str(recorded), "-F", "ip,sym,dso"]
        # Without a look into the files of others' debug symbols.
        text = subprocess.run(
            argv, check=True, capture_output=True, text=True, env={**os.environ, "DEBUGINFOD_URLS": ""}
        ).stdout
    samples = Counter(part(stack) for stack in stacks(text.splitlines()))
    if not samples:
        raise BenchError("perf has seen nothing of the server")
    return {what: count / samples.total() * cost_us for what, count in samples.items()}


@contextlib.contextmanager
def looking_on(argv: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `perf record`, and go on when it has begun: it may need longer for that than the load takes."""
    orders, order = os.pipe()
    answer, answers = os.pipe()
    try:
        with subprocess.Popen(
            [*argv, "--delay=-1", f"--control=fd:{orders},{answers}"],
            pass_fds=(orders, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as perf:
            # Its end is then the end of the answers, too.
            os.close(answers)
            os.write(order, b"enable\n")
            os.read(answer, len("ack\n"))
            yield perf
    finally:
        for fd in (orders, order, answer):
            os.close(fd)


def stacks(lines: Iterable[str]) -> Iterator[list[tuple[str, str]]]:
    """Cut what `perf script` says into samples: (symbol, file) of each frame, the innermost first."""
    stack: list[tuple[str, str]] = []
    for line in lines:
        found = re.match(r"^\s+[0-9a-f]+ (.*) \((.*)\)$", line)
        if found is not None:
            stack.append((found[1], found[2]))
        elif stack:
            yield stack
            stack = []
    if stack:
        yield stack


def part(stack: list[tuple[str, str]]) -> str:
    """Name the part of a request in which a sample was taken."""
    symbol, file = stack[0]
    if file.startswith("["):
        inside = [symbol for symbol, file in stack if file.startswith("[")]
        entry = next((at for at, symbol in enumerate(inside) if symbol in ENTRY), 0)
        call = PREFIX.sub("", inside[entry - 1]) if entry else ""
        if call in SENDS and TOLD in inside:
            return WAKING
        return OTHER_KERNEL if not call or NO_CALL.search(call) else f"kernel: `{call}`"
    if symbol.startswith("_PyEval_EvalFrameDefault"):
        return LOOP
    return next((name for pattern, name in PARTS if re.search(pattern, file)), OTHER_USER)


def table(found: dict[str, dict[str, float]]) -> Iterator[Figure]:
    """Make a row of each part, after the sums; what is small everywhere is told together."""
    names = {name for parts in found.values() for name in parts}

    def most(name: str) -> float:
        return max(parts.get(name, 0.0) for parts in found.values())

    def is_kernel(name: str) -> bool:
        return name.startswith("kernel: ")

    for total, is_in_kernel in ((KERNEL, True), (USER, False)):
        rest = OTHER_KERNEL if is_in_kernel else OTHER_USER
        inside = [name for name in names if is_kernel(name) == is_in_kernel]
        yield Figure(total, {s: sum(parts.get(name, 0.0) for name in inside) for s, parts in found.items()})
        large = sorted((n for n in inside if most(n) >= SMALL_US and n != rest), key=most, reverse=True)
        small = [name for name in inside if name not in large]
        for name in large:
            yield Figure(name, {s: parts.get(name, 0.0) for s, parts in found.items()})
        if small:
            yield Figure(rest, {s: sum(parts.get(name, 0.0) for name in small) for s, parts in found.items()})
