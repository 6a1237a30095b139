"""Asks tests that have failed once more, by themselves: `python -m tests.again TIMES [OPTIONS OF PYTEST]`.

A test that says how long a client may wait says something of the machine, too. So one failure is not the last
word: what has failed is asked TIMES in a row, with nothing beside it, and has passed only if it passes each
time. What comes and goes is still a fault that nobody has found yet: the first failure stays in the output,
and the last line names it. A file that ASKED_AGAIN names gets the same line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import pytest

from tests import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# More than these at once have no bad luck: something is broken, and is said to be without delay.
MOST: Final = 20
# With these each test has had its turn.
_TOLD: Final = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def main(times: int, options: Sequence[str]) -> int:
    """Run pytest; ask again what failed; return the exit status."""
    status, found = _ask(options)
    failed = to_ask_again(status, found)
    if not failed:
        return status
    rounds: list[Mapping[str, bool]] = []
    for number in range(1, times + 1):
        _say(f"\n=== again by itself, {number} of {times}: {', '.join(failed)}")
        status, found = _ask(failed)
        rounds.append(found if status in _TOLD else {})
    good, bad = judge(failed, rounds)
    if good:
        line = f"failed once, passed {_times(times)} by itself: {', '.join(good)}"
        _say(line)
        if note := os.environ.get("ASKED_AGAIN"):
            with Path(note).open("a") as file:
                _say(line, file)
    if bad:
        _say(f"failed, and again by itself: {', '.join(bad)}")
    return pytest.ExitCode.TESTS_FAILED if bad else pytest.ExitCode.OK


def to_ask_again(status: int, found: Mapping[str, bool]) -> list[str]:
    """Return the tests for which the first run is not the last word."""
    failed = sorted(test for test, has_passed in found.items() if not has_passed)
    # Another status is no test's failure: interrupted, a mistake in the options, nothing collected. Whoever
    # then asks what had failed by that time calls all the others passed.
    return failed if status == pytest.ExitCode.TESTS_FAILED and len(failed) <= MOST else []


def judge(failed: Iterable[str], rounds: Sequence[Mapping[str, bool]]) -> tuple[list[str], list[str]]:
    """Return what has passed in every round, and what has not: a test that is skipped then did not pass."""
    good: list[str] = []
    bad: list[str] = []
    for test in failed:
        (good if all(found.get(test, False) for found in rounds) else bad).append(test)
    return good, bad


def _ask(arguments: Sequence[str]) -> tuple[int, Mapping[str, bool]]:
    with tempfile.TemporaryDirectory(prefix="wsgid-again-") as directory:
        path = Path(directory, "outcomes")
        # One word: pytest looks for its root beside whatever else among the words is a path.
        command = [sys.executable, "-m", "pytest", "-p", "tests.outcomes", f"--outcomes={path}"]
        done = subprocess.run([*command, *arguments], check=False)
        # There is none where pytest did not understand its options.
        return done.returncode, outcomes.read(path) if path.exists() else {}


def _times(count: int) -> str:
    return {1: "once", 2: "twice", 3: "three times"}.get(count, f"{count} times")


def _say(text: str, file: TextIO = sys.stdout) -> None:
    file.write(f"{text}\n")
    file.flush()


if __name__ == "__main__":
    # Ctrl-C is for pytest, which ends what its tests have started; its status tells us.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
