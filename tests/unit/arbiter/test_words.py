"""What stands in the log at night: who, why, for which request, which setting."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from wsgid.arbiter.plan import Abort, GiveUp, Kill, Wanted, Why
from wsgid.arbiter.pool import State, Worker
from wsgid.arbiter.spawn import Exit
from wsgid.arbiter.words import death, level, verdict
from wsgid.metrics.scoreboard import CellView, RowView

WANTED = Wanted(workers=1, generation=1)
NOW = 100.0

CLEAN = Exit(7, "exit status 0", is_clean=True, is_killed=False, is_from_outside=False)
FAILED = Exit(7, "exit status 3", is_clean=False, is_killed=False, is_from_outside=False)
CRASHED = Exit(7, "killed by SIGSEGV", is_clean=False, is_killed=False, is_from_outside=False)
TERMINATED = Exit(7, "killed by SIGTERM", is_clean=False, is_killed=False, is_from_outside=True)
KILLED = Exit(7, "killed by SIGKILL", is_clean=False, is_killed=True, is_from_outside=True)
KERNELS = (
    "killed by SIGKILL, by the kernel for want of memory (max_worker_memory replaces a worker before it comes"
    " to that)"
)


def worker(state: State = State.SERVING, **fields: Any) -> Worker:
    return Worker(7, 0, 1, state, since=0.0, born=0.0, **fields)


def cell(target: bytes = b"/", began: float = 60.0, progress: float = 65.0) -> CellView:
    return CellView(1, began, progress, b"GET", target, b"::1")


def lines(
    action: GiveUp | Abort | Kill,
    *cells: CellView,
    pid: int = 7,
    wanted: Wanted = WANTED,
    loop_beat_s: float = 0.0,
) -> list[str]:
    view = RowView(pid=pid, generation=1, beat=0.0, connections=0, cells=cells, loop_beat_s=loop_beat_s)
    return list(verdict(action, worker(State.KILLED), view, wanted, NOW))


HUNG = Abort(7, Why.HUNG, 35.0)


def test_a_hang_is_told_with_its_request() -> None:
    line = (
        'worker hung slot=0 pid=7 generation=1 method=GET target="/" peer=::1 duration_s=40.0 stalled_s=35.0:'
        " no progress for longer than timeout (30 s); it writes its stacks and is killed"
    )
    assert [line] == lines(HUNG, cell())


def test_only_the_threads_that_hang_are_named() -> None:
    told = lines(HUNG, cell(b"/hangs"), cell(b"/lives", progress=99.0), cell(b"/idle", began=0.0))

    assert [True] == ["/hangs" in line for line in told]


def test_what_a_client_sent_is_escaped_and_said_to_be_cut() -> None:
    told = lines(HUNG, cell(b'/\n"\x1b' + b"x" * 157))

    assert r'target="/\x0a\"\x1bxxx' in told[0]
    assert 'x..."' in told[0]


def test_a_hang_whose_row_is_garbage_is_told_without_its_request() -> None:
    assert [True] == ["worker hung" in line and "target" not in line for line in lines(HUNG, cell(), pid=8)]


def test_who_is_given_up_is_told_what_comes() -> None:
    told = lines(GiveUp(7, Why.HUNG, 35.0), cell(b"/hangs"), cell(b"/lives", progress=99.0))

    assert 1 == len(told)
    assert told[0].endswith(
        "no progress for longer than timeout (30 s); it writes its stacks, and is killed when nothing else is"
        " left in it, or graceful_timeout (30 s) after it is retired"
    )


def test_an_overlong_call_is_told_beside_one_that_hangs() -> None:
    wanted = Wanted(workers=1, generation=1, longest=39.0)
    told = lines(
        Abort(7, Why.OVERLONG, 40.0),
        cell(b"/streams", progress=99.0),
        cell(b"/hangs", began=70.0, progress=70.0),
        cell(b"/lives", began=99.0, progress=99.0),
        wanted=wanted,
    )

    assert told[0] == (
        'worker overlong slot=0 pid=7 generation=1 method=GET target="/streams" peer=::1 duration_s=40.0'
        " stalled_s=1.0: one call for longer than request_timeout (39 s); it writes its stacks and is killed"
    )
    assert "worker hung" in told[1]
    assert "/hangs" in told[1]
    assert 2 == len(told)


def test_an_overlong_call_whose_row_is_garbage_is_told_without_its_request() -> None:
    told = lines(Abort(7, Why.OVERLONG, 40.0), cell(), pid=8)

    assert ["worker overlong slot=0 pid=7 generation=1 duration_s=40.0: one"] == [
        line.partition(" call for")[0] for line in told
    ]


def test_who_is_silent_is_told_with_what_it_was_serving() -> None:
    told = lines(Abort(7, Why.SILENT, 31.0), cell(b"/last"))

    assert "worker silent slot=0 pid=7 generation=1 silent_s=31.0: no heartbeat" in told[0]
    assert "timeout (30 s)" in told[0]
    assert 'was serving method=GET target="/last"' in told[1]


def test_event_loop_that_stands_is_told_as_such() -> None:
    (line,) = lines(Abort(7, Why.SILENT, 31.0), loop_beat_s=1.0)

    assert "silent_s=31.0: its event loop has not turned for longer than timeout (30 s)" in line


def test_who_is_late_is_told_with_the_setting() -> None:
    assert re.search(
        r"worker late .* boot_s=61\.0: .*boot_timeout \(60 s\)", lines(Abort(7, Why.LATE, 61.0))[0]
    )


def test_who_does_not_leave_is_told_with_what_it_was_serving() -> None:
    told = lines(Kill(7, Why.GRACE, 30.0), cell(b"/slow", progress=0.0))

    assert "did not leave within graceful_timeout (30 s)" in told[0]
    assert told[1].endswith('target="/slow" peer=::1 duration_s=40.0 waiting for its client')


def test_last_words_have_had_their_line() -> None:
    assert [] == lines(Kill(7, Why.LAST_WORDS, 1.0), cell())


@pytest.mark.parametrize(
    ("end", "grave", "dead", "exit_"),
    [
        ("exit status 0, retired", logging.INFO, worker(State.DRAINING), CLEAN),
        ("killed by SIGKILL, retired", logging.WARNING, worker(State.DRAINING), KILLED),
        ("killed by SIGKILL, retired", logging.INFO, worker(State.DRAINING, is_hurried=True), KILLED),
        ("killed by SIGTERM, retired", logging.INFO, worker(State.DRAINING), TERMINATED),
        ("exit status 0, worn", logging.INFO, worker(is_worn=True), CLEAN),
        ("killed by SIGSEGV, unasked", logging.ERROR, worker(is_worn=True), CRASHED),
        ("killed by SIGKILL, by us", logging.WARNING, worker(State.KILLED), KILLED),
        ("exit status 3, before it was ready", logging.ERROR, worker(State.STARTING), FAILED),
        ("exit status 0, unasked", logging.ERROR, worker(), CLEAN),
        (
            "killed by SIGKILL, and not by us: by hand, or by the kernel for want of memory (see dmesg)",
            logging.ERROR,
            worker(),
            KILLED,
        ),
        (
            "killed by SIGKILL, neither by us nor by the kernel for want of memory: by hand, or by a program",
            logging.ERROR,
            worker(),
            KILLED._replace(is_oom=False),
        ),
        (
            KERNELS,
            logging.WARNING,
            worker(State.DRAINING),
            KILLED._replace(is_oom=True),
        ),
    ],
)
def test_every_end_has_its_reason_and_its_weight(end: str, grave: int, dead: Worker, exit_: Exit) -> None:
    assert f"worker gone slot=0 pid=7 generation=1 {end}" == death(dead, exit_)
    assert grave == level(dead, exit_)
