"""A failed request is excused only if what it went to was killed."""

from __future__ import annotations

from tests.load.account import Kill, account
from tests.load.outcome import Failure, Kind, Tally

KILL = Kill(pid=10, ports=frozenset({5000}))


def failed(kind: Kind, *, port: int = 5000, answers: int = 0, octets: int = 0) -> Tally:
    return Tally(failures=[Failure(kind, 1, port, answers, octets, at=0.0)])


def test_a_request_that_the_killed_worker_served_is_excused() -> None:
    seen = account(failed(Kind.CUT, octets=9), [KILL], ["10 1"])

    assert (1, 0) == (len(seen.served), len(seen.lost))


def test_a_request_that_another_worker_served_is_lost() -> None:
    seen = account(failed(Kind.RESET, answers=3), [KILL], ["11 1"])

    assert (0, 0, 1) == (len(seen.served), len(seen.between), len(seen.lost))


def test_a_kept_connection_of_the_killed_worker_is_counted_apart() -> None:
    for kind in (Kind.RESET, Kind.EMPTY):
        seen = account(failed(kind, answers=3), [KILL], [])

        assert (1, 0) == (len(seen.between), len(seen.lost))


def test_a_first_request_that_the_killed_worker_had_accepted_is_counted_apart() -> None:
    seen = account(failed(Kind.RESET), [KILL], [])

    assert (1, 0) == (len(seen.taken), len(seen.lost))


def test_a_connection_of_a_living_worker_has_no_excuse() -> None:
    for answers in (0, 3):
        seen = account(failed(Kind.RESET, port=5001, answers=answers), [KILL], [])

        assert 1 == len(seen.lost)


def test_refused_late_and_wrong_have_no_excuse() -> None:
    for kind in (Kind.LATE, Kind.WRONG):
        seen = account(failed(kind, answers=3), [KILL], [])

        assert 1 == len(seen.lost)
    assert 1 == len(account(failed(Kind.REFUSED, port=0), [KILL], []).lost)


def test_a_request_that_was_served_twice_is_found() -> None:
    assert (1,) == account(Tally(), [], ["10 1", "11 1", "11 2"]).repeated
