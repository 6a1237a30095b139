"""Who works or sleeps is told from who only waits for a processor."""

from __future__ import annotations

import threading
import time

from wsgid.workers.labour import AT_WORK_S, Labour


def test_one_that_could_go_on_and_has_computed_nothing_is_kept_waiting() -> None:
    """Nobody can see itself in the queue for a processor; but it runs, and has computed next to nothing."""
    labour = Labour()
    seen = []
    for _ in range(10):
        labour.note()
        seen.append(labour.is_kept_waiting())

    assert any(seen)


def test_one_that_computes_is_not_kept_waiting() -> None:
    labour = Labour()
    until = time.thread_time() + AT_WORK_S
    while time.thread_time() < until:
        pass

    assert not labour.is_kept_waiting()


def test_one_that_sleeps_is_not_kept_waiting() -> None:
    made: list[Labour] = []
    begun, over = threading.Event(), threading.Event()

    def sleep() -> None:
        made.append(Labour())
        begun.set()
        over.wait()

    thread = threading.Thread(target=sleep)
    thread.start()
    begun.wait()
    try:
        # It may be on its way to sleep.
        assert any(not made[0].is_kept_waiting() for _ in range(100_000))
    finally:
        over.set()
        thread.join()
