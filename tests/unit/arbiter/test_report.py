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


def fail(error: OSError) -> None:
    raise AssertionError(error)


class Stage:
    """Two workers: one busy with its third request, one that has had one."""

    def __init__(self) -> None:
        self.systemd = Systemd()
        self.board = Scoreboard(rows=2, cells=2)
        self.report = Report(Notifier({"NOTIFY_SOCKET": "x"}, fail, lambda: self.systemd), self.board)
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

    assert ["READY=1", "STATUS=2 workers, 1 busy, 4 requests"] == stage.systemd.heard


def test_requests_of_who_is_gone_are_kept() -> None:
    stage = Stage()
    stage.report.gone(stage.workers[0])
    stage.board.row(0).claim(99, 1)
    stage.report.tick(stage.workers[1:], 100.0)

    assert ["STATUS=1 workers, 0 busy, 4 requests"] == stage.systemd.heard


def test_a_row_that_is_anothers_is_not_counted() -> None:
    """A worker that died before it could sign leaves its predecessor's numbers, which have been counted."""
    stage = Stage()
    stage.board.row(0).claim(99, 1)
    stage.report.gone(stage.workers[0])
    stage.report.tick(stage.workers, 100.0)

    assert ["STATUS=2 workers, 0 busy, 1 requests"] == stage.systemd.heard


def test_a_refusal_can_be_read_for_a_while() -> None:
    stage = Stage()
    stage.report.refused("no such module\n  more", 1, 100.0)
    stage.report.tick(stage.workers, 104.0)
    stage.report.tick(stage.workers, 105.0)

    assert [
        "STATUS=reload refused: no such module; generation 1 serves on",
        "STATUS=2 workers, 1 busy, 4 requests",
    ] == stage.systemd.heard
