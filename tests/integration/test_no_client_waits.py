"""A busy worker keeps no client waiting while another worker, or another of its threads, is idle.

The wait that these tests are after is that of a request pinned to a busy worker: the whole length of its
call.
The bounds are those of the promise, times three where a test shares two cores with all the others.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.load.burst import Burst, ask_new
from tests.load.client import Load, Plan
from tests.load.processes import workers
from tests.load.request import quick
from tests.load.stage import report, request, stage

if TYPE_CHECKING:
    from tests.load.stage import Stage
    from tests.wire import Wire

CALL_S = 2.0
PROMISE_S = 0.05
NOISE = 3
KINDS = [("-w", "1", "--threads", "4"), ("-w", "3"), ("-w", "2", "--threads", "2")]
BURST = [request(1, "/slow", "1"), *(request(number) for number in range(2, 17))]

pytestmark = [pytest.mark.slow, pytest.mark.load, pytest.mark.alone]


@pytest.mark.parametrize("path", ["/slow", "/spin"], ids=["sleeps", "computes"])
def test_no_kept_connection_waits_for_a_slow_call(path: str) -> None:
    """3 sync workers, 48 kept connections of which one asks for 2 s, asleep or in a pure Python loop."""
    plan = Plan(kept=47, closing=0, pause_s=0.1, make=quick)
    with stage("-w", "3") as on, on.connect() as slow, Load(on.address, plan) as load:
        assert 200 == slow.ask(request(1)).status
        load.wait_round()
        began, ended = call_slowly(on, load, slow, path)
        tally = load.stop()

    assert [] == tally.failures
    during = [one for one in tally.answered if one.began < ended and one.began + one.seconds > began]
    before = max(one.seconds for one in tally.answered if one.began + one.seconds <= began)
    longest = sorted(one.seconds for one in during)
    report(
        f"{len(during)} requests of {len({one.connection for one in during})} connections during the call",
        f"longest {longest[-1] * 1e3:.1f} ms, 99% {longest[len(longest) * 99 // 100] * 1e3:.1f} ms, "
        f"median {longest[len(longest) // 2] * 1e3:.2f} ms; before it at most {before * 1e3:.1f} ms",
    )
    assert 47 == len({one.connection for one in during})
    assert len(during) >= 3 * 47
    assert longest[-1] < PROMISE_S * NOISE
    assert longest[len(longest) * 99 // 100] < PROMISE_S


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_no_new_connection_waits_behind_a_slow_one(kind: tuple[str, ...]) -> None:
    """A burst of 16, the first of which takes a second; then while nobody looks, so that all come at once."""
    with stage(*kind) as on:
        rounds = [ask_new(on.address, BURST) for _ in range(2)]
        rounds += [ask_new(on.address, BURST, freeze=workers(on.server.pid)) for _ in range(2)]

    check(rounds)


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_no_kept_connection_waits_behind_a_slow_one(kind: tuple[str, ...]) -> None:
    """As above, on 16 kept connections: a thread that takes two events makes one wait for the other."""
    rounds = []
    with stage(*kind) as on, Burst(on.address) as burst:
        burst.connect(len(BURST))
        with burst.at_once(()):
            burst.send([request(number) for number in range(1, 17)])
        for freeze in ((), (), workers(on.server.pid), workers(on.server.pid)):
            with burst.at_once(freeze):
                burst.send(BURST)
            rounds.append(burst.seconds)

    check(rounds)


def test_threads_share_a_worker_with_three_slow_calls() -> None:
    """One thread of four is left; it serves all of them."""
    plan = Plan(kept=47, closing=8, pause_s=0.1, make=quick)
    with stage("-w", "1", "--threads", "4") as on, Load(on.address, plan) as load:
        load.wait_round()
        slow = [on.connect() for _ in range(3)]
        for number, wire in enumerate(slow, 1):
            wire.send(request(number, "/slow", str(CALL_S)))
            on.wait_begun()
        began = time.monotonic()
        load.wait_requests(3 * 55)
        ended = time.monotonic()
        for wire in slow:
            assert 200 == wire.read_answer().status
            wire.sock.close()
        tally = load.stop()

    during = [one for one in tally.answered if one.began < ended and one.began + one.seconds > began]
    report(f"{len(during)} requests, longest {max(one.seconds for one in during) * 1e3:.1f} ms")
    assert [] == tally.failures
    assert ended - began < CALL_S
    assert max(one.seconds for one in during) < PROMISE_S * NOISE


def call_slowly(on: Stage, load: Load, slow: Wire, path: str) -> tuple[float, float]:
    """Make the slow call, see that the load goes round while it lasts; give its begin and end."""
    slow.send(request(2, path, str(CALL_S)))
    on.wait_begun()
    began = time.monotonic()
    load.wait_requests(3 * 47)
    assert 200 == slow.read_answer().status
    return began, time.monotonic()


def check(rounds: list[list[float]]) -> None:
    """The first of each round has to be slow, and all others quick."""
    report(*(f"slow {first:.3f} s, others at most {max(others) * 1e3:.1f} ms" for first, *others in rounds))
    for first, *others in rounds:
        assert first >= 1
        assert max(others) < PROMISE_S * NOISE
