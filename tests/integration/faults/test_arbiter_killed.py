"""SIGKILL of the arbiter: its workers notice at once, finish what they have, and leave nothing behind."""

from __future__ import annotations

import signal
import time

import pytest

from tests.load.processes import Ends, workers
from tests.load.stage import request, stage
from tests.support import start_server

pytestmark = [pytest.mark.slow, pytest.mark.fault]

KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "4")}
DEADLINE_S = 10.0
GONE = "the arbiter is gone: this worker finishes what it has and leaves"

BOOTS = """
import time
print("booting", flush=True)
time.sleep(1)
def application(environ, start_response): ...
"""


@pytest.mark.parametrize("kind", KINDS)
def test_workers_finish_and_leave(kind: str) -> None:
    """The call that is under way, and a last answer for a connection that is idle; each says so once."""
    with stage("-w", "2", *KINDS[kind]) as on, on.connect() as busy, on.connect() as idle:
        assert 200 == idle.ask(request(1)).status
        busy.send(request(2, "/slow", "1"))
        on.wait_begun()
        pids = workers(on.server.pid)
        with Ends(pids) as ends:
            on.server.signal(signal.SIGKILL)
            on.server.expect(GONE, count=2)
            # Other threads serve on until the one that has said it has told them: some milliseconds.
            asked = time.monotonic()
            while not (last := idle.ask(request(3))).is_last and time.monotonic() < asked + 1:
                pass
            answer = busy.read_answer()

            assert (200, True) == (last.status, last.is_last)
            assert (200, True) == (answer.status, answer.is_last)
            assert set(pids) == ends.wait(2, DEADLINE_S)
        assert 2 == on.server.log.count(GONE)
        with pytest.raises(ConnectionRefusedError):
            on.connect()


def test_workers_that_have_nothing_leave_at_once() -> None:
    with stage("-w", "2") as on, Ends(workers(on.server.pid)) as ends:
        on.server.signal(signal.SIGKILL)

        assert 2 == len(ends.wait(2, DEADLINE_S))


def test_a_worker_that_still_boots_is_not_left() -> None:
    """It would serve without anybody to end it."""
    files = {"boots.py": BOOTS}
    with start_server(app="boots", files=files, ready=False) as server:
        server.expect("listening at")
        server.expect("booting")
        with Ends(server.children()) as ends:
            server.signal(signal.SIGKILL)

            assert 1 == len(ends.wait(1, DEADLINE_S))
