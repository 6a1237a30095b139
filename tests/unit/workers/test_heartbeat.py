"""How often an event loop beats."""

from __future__ import annotations

from math import inf

import pytest

from wsgid.arbiter.plan import BEATS_MISSED
from wsgid.workers.heartbeat import A_TIMEOUT, beat_every


@pytest.mark.parametrize(
    ("times", "expected"),
    [((0,), 1.0), ((30,), 1.0), ((1,), 0.2), ((0.01,), 0.05), ((30, 0.5), 0.1), ((0, inf), 1.0)],
)
def test_beat_comes_once_a_second_and_oftener_where_that_would_be_too_late(
    times: tuple[float, ...], expected: float
) -> None:
    assert expected == beat_every(*times)


def test_a_short_timeout_has_as_many_beats_as_may_be_missed() -> None:
    assert A_TIMEOUT >= BEATS_MISSED
