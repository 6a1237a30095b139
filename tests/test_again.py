"""What failed is asked again by itself, and what does not pass each time then has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.again import MOST, judge, to_ask_again
from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Each run takes the next word of a file: what the test is to do this time.
TESTS = """
import pathlib
import pytest

def play(name):
    path = pathlib.Path(__file__).with_name(name)
    word, _, rest = path.read_text().partition(" ")
    path.write_text(rest)
    if word == "skip":
        pytest.skip("not here")
    assert word == "pass"

def test_one():
    play("one")

def test_other():
    play("other")
"""
ONE, OTHER = "test_it.py::test_one", "test_it.py::test_other"


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    output: str
    note: str
    left: str
    """What `test_one` would have done next."""


def ask(directory: Path, one: str, *options: str, other: str = "pass pass pass pass") -> Done:
    (directory / "pytest.ini").touch()
    (directory / "test_it.py").write_text(TESTS)
    (directory / "one").write_text(one)
    (directory / "other").write_text(other)
    note = directory / "note"
    done = subprocess.run(
        [sys.executable, "-m", "tests.again", "3", "-p", "no:cacheprovider", *options],
        cwd=directory,
        # Only the plug-ins that it takes: most of its time goes by for starts of pytest.
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "ASKED_AGAIN": str(note),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    note_text = note.read_text() if note.exists() else ""
    return Done(done.returncode, done.stdout, note_text, (directory / "one").read_text())


@pytest.mark.slow
def test_who_failed_once_and_passes_three_times_has_passed_and_is_named_last(tmp_path: Path) -> None:
    done = ask(tmp_path, "fail pass pass pass 5")

    line = f"failed once, passed three times by itself: {ONE}\n"
    assert (0, "5", line) == (done.status, done.left, done.note)
    assert done.output.endswith(line)
    assert 'assert word == "pass"' in done.output


@pytest.mark.again
@pytest.mark.slow
def test_who_does_not_pass_each_time_has_failed(tmp_path: Path) -> None:
    """Here among tests that are spread over processes, which say by one of them what came of all."""
    done = ask(
        tmp_path, "fail pass skip pass 5", "-p", "xdist.plugin", "-n", "2", other="fail pass pass pass"
    )

    assert (1, "5") == (done.status, done.left)
    assert done.output.endswith(
        f"failed once, passed three times by itself: {OTHER}\nfailed, and again by itself: {ONE}\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "status"), [(["-k", "nothing"], 5), (["--no-such-option"], 4)], ids=["nothing", "no option"]
)
def test_a_run_that_asked_nothing_has_a_status_of_its_own(
    tmp_path: Path, options: list[str], status: int
) -> None:
    done = ask(tmp_path, "pass", *options)

    assert (status, "pass", "") == (done.status, done.left, done.note)


@pytest.mark.parametrize("status", [0, 2, 3, 4, 5, -9])
def test_a_run_that_came_to_no_end_is_not_asked_again(status: int) -> None:
    assert [] == to_ask_again(status, {"a": False, "b": True})


def test_what_failed_is_asked_again_unless_it_is_too_much_to_be_bad_luck() -> None:
    found = {str(number): False for number in range(MOST)}

    assert sorted(found) == to_ask_again(1, {**found, "passed": True})
    assert [] == to_ask_again(1, {**found, "passed": False})


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ([{"a": True}, {"a": True}, {"a": True}], (["a"], [])),
        ([{"a": True}, {"a": False}, {"a": True}], ([], ["a"])),
        ([{"a": True}, {"a": True}, {}], ([], ["a"])),
    ],
    ids=["passed", "failed", "not heard of"],
)
def test_who_has_passed_has_passed_each_time(
    rounds: list[dict[str, bool]], expected: tuple[list[str], list[str]]
) -> None:
    """A test of which nothing is heard was skipped, or its process has died."""
    assert expected == judge(["a"], rounds)
