"""The page comes from the figures, and the figures from wrk's report and the scheduler's account."""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.bench import cost, page, profile, steps, wrk
from tests.bench.contestants import contestants
from tests.bench.measure import free_port
from tests.bench.scenarios import SCENARIOS, Scenario, Target
from tests.figures import is_filled, read, write
from wsgid import is_compiled


def test_page_is_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    assert is_filled(page.PAGE, page.blocks(page.read()))


def test_page_judges_by_the_targets_that_we_have() -> None:
    """Whoever makes a target easier cannot leave the verdict as it was, nor the other way round."""
    run = page.read()
    targets = {one.name: one.targets for one in SCENARIOS}

    assert "hello" in {one.scenario for one in run.tables}
    assert all(targets[one.scenario] == one.targets for one in run.tables)


def test_part_that_was_measured_again_takes_the_place_of_the_old_one() -> None:
    run = page.read()
    first, second, other = (
        page.Section(name, name.upper(), "", date, "c", (page.Figure("a", {"us": 12345.6, "ms": 1.25}),))
        for name, date in (("one", "2026-01-01"), ("one", "2026-01-02"), ("two", "2026-01-01"))
    )

    assert (second, other) == dataclasses.replace(run, sections=(first, other)).with_sections(
        (second,)
    ).sections
    assert "| a | 12,346 | 1.2 |" in "\n".join(page.section_lines(first))


def test_run_is_kept_whole(tmp_path: Path) -> None:
    run = page.read()
    write(run, tmp_path / "run.json")

    assert run == read(page.Run, tmp_path / "run.json")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_every_command_names_its_application_and_port(scenario: Scenario) -> None:
    """A peer that were started otherwise than the others would be measured for something else."""
    for contestant in contestants(Path("floor")):
        if contestant.can(scenario) and contestant.name != "floor":
            command = " ".join(contestant.argv(scenario, 8123))

            assert "8123" in command
            assert scenario.app in command or scenario.app.replace(":", " import ") in command
            assert ("one.pem" in command) == ("tls" in scenario.needs)


def test_load_at_a_constant_rate_is_answered_and_timed(tmp_path: Path) -> None:
    """The rate is what is asked for, not what the server can do."""
    floor = compile_c(tmp_path, "floor")
    port = free_port()
    with subprocess.Popen([floor, str(port), "0", "13"]) as server:
        try:
            wait_for(port)
            began = time.monotonic()
            said = subprocess.check_output([compile_c(tmp_path, "rate"), str(port), "500", "0.4", "8"])
            took_s = time.monotonic() - began
        finally:
            server.kill()
    answered, failed, p50, p99, p999, longest = map(int, said.split())

    assert (200, 0) == (answered, failed)
    assert 0 < p50 <= p99 <= p999 <= longest
    assert took_s > 0.39


@pytest.mark.skipif(is_compiled(), reason="what is compiled takes no steps of Python's")
def test_steps_of_a_request_are_counted_by_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted is one request, whatever else was done before."""
    monkeypatch.setattr(steps, "COUNTED", 10)

    monkeypatch.setattr(steps, "WARM", 5)

    found = steps.steps(next(one for one in SCENARIOS if one.name == "hello"))

    assert found["apps.hello"] < 50 < found["http1.feed"]
    # A connection is made before those that count.
    assert "acceptor.accept" not in found


SAMPLES = """\
        ffffffff8207f801 tcp_rcv_established ([kernel.kallsyms])
        ffffffff81e80d99 __sys_sendto ([kernel.kallsyms])
        ffffffff81e80de0 __x64_sys_sendto ([kernel.kallsyms])
        ffffffff8225a6c1 do_syscall_64 ([kernel.kallsyms])
        ffffffff81000130 entry_SYSCALL_64_after_hwframe ([kernel.kallsyms])
            7f3a2b11f001 __send (/usr/lib/x86_64-linux-gnu/libc.so.6)

        ffffffff8207f801 _raw_spin_unlock_irqrestore ([kernel.kallsyms])
        ffffffff8207f802 sock_def_readable ([kernel.kallsyms])
        ffffffff8207f803 tcp_rcv_established ([kernel.kallsyms])
        ffffffff81e80d99 __sys_sendto ([kernel.kallsyms])
        ffffffff81e80de0 __x64_sys_sendto ([kernel.kallsyms])
        ffffffff8225a6c1 do_syscall_64 ([kernel.kallsyms])

        ffffffff81e80d99 futex_wake ([kernel.kallsyms])
        ffffffff81e80de0 __x64_sys_futex ([kernel.kallsyms])
        ffffffff8225a6c1 do_syscall_64 ([kernel.kallsyms])

        ffffffff81e80d99 sock_write_iter ([kernel.kallsyms])
        ffffffff81e80de0 do_writev ([kernel.kallsyms])
        ffffffff8225a6c1 do_syscall_64 ([kernel.kallsyms])

        ffffffff81e80d99 exit_to_user_mode_loop ([kernel.kallsyms])
        ffffffff8225a6c1 do_syscall_64 ([kernel.kallsyms])

        ffffffff81e80d99 sysvec_apic_timer_interrupt ([kernel.kallsyms])

                  5a0b11 _PyEval_EvalFrameDefault (/usr/bin/python3.11)
                  5a0b12 [unknown] (/usr/bin/python3.11)

                  5a0b11 [unknown] (/venv/lib/httptools/parser/parser.cpython-311-x86_64-linux-gnu.so)

                  5a0b11 something (/opt/else.so)
"""


def test_time_belongs_to_the_system_call_or_to_whose_code_ran() -> None:
    found = [profile.part(stack) for stack in profile.stacks(SAMPLES.splitlines())]

    assert [
        "kernel: `sendto`",
        profile.WAKING,
        "kernel: `futex`",
        "kernel: `writev`",
        profile.OTHER_KERNEL,
        profile.OTHER_KERNEL,
        profile.LOOP,
        "httptools and llhttp",
        profile.OTHER_USER,
    ] == found


def test_what_is_small_in_every_scenario_is_told_together() -> None:
    figures = profile.table(
        {
            "hello": {"kernel: `sendto`": 2.0, "kernel: `close`": 0.01, profile.LOOP: 3.0},
            "close": {"kernel: `sendto`": 2.5, "kernel: `ioctl`": 0.02, profile.LOOP: 4.0},
        }
    )

    assert [
        (profile.KERNEL, {"hello": 2.01, "close": 2.52}),
        ("kernel: `sendto`", {"hello": 2.0, "close": 2.5}),
        (profile.OTHER_KERNEL, {"hello": 0.01, "close": 0.02}),
        (profile.USER, {"hello": 3.0, "close": 4.0}),
        (profile.LOOP, {"hello": 3.0, "close": 4.0}),
    ] == [(one.what, {name: round(value, 3) for name, value in one.values.items()}) for one in figures]


def compile_c(directory: Path, name: str) -> Path:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    program = directory / name
    subprocess.run(["cc", "-O1", "-o", program, Path(__file__).with_name(f"{name}.c")], check=True)
    return program


def wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return


def row(contestant: str, cost_us: float) -> page.Row:
    return page.Row(contestant, contestant.upper(), "1", cost_us, cost_us, cost_us, 1000.0, 0, 0.0)


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("a", "at most", 2.0, "floor"), "* A: 2.00 times FLOOR; the target is at most 2 times: met."),
        (
            Target("a", "at most", 1.9, "floor"),
            "* A: 2.00 times FLOOR; the target is at most 1.9 times: **missed**.",
        ),
        (Target("b", "at least", 8.0, "a"), "* B: 8.50 times A; the target is at least 8 times: met."),
        (Target("b", "at least", 9.0, "a"), "* B: 8.50 times A; the target is at least 9 times: **missed**."),
    ],
)
def test_targets_are_judged(target: Target, verdict: str) -> None:
    table = page.Table("hello", "", (row("floor", 4.0), row("a", 8.0), row("b", 68.0)), (target,))

    assert [verdict] == list(page.target_lines(table))


def test_target_of_a_contestant_that_stayed_away_says_nothing() -> None:
    table = page.Table("hello", "", (row("a", 8.0),), (Target("a", "at most", 2.0, "floor"),))

    assert [] == list(page.target_lines(table))


def test_report_of_wrk_is_read() -> None:
    text = """Running 2s test @ http://127.0.0.1:8125/
  454453 requests in 2.10s, 56.34MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec: 216440.41
"""

    assert wrk.Report(requests=454453, rate=216440.41, refused=5, errors=10) == wrk.parse(text)


def test_what_is_no_report_of_wrk_is_refused() -> None:
    with pytest.raises(ValueError, match="not a report of wrk: 'unable to connect'"):
        wrk.parse("unable to connect")


def test_cost_counts_every_thread() -> None:
    """A server that works in another thread than its first must not look cheap."""
    here = threading.get_native_id()
    before = cost.spent(os.getpid())
    worker = threading.Thread(target=burn, args=(released := threading.Event(), burnt := threading.Event()))
    worker.start()
    burnt.wait()
    spent = {key: value - before.get(key, 0) for key, value in cost.spent(os.getpid()).items()}
    released.set()
    worker.join()

    assert sum(spent.values()) - spent[os.getpid(), here] > 0.01e9


def burn(released: threading.Event, burnt: threading.Event) -> None:
    """Use 20 ms of CPU time, then stay until released: a thread that ended is counted no more."""
    began = time.thread_time()
    while time.thread_time() - began < 0.02:
        pass
    burnt.set()
    released.wait()


def test_thread_that_ended_meanwhile_is_not_passed_over() -> None:
    with pytest.raises(cost.ThreadEndedError):
        cost.difference({(1, 1): 10, (1, 2): 10}, {(1, 1): 20})
