"""The reader of answers finds what a server must not send: else what it lets pass proves nothing."""

from __future__ import annotations

import socket

import pytest

from tests.wire import CutError, Wire, WireError

HEAD = b"HTTP/1.1 200 OK\r\n"


def reading(octets: bytes) -> Wire:
    """Give a connection on which these octets have come, and no more will."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    theirs.sendall(octets)
    theirs.close()
    return Wire(ours)


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\n\r\n",
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
        HEAD + b"X-A : 1\r\n\r\n",
        HEAD + b"X-A\r\n\r\n",
        HEAD + b"X-A: 1\n\r\n\r\n",
        HEAD + b"X-A: 1\r\n folded\r\n\r\n",
        HEAD + b"X-A: \x01\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n",
    ],
)
def test_reader_refuses_what_two_could_read_differently(octets: bytes) -> None:
    """Each is taken by one client or another in use."""
    with reading(octets) as wire, pytest.raises(WireError) as caught:
        wire.read_answer()

    assert caught.type is WireError


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        HEAD,
        HEAD + b"Content-Length: 5\r\n\r\nhell",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ],
)
def test_reader_knows_half_of_an_answer(octets: bytes) -> None:
    """Half of a response must never pass for the whole."""
    with reading(octets) as wire, pytest.raises(CutError):
        wire.read_answer()


def test_reader_takes_no_body_for_head() -> None:
    """A body after the answer to HEAD is read as the next answer, and is none."""
    with reading(HEAD + b"Content-Length: 5\r\n\r\nhello" + HEAD + b"\r\n") as wire:
        assert wire.read_answer(head=True).body == b""
        with pytest.raises(WireError):
            wire.read_answer()


def test_reader_reads_every_framing() -> None:
    """One after another on one connection, the last to its end."""
    octets = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        + HEAD
        + b"Content-Length: 5\r\n\r\nhello"
        + HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
        + b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
        + HEAD
        + b"X-A:\r\nConnection: close\r\n\r\nhello"
    )
    with reading(octets) as wire:
        answers = [wire.read_answer() for _ in range(5)]

    assert [answer.framing for answer in answers] == ["none", "length", "chunked", "none", "close"]
    assert [answer.body for answer in answers] == [b"", b"hello", b"hello", b"", b"hello"]
    assert answers[2].chunks == (b"he", b"llo")
    assert answers[4].is_last
