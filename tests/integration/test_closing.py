"""A listener that is closed resets nobody who has come in, and lets nobody new in, whoever holds a copy."""

from __future__ import annotations

import errno
import signal
import socket
import struct
from array import array
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.conformance.conftest import KINDS
from tests.support import connect
from tests.wire import Wire
from wsgid.net.address import parse_address
from wsgid.net.closing import has_half_open, is_shut, keep_out
from wsgid.net.listener import close_listener, open_listener
from wsgid.workers.acceptor import ACCEPTS_ASIDE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess
    from wsgid.net.listener import Listener

pytestmark = pytest.mark.slow

# socket(7): SO_ATTACH_FILTER and SO_DETACH_FILTER; and a filter that drops all.
ATTACH, DETACH = 26, 27
DROP_ALL = array("B", struct.pack("=HBBI", 0x06, 0, 0, 0))
SOON_S = 10.0


@pytest.fixture(params=["127.0.0.1:0", "[::1]:0", "unix:{}/socket", "unix:@{}/abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    made = open_listener(parse_address(request.param.format(tmp_path)), backlog=8)
    yield made
    close_listener(made)


def name_of(listener: Listener) -> str:
    return str(listener.address)


def half_open(address: tuple[str, int]) -> socket.socket:
    """Begin a handshake: what the server says to it does not reach the client, until `DETACH`."""
    client = socket.socket()
    client.setblocking(False)
    program = struct.pack("@HP", 1, DROP_ALL.buffer_info()[0])
    client.setsockopt(socket.SOL_SOCKET, ATTACH, program)
    assert errno.EINPROGRESS == client.connect_ex(address)
    return client


def test_who_is_in_the_queue_is_let_in_and_nobody_new_comes(listener: Listener) -> None:
    with connect(name_of(listener)) as early:
        assert not is_shut(listener)
        keep_out(listener, is_stop=True)
        assert is_shut(listener)

        # TCP drops the first word of a newcomer, who says it again after a second; Unix refuses.
        with pytest.raises((TimeoutError, ConnectionRefusedError, FileNotFoundError)):
            connect(name_of(listener), timeout_s=0.2).close()
        accepted, _ = listener.socket.accept()
        with accepted:
            early.sendall(b"x")
            accepted.settimeout(SOON_S)
            assert b"x" == accepted.recv(9)
    with pytest.raises(BlockingIOError):
        listener.socket.accept()
    assert not has_half_open(listener)


def test_any_copy_knows_that_it_is_shut(listener: Listener) -> None:
    """The arbiter keeps newcomers out, the workers have to know."""
    copy = open_copy(listener)
    try:
        keep_out(listener, is_stop=True)
        assert is_shut(copy)
    finally:
        copy.socket.close()


def open_copy(listener: Listener) -> Listener:
    return type(listener)(
        listener.socket.dup(), listener.address, listener.host, listener.port, listener.inode
    )


def test_a_handshake_under_way_is_seen_and_may_end() -> None:
    listener = open_listener(parse_address("127.0.0.1:0"), backlog=8)
    with half_open(listener.socket.getsockname()) as client:
        keep_out(listener, is_stop=True)
        assert has_half_open(listener)

        client.setsockopt(socket.SOL_SOCKET, DETACH, 0)
        client.setblocking(True)
        listener.socket.settimeout(SOON_S)
        accepted, peer = listener.socket.accept()
        accepted.close()
        assert client.getsockname() == peer
        assert not has_half_open(listener)
    close_listener(listener)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_waits_for_a_handshake_and_answers(serve: Serve, kind: str) -> None:
    """Over a network the last word of a handshake needs a while: who sent it thinks that it is let in."""
    server = serve("-w", "2", *KINDS[kind])
    with half_open(("127.0.0.1", server.port)) as client:
        server.signal(signal.SIGTERM)
        server.expect("stopping gracefully")
        # The server says its part again a second after it began.
        client.setsockopt(socket.SOL_SOCKET, DETACH, 0)
        client.settimeout(SOON_S)
        with Wire(client) as wire:
            answer = wire.ask(get("/"))

            assert (200, True) == (answer.status, answer.is_last)
    assert 0 == server.wait()


def test_a_stop_does_not_wait_for_a_handshake_that_does_not_end(serve: Serve) -> None:
    """Whoever floods the server with SYNs cannot keep it."""
    server = serve("-w", "2")
    with half_open(("127.0.0.1", server.port)):
        assert 0 == server.stop()


@pytest.mark.load
@pytest.mark.parametrize("address", ["127.0.0.1:0", "unix:./socket", "unix:@{}"])
def test_a_stop_serves_more_than_it_may_have_open(serve: Serve, address: str) -> None:
    """At worker_connections the rest waits in the queue, and is let in one after the other."""
    bind = address.format(f"wsgid-test-{id(serve)}")
    server = serve("-w", "1", "--worker-connections", "2", bind=(bind,))
    (worker,) = server.children()
    server.signal(signal.SIGSTOP, worker)
    wires = ask(server, server.address, 8)
    server.signal(signal.SIGTERM)
    server.expect("stopping gracefully")
    server.signal(signal.SIGCONT, worker)

    assert [200] * 8 == answers(wires)
    assert 0 == server.wait()


@pytest.mark.load
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["127.0.0.1:0", "unix:./before"])
def test_an_address_that_a_reload_drops_resets_nobody(serve: Serve, before: str, kind: str) -> None:
    """Who waits in its queue is served, though only the workers that leave could let him in."""
    text = 'workers = 1\nbind = ["{}"]\n'
    server = serve("-c", "shop.toml", *KINDS[kind], bind=(), files={"shop.toml": text.format(before)})
    address = server.address
    (worker,) = server.children()
    server.signal(signal.SIGSTOP, worker)
    # More than are accepted at once of a queue that others serve as well.
    wires = ask(server, address, 2 * ACCEPTS_ASIDE)
    (server.directory / "shop.toml").write_text(text.format("unix:./after"))
    server.signal(signal.SIGHUP)
    server.expect("listening at unix:./after")
    server.signal(signal.SIGCONT, worker)

    assert [200] * len(wires) == answers(wires)
    server.expect("reload done generation=2")
    with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
        server.connect(address)
    with Wire(server.connect("unix:./after")) as wire:
        assert 200 == wire.ask(get("/")).status


def ask(server: ServerProcess, address: str, count: int) -> list[Wire]:
    """Ask on so many new connections, whoever accepts them."""
    wires = [Wire(server.connect(address)) for _ in range(count)]
    for wire in wires:
        wire.send(get("/"))
    return wires


def answers(wires: list[Wire]) -> list[int]:
    """Read an answer each, one after the other, and close."""
    found = []
    for wire in wires:
        with wire:
            found.append(wire.read_answer().status)
    return found
