"""Who works or sleeps is told from who only waits for a processor."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wsgid.workers.labour import AT_WORK_S, Labour

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sleeper(labour: Labour) -> Iterator[None]:
    """One that has joined, and goes to sleep."""
    begun, over = threading.Event(), threading.Event()

    def sleep() -> None:
        labour.join()
        begun.set()
        over.wait()

    thread = threading.Thread(target=sleep)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_ever_kept_waiting(labour: Labour) -> bool:
    """Ask some times: another process may take the processor between two looks, or none."""
    seen = []
    for _ in range(10):
        labour.note()
        seen.append(labour.is_kept_waiting())
    return any(seen)


def test_one_that_could_go_on_and_has_computed_nothing_is_kept_waiting() -> None:
    """Nobody can see itself in the queue for a processor; but it runs, and has computed next to nothing."""
    labour = Labour()
    labour.join()

    assert is_ever_kept_waiting(labour)


def test_one_that_could_go_on_is_enough_among_those_that_sleep() -> None:
    """They hold the interpreter lock in turn: where one is kept waiting, so are the others."""
    labour = Labour()
    labour.join()
    with sleeper(labour):
        assert is_ever_kept_waiting(labour)


def test_one_that_computes_is_not_kept_waiting() -> None:
    labour = Labour()
    labour.join()
    until = time.process_time() + AT_WORK_S
    while time.process_time() < until:
        pass

    assert not labour.is_kept_waiting()


def test_those_that_sleep_are_not_kept_waiting() -> None:
    labour = Labour()
    with sleeper(labour), sleeper(labour):
        # They may be on their way to sleep. What this thread computes by asking would be an answer as well.
        seen = []
        for _ in range(100_000):
            labour.note()
            seen.append(labour.is_kept_waiting())
            if not seen[-1]:
                break

    assert not seen[-1]
