"""A large response to a client that does not read costs no thread, and is whole when it does read at last."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING

import pytest

from tests.apps.probe.files import content
from tests.conformance.case import get, ordered, ordered_file
from tests.conformance.conftest import KINDS
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

SIZE = 20_000_000


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest, serve_for_module: Serve) -> ServerProcess:
    """Give a server of each kind, with one worker: there is nobody else to answer."""
    return serve_for_module(*KINDS[request.param], app="tests.apps.probe:application")


def unread(server: ServerProcess) -> Wire:
    """Connect with a small receive buffer."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(20)
    sock.connect(("127.0.0.1", server.port))
    return Wire(sock)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["buffered", "raw"])
def test_clients_that_do_not_read_hold_no_thread(server: ServerProcess, kind: str) -> None:
    """Eight of them, more than there are threads; the ninth client is answered, and a file arrives whole."""
    wires = [unread(server) for _ in range(8)]
    for wire in wires:
        wire.send(ordered_file(kind=kind, size=SIZE))
    with Wire(server.connect()) as wire:
        assert wire.ask(get("/-/mark?while")).status == 204
    for wire in wires[:2]:
        answer = wire.read_answer()
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(content(SIZE)).digest()
    for wire in wires:
        wire.sock.close()


@pytest.mark.slow
def test_list_of_one_large_block_holds_no_thread(server: ServerProcess) -> None:
    """What the application has handed over whole needs it no more."""
    wires = [unread(server) for _ in range(8)]
    for wire in wires:
        wire.send(ordered(kind="joined", body=["x" * 4000], times=2000))
    with Wire(server.connect()) as wire:
        assert wire.ask(get("/-/mark?while")).status == 204
    assert wires[0].read_answer().body == b"x" * 8_000_000
    for wire in wires:
        wire.sock.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 32 * 1024 - 1, 32 * 1024], ids=str)
def test_blocks_of_a_stream_arrive_in_order_and_whole(server: ServerProcess, size: int) -> None:
    """The kernel takes a part of a chunk, and may stop before, in or behind the block."""
    texts = ["a", "bc", "", "defg", "h", "i"]
    with unread(server) as wire:
        answer = wire.ask(ordered(kind="generator", body=texts, repeat=size, times=8))

        assert b"".join(text.encode() * size for text in texts) * 8 == answer.body
        assert 204 == wire.ask(get("/-/mark?after")).status


@pytest.mark.slow
def test_file_is_closed_after_its_last_octet(server: ServerProcess) -> None:
    """Closed once: not before the client has it, and also when the client leaves in the middle."""
    since = server.mark()
    with unread(server) as wire:
        wire.send(ordered_file(kind="told-raw", size=SIZE))
        wire.read_until(b"\r\n\r\n")
    server.expect("^-- file closed$", since=since)
    since = server.mark()
    with unread(server) as wire:
        wire.send(ordered_file(kind="told-raw", size=SIZE))
        assert wire.read_answer().body == content(SIZE)
    server.expect("^-- file closed$", since=since)
    with Wire(server.connect()) as wire:
        wire.ask(get("/-/mark?end"))

    assert server.lines(since).count("-- file closed") == 1
