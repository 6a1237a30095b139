"""What a client may send without end, or break off anywhere, costs little and leaves nothing behind."""

from __future__ import annotations

import contextlib
import select
import threading
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import memory_kib, settled_descriptors
from tests.support import start_server, wait_until
from tests.wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Iterator

    from tests.support import ServerProcess

KINDS = {"sync": ("-w", "1"), "threads": ("-w", "1", "--threads", "4"), "gevent": ("-w", "1", "-k", "gevent")}
SOON_S = 5.0
# What the client of a test sends at most before it must have been refused; and what that may cost.
ENDLESS = 8 << 20
KEPT_KIB = 4 * 1024

HEAD = b"POST /a HTTP/1.1\r\nHost: h\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=KINDS)
def on(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with start_server(*KINDS[request.param], "--limit-request-body", "1M") as server:
        yield server


@pytest.mark.parametrize(
    ("first", "endless", "status"),
    [
        (b"", b"\r\n" * 2048, 400),
        (b"GET /", b"a" * 4096, 414),
        (b"GET / HTTP/1.1\r\nHost: h\r\n", b"X-A: b\r\n" * 512, 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX-A: ", b"a" * 4096, 431),
        (CHUNKED, b"1;" + b"a" * 4096 + b"\r\nb\r\n", 400),
        (CHUNKED + b"1;", b"a" * 4096, 400),
        (CHUNKED + b"0\r\n", b"X-A: b\r\n" * 512, 400),
        (CHUNKED, b"1000\r\n" + b"a" * 4096 + b"\r\n", 413),
        (HEAD + b"Content-Length: 100000000\r\n\r\n", b"a" * 4096, 413),
    ],
    ids=["lines", "target", "fields", "field", "extensions", "extension", "trailers", "chunks", "length"],
)
def test_what_never_ends_is_refused_and_kept_nowhere(
    on: ServerProcess, first: bytes, endless: bytes, status: int
) -> None:
    """Be it a piece of a head or what brings a body no nearer to its limit."""
    ask(on)
    workers = on.children()
    before = memory_kib(workers), descriptors(on)
    with on.connect() as sock:
        sent = send_until_answered(sock, first, endless)
        answer = Wire(sock).read_answer()
    ask(on)

    assert (status, True) == (answer.status, answer.is_last)
    assert sent < ENDLESS
    assert memory_kib(workers) - before[0] < KEPT_KIB
    assert descriptors(on, before[1]) <= before[1]


@pytest.mark.load
@pytest.mark.parametrize("count", [5000])
def test_thousands_of_requests_at_once_are_answered_in_order(on: ServerProcess, count: int) -> None:
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(count))
    with Wire(on.connect()) as wire, sending(wire, requests):
        paths = [wire.read_answer().body.split()[1] for _ in range(count)]

    assert [b"/%d" % number for number in range(count)] == paths


@pytest.mark.load
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_bodies_at_once_are_read_one_by_one(kind: str) -> None:
    """Each is served when its head is here; a call for each inside the last would end the worker."""
    count = 3000
    requests = b"".join(
        b"POST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n%04d" % (number, number)
        for number in range(count)
    )
    with start_server(*KINDS[kind], "--no-request-buffering") as server:
        workers = server.children()
        with Wire(server.connect()) as wire:
            # Cut anywhere, so that there is always a request that waits for the next read.
            for at in range(0, 40 * 500, 500):
                wire.send(requests[at : at + 500])
            with sending(wire, requests[20_000:]):
                bodies = [wire.read_answer().body.split()[-1] for _ in range(count)]

        assert [b"%04d" % number for number in range(count)] == bodies
        assert workers == server.children()


@pytest.mark.fault
def test_disconnects_at_every_octet_leave_nothing(on: ServerProcess) -> None:
    ask(on)
    workers = on.children()
    before = descriptors(on)
    mark = on.mark()
    for request in (
        HEAD + b"Content-Length: 5\r\n\r\nhello",
        CHUNKED + b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    ):
        for at in range(len(request) + 1):
            with on.connect() as sock:
                sock.sendall(request[:at])

    assert descriptors(on, before) <= before
    assert workers == on.children()
    assert [] == [line for line in on.lines(mark) if "ERROR" in line or "WARNING" in line]


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["sync", "threads"])
def test_the_disk_that_bodies_and_answers_have_taken_comes_back(kind: str, tmp_path: Path) -> None:
    """Of clients that leave in the middle and of those that stay; spool_limit is enough for two rounds."""
    size, count, large = 400_000, 8, 12 << 20
    upload = b"POST /echo?1 HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size
    limits = ("--body-memory", "64K", "--spool-limit", "64M")
    places = ("--tmp-upload-dir", str(tmp_path))
    with start_server(*KINDS[kind], *limits, *places, app="tests.load.app:application") as server:
        workers = server.children()
        for _ in range(4):
            with contextlib.ExitStack() as stack:
                uploads = [stack.enter_context(Wire(server.connect())) for _ in range(count)]
                readers = [stack.enter_context(Wire(server.connect())) for _ in range(2)]
                for wire in uploads:
                    wire.send(upload + bytes(size - 1))
                for wire in readers:
                    # More than the kernel takes for both sides.
                    wire.send(b"GET /large?1&%d HTTP/1.1\r\nHost: h\r\n\r\n" % large)
                wait_until(lambda: spooled(workers, tmp_path) > (size - 1) * count + large // 4)
                for wire in uploads[: count // 2]:
                    assert 200 == wire.ask(b"\0").status
                assert large == len(readers[0].read_answer().body)
            wait_until(lambda: spooled(workers, tmp_path) == 0)

        assert workers == server.children()
        assert [] == list(tmp_path.iterdir())
        assert "status=503" not in server.log


# ------------------------------------------------------------------


def spooled(pids: Iterable[int], directory: Path) -> int:
    """Sum the octets of the files below a directory that processes have open, whatever names they have."""
    total = 0
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if str(entry.readlink()).startswith(f"{directory}/"):
                    total += entry.stat().st_size
    return total


def ask(server: ServerProcess) -> None:
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n").status


def send_until_answered(sock: socket.socket, first: bytes, endless: bytes) -> int:
    """Send the first octets, then the others again and again, until something comes back."""
    sock.sendall(first)
    sent = 0
    while sent < ENDLESS and not select.select([sock], [], [], 0)[0]:
        with contextlib.suppress(ConnectionError):
            sock.sendall(endless)
        sent += len(endless)
    return sent


@contextlib.contextmanager
def sending(wire: Wire, octets: bytes) -> Iterator[None]:
    """Send while the block reads: neither side has room for all of it."""
    thread = threading.Thread(target=wire.send, args=(octets,), daemon=True)
    thread.start()
    yield
    thread.join(SOON_S)
    assert not thread.is_alive()


def descriptors(server: ServerProcess, goal: float = inf) -> int:
    """Count what the workers have open, once they have closed what their clients have left."""
    with Wire(server.connect()) as wire:
        return settled_descriptors(
            server.children(), lambda: wire.ask(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"), goal
        )
