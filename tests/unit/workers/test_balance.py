"""Who has more than its share gives, and only to whom can take."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from wsgid.metrics.scoreboard import Scoreboard
from wsgid.workers.balance import (
    FIRST_PAUSE_S,
    LAST_PAUSE_S,
    LONG_CALL_S,
    MOST_GIVEN,
    SILENCE_S,
    Balance,
    may_take,
    surplus,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = 1000.0


@pytest.mark.parametrize(
    ("mine", "others", "given"),
    [
        (60, [], 0),
        (60, [0, 0, 0], 45),
        (0, [60, 0, 0], 0),
        # Within a tenth of an equal part nobody moves.
        (55, [50, 45, 50], 0),
        (56, [50, 44, 50], 6),
        # One that has few is helped by all that have more than an equal part.
        (55, [55, 55, 35], 5),
        # Of a few connections one more or less is nothing.
        (1, [0, 0, 0], 0),
        (2, [1, 0, 1], 0),
        (3, [0, 0, 1], 2),
    ],
)
def test_surplus_is_what_is_above_an_equal_part(mine: int, others: list[int], given: int) -> None:
    assert given == surplus(mine, others)


def board(*connections: int) -> Scoreboard:
    """Make a scoreboard whose workers of generation 3 have so many."""
    made = Scoreboard(rows=8, cells=2)
    for slot, count in enumerate(connections):
        row = made.row(slot)
        row.claim(100 + slot, 3)
        row.cell(0)
        row.beat(NOW)
        row.connections = count
    return made


def test_worker_of_another_generation_or_without_a_beat_is_given_nothing() -> None:
    made = board(60, 0, 0)
    made.row(1).claim(101, generation=4)
    made.row(1).beat(NOW)
    made.row(2).beat(NOW - SILENCE_S - 1)
    balance = Balance(made, made.row(0))

    alone = balance.surplus(60, NOW)
    made.row(2).beat(NOW)

    assert (0, 30) == (alone, balance.surplus(60, NOW))


def test_worker_whose_threads_are_all_in_long_calls_takes_nothing() -> None:
    """What it were given would wait for somebody else, or go back."""
    made = board(5)
    row = made.row(0)
    first, second = row.cell(0), row.cell(1)
    taken = []
    for cell in (first, second):
        cell.begin(NOW, b"GET / HTTP/1.1\r\n\r\n", b"127.0.0.1")
        taken.append(may_take(row.read(), NOW + 2 * LONG_CALL_S))
    second.end()

    assert [True, False] == taken
    assert may_take(row.read(), NOW + 2 * LONG_CALL_S)


def test_what_changes_nothing_is_tried_ever_more_seldom() -> None:
    """Connections that come back at once would travel for ever."""
    made = board(60, 0)
    balance = Balance(made, made.row(0))
    moments: list[float] = []
    for second in range(1200):
        made.row(1).beat(NOW + second)
        if balance.surplus(60, NOW + second):
            moments.append(NOW + second)
    pauses = [later - earlier for earlier, later in pairwise(moments)]

    assert sorted(pauses) == pauses
    assert LAST_PAUSE_S == pauses[-1]


def test_as_long_as_it_becomes_better_the_pauses_stay_short() -> None:
    """A worker that was replaced among thousands of connections has its part some seconds later."""
    made = board(1000, 0)
    balance = Balance(made, made.row(0))
    mine, now = 1000, NOW
    while given := balance.surplus(mine, now):
        mine -= given
        made.row(1).connections += given
        now += FIRST_PAUSE_S
        made.row(1).beat(now)

    assert mine <= 550


def test_after_it_was_even_the_next_is_given_at_once() -> None:
    made = board(60, 0)
    balance = Balance(made, made.row(0))
    first = balance.surplus(60, NOW)
    made.row(1).connections = 30
    even = balance.surplus(30, NOW + 1)
    made.row(1).connections = 0

    assert (30, 0, 30) == (first, even, balance.surplus(60, NOW + 2))


def test_few_are_given_at_a_time() -> None:
    """Those that come last wait until all before them are taken."""
    made = board(1000, 0)

    assert MOST_GIVEN == Balance(made, made.row(0)).surplus(1000, NOW)


class Workers:
    """Several that look once a second, and as often as they are told; who takes what one gives is chance."""

    def __init__(self, connections: Sequence[int], seed: int, back: float) -> None:
        """`back`: which part of what it has given a worker takes back, because it has a processor."""
        self.connections = list(connections)
        self.given = 0
        self._board = board(*[0] * len(connections))
        self._rows = [self._board.row(slot) for slot in range(len(connections))]
        self._balances = [Balance(self._board, row) for row in self._rows]
        self._dice = Random(seed)
        self._back = back
        self._looks = [NOW + self._dice.random() for _ in connections]

    def run(self, until: float) -> None:
        """Look, whoever is next, until then."""
        while (now := min(self._looks)) < until:
            slot = self._looks.index(now)
            row = self._rows[slot]
            row.beat(now)
            row.connections = self.connections[slot]
            balance = self._balances[slot]
            given = balance.surplus(self.connections[slot], now)
            for _ in range(given):
                self._move(slot)
            self.given += given
            self._looks[slot] = min(now + 1.0, balance.next) if given else now + 1.0

    def _move(self, giver: int) -> None:
        others = [slot for slot in range(len(self.connections)) if slot != giver]
        taker = giver if self._dice.random() < self._back else self._dice.choice(others)
        for slot, change in ((giver, -1), (taker, 1)):
            self.connections[slot] += change
            self._rows[slot].connections = self.connections[slot]


@pytest.mark.parametrize("back", [0.0, 0.5])
@pytest.mark.parametrize(
    "connections", [(64, 0, 0, 0), (32, 32, 0, 0), (30, 2, 0, 32), (22, 21, 21, 0), (19, 19, 15, 11)]
)
def test_some_seconds_later_each_is_within_a_fifth_of_an_equal_part(
    connections: Sequence[int], back: float
) -> None:
    """Whoever takes, as long as others take what is given: ten times each, as chance has it."""
    found = []
    for seed in range(10):
        workers = Workers(connections, seed, back)
        workers.run(NOW + 6.0)
        found.append(workers.connections)

    assert [] == [have for have in found if max(have) > 1.2 * 16 or min(have) < 0.8 * 16]


@pytest.mark.parametrize("connections", [(64, 0, 0, 0), (19, 19, 15, 11), (3, 0, 0, 0), (61, 0, 0)])
def test_once_it_is_even_nobody_gives_any_more(connections: Sequence[int]) -> None:
    """Each connection that travels costs something, and would for ever."""
    workers = Workers(connections, seed=1, back=0.0)
    workers.run(NOW + 60.0)
    given = workers.given
    workers.run(NOW + 600.0)

    assert 0 < given == workers.given
