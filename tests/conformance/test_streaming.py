"""A block goes out before the next is asked for, and a client that leaves ends its response (PEP 3333)."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import chunked, get, ordered, post
from tests.conformance.test_deadlines import unread, worse_than_info

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.stage import Stage

# l_onoff, l_linger of socket(7): close() sends a reset
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Give a FIFO by which a test lets the application go on, and the descriptor to write to."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    # read and write: it opens though nobody reads yet, and keeps what is written (fifo(7))
    descriptor = os.open(path, os.O_RDWR)
    yield path, descriptor
    os.close(descriptor)


@pytest.mark.parametrize("way", ["", "write"])
def test_block_goes_out_before_the_next(stage: Stage, fifo: tuple[Path, int], way: str) -> None:
    """Events and progress pages live on it. The application waits until the client has the block."""
    path, descriptor = fifo
    with stage.wire() as wire:
        wire.send(get(f"/-/lockstep?{way}", f"X-Fifo: {path}"))
        for block in (b"one", b"two", b"three"):
            wire.read_until(block + b"\r\n")
            os.write(descriptor, b"x")

        assert wire.read_exactly(5) == b"0\r\n\r\n"


def test_block_of_a_known_length_goes_out_before_the_next(stage: Stage, fifo: tuple[Path, int]) -> None:
    """The same without chunks."""
    path, descriptor = fifo
    with stage.wire() as wire:
        wire.send(get("/-/lockstep?length", f"X-Fifo: {path}"))
        for block in (b"\r\n\r\none", b"two", b"three"):
            wire.read_until(block)
            os.write(descriptor, b"x")

        assert wire.ask(get("/-/mark?next")).status == 204


def test_client_that_leaves_ends_an_endless_response(stage: Stage) -> None:
    """close() is called once, nobody is alarmed, and the worker is free."""
    since = stage.mark()
    with unread(stage) as wire:
        wire.send(get("/-/endless"))
        wire.read_until(b"\r\n\r\n")

    told = stage.server.expect(r"^-- close blocks=(\d+)$", since=since)
    assert int(told[1]) < 4096
    stage.mark()
    assert worse_than_info(stage, since) == []
    assert stage.server.lines(since).count(told[0]) == 1


@pytest.mark.parametrize(
    "octets",
    [
        get("/")[:-2],
        post(b"hello")[:-1],
        post(b"a" * 200_000)[:-1],
        chunked(b"hello")[:-5],
        b"",
    ],
    ids=["in a head", "in a body", "in a spooled body", "before the last chunk", "before a request"],
)
def test_client_that_leaves_before_its_request_is_whole(buffered_stage: Stage, octets: bytes) -> None:
    """The application must not see a part of a body as the whole; and clients may leave unnoticed."""
    since = buffered_stage.mark()
    for linger in (None, RESET):
        with buffered_stage.wire() as wire:
            if linger:
                wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            wire.send(octets)
            buffered_stage.mark()
    buffered_stage.mark()

    assert [line for line in buffered_stage.server.lines(since) if "-- call" in line] == []
    assert worse_than_info(buffered_stage, since) == []


def test_client_that_leaves_before_its_answer(stage: Stage, fifo: tuple[Path, int]) -> None:
    """The answer has nowhere to go: that is no error of anybody."""
    path, descriptor = fifo
    since = stage.mark()
    with stage.wire() as wire:
        wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        wire.send(get("/-/hold", f"X-Fifo: {path}"))
        stage.server.expect("^-- holding$", since=since)
    os.write(descriptor, b"x")
    with stage.wire() as wire:
        wire.send(ordered(body=["a"]))
        wire.read_answer()
    stage.server.expect("^-- close$", since=since)

    assert worse_than_info(stage, since) == []
