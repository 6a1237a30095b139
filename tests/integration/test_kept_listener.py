"""A listener that a reload keeps takes the settings of a listener that can be changed."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from wsgid.arbiter.generation import Generations
from wsgid.config.load import load
from wsgid.net.activation import PassedSockets
from wsgid.net.inheritance import Inheritance

if TYPE_CHECKING:
    from wsgid.config.settings import Settings

BIND = "127.0.0.1:0"


def settings(*argv: str) -> Settings:
    return load(["-b", BIND, *argv, "shop:app"], {}, "/").settings


def queue_of(sock: socket.socket) -> int:
    """Return how many connections may wait: for a listener it stands in tcpi_sacked (tcp(7), linux/tcp.h)."""
    (length,) = struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64), 28)
    return int(length)


def test_backlog_is_changed_when_the_reload_is_accepted_and_not_before() -> None:
    generations = Generations(
        settings("--backlog", "5"), PassedSockets({}), Inheritance((), {}), shares=False
    )
    try:
        listener = generations.current.listeners[BIND].socket
        generations.propose(settings("--backlog", "9"))
        assert 5 == queue_of(listener)
        generations.refuse()
        assert 5 == queue_of(listener)

        generations.propose(settings("--backlog", "7"))
        generations.accept()
        assert listener is generations.current.listeners[BIND].socket
        assert 7 == queue_of(listener)
    finally:
        generations.close()
