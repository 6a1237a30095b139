"""The page comes from the figures, and the figures from wrk's report and the scheduler's account."""

from __future__ import annotations

import os
import threading
import time

import pytest

from tests.bench import cost, page, wrk
from tests.bench.measure import ROOT
from tests.bench.scenarios import SCENARIOS, Target

PAGE = ROOT / "docs" / "explanation" / "performance.md"


def test_page_is_what_the_command_wrote() -> None:
    """A figure that somebody improved by hand is worth nothing."""
    run = page.from_json(PAGE.with_suffix(".json").read_text())

    assert page.render(run) == PAGE.read_text()


def test_page_judges_by_the_targets_that_we_have() -> None:
    """Whoever changes a target writes the page anew."""
    run = page.from_json(PAGE.with_suffix(".json").read_text())
    targets = {one.name: one.targets for one in SCENARIOS}

    assert "hello" in {one.scenario for one in run.tables}
    assert all(targets[one.scenario] == one.targets for one in run.tables)


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
