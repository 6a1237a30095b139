"""What `systemctl status` shows."""

from __future__ import annotations

from wsgid.arbiter.pool import State, Worker
from wsgid.arbiter.report import Report
from wsgid.daemon.notify import Notifier
from wsgid.metrics.scoreboard import Scoreboard


class Systemd:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def notify(self, state: str) -> None:
        self.heard.append(state)

    def pass_on(self, state: str, fd: int) -> None:
        raise AssertionError((state, fd))


def fail(error: OSError) -> None:
    raise AssertionError(error)


class Stage:
    """Two workers: one busy with its third request, one that has had one."""

    def __init__(self, environ: dict[str, str] | None = None) -> None:
        self.systemd = Systemd()
        self.board = Scoreboard(rows=2, cells=2)
        self.report = Report(
            Notifier({"NOTIFY_SOCKET": "x", **(environ or {})}, fail, lambda: self.systemd),
            self.board,
            lambda: "06:20",
        )
        self.workers = [Worker(7 + slot, slot, 1, State.SERVING, since=0.0, born=0.0) for slot in range(2)]
        for worker, requests in zip(self.workers, (3, 1), strict=True):
            row = self.board.row(worker.slot)
            row.claim(worker.pid, 1)
            cell = row.cell(0)
            for _ in range(requests):
                cell.begin(1.0, b"GET / HTTP/1.1\r\n", b"")
            if requests == 1:
                cell.end()


def test_numbers_come_from_the_scoreboard() -> None:
    stage = Stage()
    stage.report.ready(stage.workers, 100.0)

    assert ["READY=1", "STATUS=2 workers, 1 busy, 4 requests, 0 failed"] == stage.systemd.heard


def test_requests_of_who_is_gone_are_kept() -> None:
    stage = Stage()
    stage.report.gone(stage.workers[0])
    stage.board.row(0).claim(99, 1)
    stage.report.tick(stage.workers[1:], 100.0, is_serving=True)

    assert ["STATUS=1 workers, 0 busy, 4 requests, 1 failed"] == stage.systemd.heard


def test_what_a_worker_was_serving_when_it_ended_has_failed() -> None:
    """And so has what it has answered with a failure; of who is gone, too."""
    stage = Stage()
    for slot in (0, 1, 1):
        stage.board.row(slot).note_failure()
    stage.report.gone(stage.workers[0])
    stage.board.row(0).claim(99, 1)

    assert 4 == stage.report.failed(stage.workers[1:])


def test_a_row_that_is_anothers_is_not_counted() -> None:
    """A worker that died before it could sign leaves its predecessor's numbers, which have been counted."""
    stage = Stage()
    stage.board.row(0).claim(99, 1)
    stage.report.gone(stage.workers[0])
    stage.report.tick(stage.workers, 100.0, is_serving=True)

    assert ["STATUS=2 workers, 0 busy, 1 requests, 0 failed"] == stage.systemd.heard


NUMBERS = "2 workers, 1 busy, 4 requests, 0 failed"


def test_a_reload_begins_and_ends() -> None:
    """In one datagram what Type=notify-reload wants together, in microseconds; and "ready" behind it."""
    stage = Stage()
    stage.report.ready(stage.workers, 100.0)
    stage.systemd.heard.clear()
    stage.report.reload_begun(stage.workers, 101.5)
    assert stage.report.is_reloading
    stage.report.accepted()
    stage.report.reload_over(stage.workers, 102.0)

    assert not stage.report.is_reloading
    assert [
        "RELOADING=1\nMONOTONIC_USEC=101500000",
        f"STATUS=reloading; {NUMBERS}",
        "READY=1",
        f"STATUS={NUMBERS}",
    ] == stage.systemd.heard


def test_a_refusal_can_be_read_until_the_next_reload() -> None:
    """In the morning somebody asks why the change of last night is not in effect."""
    stage = Stage()
    stage.report.ready(stage.workers, 100.0)
    stage.report.reload_begun(stage.workers, 101.0)
    stage.systemd.heard.clear()
    stage.report.refused("no such module\n  more", stage.workers, 102.0)
    stage.report.reload_over(stage.workers, 102.0)
    stage.workers[1] = stage.workers[1]._replace(state=State.DRAINING)
    stage.report.tick(stage.workers, 106.0, is_serving=True)
    stage.report.tick(stage.workers, 107.0, is_serving=True)

    why = "reload refused: no such module; serving the configuration of 06:20; "
    assert [
        f"STATUS={why}{NUMBERS}",
        "READY=1",
        f"STATUS={why}1 workers, 1 busy, 4 requests, 0 failed",
    ] == stage.systemd.heard


def test_a_long_reason_leaves_room_for_what_is_in_force() -> None:
    stage = Stage()
    stage.report.refused("x" * 10_000, stage.workers, 102.0)

    assert stage.systemd.heard[0].endswith(f"xxx...; serving the configuration of ; {NUMBERS}")
    assert len(stage.systemd.heard[0]) < 1000


def heard_while(stage: Stage, seconds: range, *, is_serving: bool) -> list[tuple[int, str]]:
    """Let time pass, and give what was said when."""
    found = []
    for second in seconds:
        stage.report.tick(stage.workers, float(second), is_serving=is_serving)
        found += [(second, text) for text in stage.systemd.heard]
        stage.systemd.heard.clear()
    return found


def test_a_slow_start_asks_for_time_again_and_again() -> None:
    """So that a unit's TimeoutStartSec= ends an arbiter that hangs, not an application that is large."""
    stage = Stage()
    stage.report.starting(100.0)
    more = "EXTEND_TIMEOUT_USEC=15000000"

    assert [(102, more), (107, more), (112, more)] == heard_while(stage, range(100, 114), is_serving=False)


def test_a_slow_stop_and_a_slow_reload_ask_for_time_and_a_quick_one_does_not() -> None:
    stage = Stage()
    more = "EXTEND_TIMEOUT_USEC=15000000"
    stage.report.stopping(100.0)
    stage.systemd.heard.clear()
    assert [(102, more)] == heard_while(stage, range(100, 105), is_serving=False)

    stage.report.reload_begun(stage.workers, 200.0)
    stage.systemd.heard.clear()
    assert [more] == [text for _, text in heard_while(stage, range(200, 205), is_serving=True)]
    stage.report.reload_over(stage.workers, 205.0)
    stage.systemd.heard.clear()

    assert more not in [text for _, text in heard_while(stage, range(205, 300), is_serving=True)]


def test_the_watchdog_hears_twice_in_its_interval() -> None:
    stage = Stage({"WATCHDOG_USEC": "4000000"})
    assert stage.report.deadline <= 100.0

    alive = "WATCHDOG=1"
    assert [(100, alive), (102, alive), (104, alive)] == [
        one for one in heard_while(stage, range(100, 106), is_serving=False) if one[1] == alive
    ]
    assert 106.0 == stage.report.deadline


def test_without_a_watchdog_nobody_is_told_that_we_live() -> None:
    stage = Stage()

    assert float("inf") == stage.report.deadline
    assert "WATCHDOG=1" not in [text for _, text in heard_while(stage, range(100), is_serving=True)]


def test_an_upgrade_is_told_with_its_end() -> None:
    stage = Stage()
    stage.report.ready(stage.workers, 100.0)
    stage.systemd.heard.clear()
    stage.report.upgrade_begun(stage.workers, 100.0)
    stage.report.upgrade_over(stage.workers, 101.0)

    numbers = "2 workers, 1 busy, 4 requests, 0 failed"
    assert [f"STATUS=upgrading; {numbers}", f"STATUS={numbers}"] == stage.systemd.heard


def test_why_there_is_no_successor_can_be_read_until_the_next_attempt() -> None:
    stage = Stage()
    stage.report.ready(stage.workers, 100.0)
    stage.report.upgrade_begun(stage.workers, 100.0)
    stage.report.upgrade_over(stage.workers, 101.0, "cannot be imported:\nTraceback\n\nNameError: x")

    told = "upgrade refused: cannot be imported: NameError: x; serving the configuration of 06:20; "
    assert f"STATUS={told}2 workers, 1 busy, 4 requests, 0 failed" == stage.systemd.heard[-1]


def test_a_reload_is_over_before_the_successor_is_made_known() -> None:
    stage = Stage()
    stage.report.reload_begun(stage.workers, 100.0)
    stage.systemd.heard.clear()
    stage.report.hand_over(8)

    assert ["READY=1", "STATUS=upgraded", "MAINPID=8"] == stage.systemd.heard
