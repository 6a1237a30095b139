"""Requests out of octets, without a socket."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.http1 import HEAD_BOUND, START_LINE, Limits, Request, RequestParser
from wsgid.protocol.refusal import Refusal


class Sink(bytearray):
    """A body in memory."""

    def write(self, data: bytes) -> None:
        self.extend(data)

    def close(self) -> None:
        self.clear()


def parser(limits: Limits | None = None, underscores: str = "drop") -> RequestParser:
    return RequestParser(limits or Limits(), FieldKeys(underscores), lambda _: Sink(), {})


def told(request: Request) -> tuple[object, ...]:
    body = bytes(request.body) if isinstance(request.body, Sink) else None
    return request.method, request.target, request.path, request.keep_alive, request.environ, body


def read(*pieces: bytes, limits: Limits | None = None) -> list[tuple[object, ...]]:
    """Feed the pieces, and answer each request before more is read, as a connection does."""
    requests = parser(limits)
    out: list[tuple[object, ...]] = []
    try:
        for piece in pieces:
            request = requests.feed(piece)
            while request is not None:
                out.append(told(request))
                request = requests.feed() if requests.rest else None
    except Refusal as refusal:
        out.append((refusal.status,))
    return out


@pytest.mark.parametrize(
    "line", ["GE{}T /x HTTP/1.1", "GET{} /x HTTP/1.1", "GET /{}x HTTP/1.1", "GET / HTTP/1{}.1"]
)
def test_start_line_is_right_by_one_rule(line: str) -> None:
    """What is common is recognized in a shorter way, which may let nothing else pass."""
    for octet in {*range(256)} - {*b"\r\n"}:
        said = line.format(chr(octet))
        answer = read(said.encode("latin-1") + b"\r\nHost: h\r\n\r\n")
        is_right = START_LINE.fullmatch(said) is not None

        assert is_right == (len(answer) == 1 and (len(answer[0]) > 1 or answer[0] == (501,))), (said, answer)


def feed_all(requests: RequestParser, piece: bytes, times: int) -> None:
    for _ in range(times):
        requests.feed(piece)


STREAM = (
    b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\n4\r\n\r\n\r\n\r\n0\r\nT: v\r\n\r\n"
    b"\r\nGET /b?q HTTP/1.1\r\nHost: h\r\nCookie: a\r\nCookie: b\r\nX: 1\r\nX: 2 \t\r\n\r\n"
    b"POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n\r\n\r\nabc"
    b"PUT /d HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nxy"
    b"GET http://H:1/e HTTP/1.1\r\nHost: other\r\n\r\n"
    b"GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
)
WHOLE = read(STREAM)


def test_requests_of_one_segment_come_in_order() -> None:
    assert ["/a", "/b?q", "/c", "/d", "http://H:1/e", "/f"] == [request[1] for request in WHOLE]
    assert [b"abc\r\n\r\n", None, b"\r\n\r\nabc", b"xy", None, None] == [request[5] for request in WHOLE]
    assert {"HTTP_HOST": "h", "HTTP_COOKIE": "a; b", "HTTP_X": "1,2"} == WHOLE[1][4]


def test_octet_by_octet_gives_the_same_requests() -> None:
    assert WHOLE == read(*(STREAM[at : at + 1] for at in range(len(STREAM))))


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_gives_the_same_requests(cuts: list[int]) -> None:
    """Where a segment ends is the network's affair, and must never change what was asked."""
    places = [0, *sorted(cuts), len(STREAM)]

    assert WHOLE == read(*(STREAM[a:b] for a, b in pairwise(places)))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_empty_lines_are_counted_however_they_come(size: int) -> None:
    """Cut between CR and LF they were forgotten, and could go on for ever."""
    octets = b"\r\n" * 9 + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    assert [(400,)] == read(*(octets[at : at + size] for at in range(0, len(octets), size)))


def test_a_field_that_is_too_large_is_refused_before_its_head_has_ended() -> None:
    """Though it came whole, and another one is begun."""
    head = b"GET / HTTP/1.1\r\nA: 234567\r\nB"

    assert [(431,)] == read(head, limits=Limits(field_size=8))
    assert [] == read(head, limits=Limits(field_size=9))


def test_a_field_for_proxies_ends_no_connection() -> None:
    """Proxy-Connection is in no standard, and llhttp takes it for Connection."""
    one = b"GET / HTTP/1.1\r\nHost: h\r\nProxy-Connection: close\r\n\r\n"

    assert ["/", "/"] == [request[1] for request in read(one + one)]


def test_one_request_at_a_time() -> None:
    """What waits is octets, not requests: a client that sends hundreds at once costs one."""
    requests = parser()
    one = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    first = requests.feed(one * 500)

    assert first is not None
    assert one * 499 == requests.rest


@pytest.mark.parametrize(
    ("limits", "head", "status"),
    [
        (Limits(line=20), b"GET /23456 HTTP/1.1\r\nHost: h\r\n\r\n", None),
        (Limits(line=20), b"GET /234567 HTTP/1.1\r\nHost: h\r\n\r\n", None),
        (Limits(line=20), b"GET /2345678 HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (Limits(fields=2), b"GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n", None),
        (Limits(fields=2), b"GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nA: 2\r\n\r\n", 431),
        (Limits(field_size=8), b"GET / HTTP/1.1\r\nHost: h\r\nA: 23456\r\n\r\n", None),
        (Limits(field_size=8), b"GET / HTTP/1.1\r\nHost: h\r\nA: 234567\r\n\r\n", 431),
    ],
)
@pytest.mark.parametrize("in_pieces", [False, True])
def test_limits_at_n_and_one_more(
    limits: Limits, head: bytes, status: int | None, *, in_pieces: bool
) -> None:
    pieces = [head[at : at + 3] for at in range(0, len(head), 3)] if in_pieces else [head]

    out = read(*pieces, limits=limits)

    assert (status is not None) == (out[-1] == (status,))


@pytest.mark.parametrize(
    "head", [b"HEAD /%b HTTP/1.1\r\n" % (b"x" * 9000), b"HEAD / HTTP/1.1\r\n\r\n", b"HEAD  / x\r\n"]
)
def test_a_refused_head_is_known_as_one(head: bytes) -> None:
    """Its answer must have no body, whatever was wrong with it."""
    requests = parser()
    with pytest.raises(Refusal):
        requests.feed(head)

    assert requests.is_head


def test_a_head_without_end_is_refused_as_soon_as_it_is_too_large() -> None:
    requests = parser(Limits(line=0, fields=0, field_size=0))
    requests.feed(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")

    with pytest.raises(Refusal) as refused:
        feed_all(requests, b"x" * 1024, HEAD_BOUND // 1024 + 1)

    assert refused.value.status == 431


def test_a_value_in_pieces_costs_no_more_than_its_bound() -> None:
    """Llhttp alone would need quadratic time for it."""
    requests = parser()
    requests.feed(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
    before = time.process_time()

    with pytest.raises(Refusal):
        feed_all(requests, b"x" * 1024, 32 * 1024)

    assert time.process_time() - before < 0.05


@pytest.mark.parametrize("piece", [b"3;" + b"x" * 1000, b"\r\n" * 500])
def test_framing_without_end_is_refused(piece: bytes) -> None:
    """Chunk extensions have no callback and no natural end; nor have empty lines."""
    requests = parser()
    if piece.startswith(b"3"):
        requests.feed(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = piece[2:]
        requests.feed(b"3;")

    with pytest.raises(Refusal):
        feed_all(requests, piece, 40)


def test_a_body_beyond_its_limit_is_refused_when_it_is_known() -> None:
    assert (413,) == read(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n", limits=Limits(body=5))[
        -1
    ]
    chunked = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    assert [] == read(chunked, limits=Limits(body=5))
    assert [(413,)] == read(chunked + b"3\r\nabc\r\n", limits=Limits(body=5))
    # It is known before what is wrong behind it.
    assert [(413,)] == read(chunked + b"3\r\nabc\r\nGET / HTTP/1.1\r\n\r\n", limits=Limits(body=5))


def test_a_name_with_an_underscore_is_dropped_refused_or_taken() -> None:
    head = b"GET / HTTP/1.1\r\nHost: h\r\nX_Forwarded_For: 1\r\n\r\n"
    dropped, taken = parser().feed(head), parser(underscores="dangerous").feed(head)

    assert dropped is not None
    assert taken is not None
    assert "HTTP_X_FORWARDED_FOR" not in dropped.environ
    assert taken.environ["HTTP_X_FORWARDED_FOR"] == "1"
    with pytest.raises(Refusal):
        parser(underscores="refuse").feed(head)


def test_field_names_that_clients_make_up_do_not_pile_up() -> None:
    keys = FieldKeys()
    for number in range(5000):
        assert keys.find(f"X-{number}") == f"HTTP_X_{number}"

    assert len(keys.known) <= 1024
    assert not keys.find("Proxy")
