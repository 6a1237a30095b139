"""The client finds each kind of loss, and none where there is none; else its silence would prove nothing."""

from __future__ import annotations

import errno

import pytest

from tests.load.answer import Answer, NotHttpError
from tests.load.client import Load, Plan
from tests.load.faulty import Fault, FaultyServer
from tests.load.outcome import Failure, Kind, kind_of_end

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


@pytest.mark.parametrize("octets", [WHOLE, CHUNKED, INTERIM + WHOLE, INTERIM + CHUNKED])
def test_answer_is_whole_at_its_last_octet_however_it_comes(octets: bytes) -> None:
    for step in (1, 2, 7, len(octets)):
        answer = Answer()

        states = [answer.feed(octets[at : at + step]) for at in range(0, len(octets), step)]

        assert [False] * (len(states) - 1) + [True] == states
        assert (200, b"hello", b"") == (answer.status, bytes(answer.body), answer.surplus)


@pytest.mark.parametrize("octets", [WHOLE, CHUNKED])
def test_octets_behind_an_answer_are_surplus(octets: bytes) -> None:
    answer = Answer()

    assert answer.feed(octets + b"HTT")
    assert b"HTT" == answer.surplus


@pytest.mark.parametrize(
    "octets",
    [
        b"\0\1\2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
    ],
)
def test_what_is_no_answer_is_told_apart_from_a_cut_one(octets: bytes) -> None:
    with pytest.raises(NotHttpError):
        Answer().feed(octets)


def test_the_end_of_a_connection_has_its_kind() -> None:
    reset = ConnectionResetError(errno.ECONNRESET, "")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "")

    assert Kind.REFUSED is kind_of_end(refused, connected=False, octets=0)
    assert Kind.RESET is kind_of_end(reset, connected=False, octets=0)
    assert Kind.RESET is kind_of_end(reset, connected=True, octets=0)
    assert Kind.EMPTY is kind_of_end(None, connected=True, octets=0)
    assert Kind.CUT is kind_of_end(None, connected=True, octets=1)
    assert Kind.CUT is kind_of_end(reset, connected=True, octets=1)


def test_only_an_end_without_an_octet_on_a_kept_connection_is_between_requests() -> None:
    def failure(kind: Kind, answers: int, octets: int = 0) -> Failure:
        return Failure(kind, number=1, port=1, answers=answers, octets=octets, at=0.0)

    assert failure(Kind.RESET, answers=1).between_requests
    assert failure(Kind.EMPTY, answers=9).between_requests
    assert not failure(Kind.RESET, answers=0).between_requests
    assert not failure(Kind.EMPTY, answers=0).between_requests
    assert not failure(Kind.CUT, answers=1, octets=1).between_requests
    assert not failure(Kind.LATE, answers=1).between_requests
    assert not failure(Kind.WRONG, answers=1).between_requests


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.REFUSE, Kind.REFUSED),
        (Fault.RESET, Kind.RESET),
        (Fault.CLOSE, Kind.EMPTY),
        (Fault.CUT_HEAD, Kind.CUT),
        (Fault.CUT_BODY, Kind.CUT),
        (Fault.CUT_CHUNKS, Kind.CUT),
        (Fault.RESET_BODY, Kind.CUT),
        (Fault.SWAP, Kind.WRONG),
        (Fault.TWICE, Kind.WRONG),
        (Fault.NO_LENGTH, Kind.WRONG),
        (Fault.STATUS_500, Kind.WRONG),
        (Fault.SILENCE, Kind.LATE),
    ],
)
@pytest.mark.parametrize("good", [0, 2])
def test_every_fault_is_found_and_counted_as_what_it_is(fault: Fault, kind: Kind, good: int) -> None:
    """12 requests: all fail, on two connections; or each third one of a connection, on a single one.

    Two would share the 12 as they please, and seven and five of them hold three faults, not four.
    """
    timeout_s = 1.0 if fault is Fault.SILENCE else 10.0
    plan = Plan(kept=2 if good == 0 else 1, closing=0, pause_s=0.001, timeout_s=timeout_s, total=12)
    with FaultyServer(fault, good) as server, Load(server.address, plan) as load:
        tally = load.wait_end()

    expected = 12 if good == 0 or fault is Fault.REFUSE else 4
    assert {kind: expected} == dict(tally.kinds())
    assert 12 == tally.requests
    between = good > 0 and kind in {Kind.RESET, Kind.EMPTY}
    assert all(failure.between_requests is between for failure in tally.failures)


@pytest.mark.slow
def test_a_server_without_fault_is_found_without_fault() -> None:
    plan = Plan(kept=8, closing=8, pause_s=0.001, total=400)
    with FaultyServer(Fault.CLOSE, good=10**9) as server, Load(server.address, plan) as load:
        tally = load.wait_end()

    assert (400, 0, 0) == (len(tally.answered), len(tally.failures), tally.closed_idle)
    assert tally.connects <= 8 + 400


@pytest.mark.slow
def test_a_kept_connection_that_is_closed_while_idle_is_noticed() -> None:
    """No request is lost by it; but only luck kept one from being under way."""
    plan = Plan(kept=1, closing=0, pause_s=0.2, total=4)
    with FaultyServer(Fault.CLOSE_IDLE) as server, Load(server.address, plan) as load:
        tally = load.wait_end()

    assert (4, 0, 4) == (len(tally.answered), len(tally.failures), tally.connects)
    assert tally.closed_idle >= 3
