"""syslog's addresses."""

from __future__ import annotations

import socket

import pytest

from wsgid.log.syslog import Peer, parse_peer


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (Peer(socket.AF_INET, (socket.SOCK_DGRAM,), ("127.0.0.1", 5140)), "udp://127.0.0.1:5140"),
        (Peer(socket.AF_INET, (socket.SOCK_STREAM,), ("127.0.0.1", 514)), "tcp://127.0.0.1"),
        (Peer(socket.AF_INET6, (socket.SOCK_DGRAM,), ("::1", 514)), "udp://[::1]"),
        (Peer(socket.AF_UNIX, (socket.SOCK_DGRAM, socket.SOCK_STREAM), "/dev/log"), "unix:///dev/log"),
        (Peer(socket.AF_UNIX, (socket.SOCK_STREAM,), "/dev/log"), "unix:///dev/log#stream"),
    ],
)
def test_an_address_is_read_as_gunicorns(expected: Peer, text: str) -> None:
    assert expected == parse_peer(text)


@pytest.mark.parametrize("text", ["localhost:514", "unix://log", "unix:///dev/log#tcp", "http://localhost"])
def test_what_is_no_address_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"write `udp://HOST:PORT`"):
        parse_peer(text)
