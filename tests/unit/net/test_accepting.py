"""What each error of accept(2) means for who waits; real connections are in integration/test_closing.py."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any, cast

import pytest

from wsgid.net.accepting import accept
from wsgid.net.address import Address
from wsgid.net.listener import Listener


class Queue:
    """A listening socket, whose accept(2) comes to this, one after the other: an errno, or a descriptor."""

    def __init__(self, *outcomes: OSError | int) -> None:
        self._outcomes = list(outcomes)

    def _accept(self) -> tuple[int, Any]:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome, ("192.0.2.1", 4711)


class Accepted:
    """What is made of a descriptor."""

    def __init__(self, family: int, kind: int, protocol: int, fd: int) -> None:
        self.made_of = family, kind, protocol, fd
        self.blocks = True

    def setblocking(self, blocks: bool) -> None:  # noqa: FBT001 - as sockets have it
        self.blocks = blocks


def failed(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def let_in(*outcomes: OSError | int) -> tuple[Accepted, Any] | None:
    listener = Listener(cast("socket.socket", Queue(*outcomes)), Address(socket.AF_INET), "", "")
    return cast("tuple[Accepted, Any] | None", accept(listener, cast("type[socket.socket]", Accepted)))


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EINVAL])
def test_nobody_waits(number: int) -> None:
    """Another process was quicker; or the socket was ended, and its queue is empty."""
    assert let_in(failed(number)) is None


def test_whoever_has_gone_keeps_nobody_behind_him_waiting() -> None:
    """At a stop who is left in the queue would be reset."""
    accepted = let_in(failed(errno.ECONNABORTED), failed(errno.EPROTO), 7)
    assert accepted is not None
    sock, peer = accepted

    assert (socket.AF_INET, socket.SOCK_STREAM, 0, 7) == sock.made_of
    assert not sock.blocks
    assert ("192.0.2.1", 4711) == peer


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EPERM])
def test_who_cannot_be_let_in_waits_for_better_times(number: int) -> None:
    """It would fail again at once: whoever tries without a pause takes a processor."""
    with pytest.raises(OSError, match=os.strerror(number)):
        let_in(failed(number), 7)
