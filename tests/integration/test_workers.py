"""What every kind of worker promises, one by one.

A new kind is a line of KINDS: how it is chosen, and an application for it that does what tests/apps/kinds.py
does.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.case import get
from tests.support import ROOT, ServerProcess, start_server
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from _pytest.mark import ParameterSet

    from tests.wire import Answer

pytestmark = pytest.mark.slow

BOUND = 3
HEADER_TIMEOUT_S = 0.5

# The example that docs/howto/write-a-worker-class.md shows, as it stands there.
HOWTO = (ROOT / "docs/howto/write-a-worker-class.md").read_text(encoding="utf-8")
EXAMPLE = HOWTO.partition("```python\n")[2].partition("```\n")[0]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind is chosen, and what it serves."""

    arguments: tuple[str, ...]
    app: str = "tests.apps.kinds:application"
    files: tuple[tuple[str, str], ...] = ()


KINDS: Mapping[str, Kind] = {
    "sync": Kind(("-k", "sync")),
    "gthread": Kind(("-k", "gthread", "--threads", "4")),
    "gevent": Kind(("-k", "gevent")),
    "eventlet": Kind(("-k", "eventlet")),
    "tornado": Kind(("-k", "tornado"), "tests.apps.kinds_tornado:site"),
    "asgi": Kind(("-k", "asgi"), "tests.apps.kinds_asgi:application"),
    "custom": Kind(("-k", "one_by_one:OneByOne"), files=(("one_by_one.py", EXAMPLE),)),
}
# Those whose server is that of another kind, with more threads or another library; and sync, which all other
# files ask.
AGAIN = {"sync", "gthread", "eventlet", "tornado"}


def marked(kinds: Iterable[str], again: AbstractSet[str] = AGAIN) -> list[str | ParameterSet]:
    return [pytest.param(kind, marks=pytest.mark.again) if kind in again else kind for kind in kinds]


ALL = marked(KINDS)
# gevent has more of it in test_green_threads.py.
ALL_HANGING = marked(KINDS, AGAIN | {"gevent"})
# What is between two kinds.
OF_TWO = frozenset(
    {
        "test_idle_connection_goes_to_the_worker_of_another_kind",
        "test_idle_connection_gets_one_more_answer_where_no_successor_takes_it",
    }
)


@contextlib.contextmanager
def start(kind: str, *arguments: str, **options: Any) -> Iterator[ServerProcess]:
    known = KINDS[kind]
    with start_server(
        *known.arguments, *arguments, app=known.app, files=dict(known.files), **options
    ) as server:
        yield server


@pytest.fixture(scope="module", params=ALL)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """A server of this kind, for all promises that do not end it."""
    with start(
        request.param,
        *("--access-logfile", "access.log", "--control-socket", "control"),
        *("--worker-connections", str(BOUND), "--header-timeout", str(HEADER_TIMEOUT_S)),
        bind=("127.0.0.1:0", "unix:w.sock"),
    ) as running:
        yield running


def ask(server: ServerProcess, path: str = "/", address: str | None = None) -> Answer:
    with Wire(server.connect(address)) as wire:
        return wire.ask(get(path, "Connection: close"))


def status(server: ServerProcess) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "wsgid.cli.ctl",
        "-s",
        str(server.directory / "control"),
        "--json",
        "status",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    told = json.loads(done.stdout)["status"]
    assert isinstance(told, dict)
    return told


def wait_for_line(path: Path, text: str) -> None:
    """A line in a file comes when the answer is out, perhaps a moment later."""
    until = time.monotonic() + 10
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < until, f"no {text!r} in {path}"
        time.sleep(0.02)


def test_listens_on_every_address(server: ServerProcess) -> None:
    answers = [ask(server, "/", address) for address in server.addresses]

    assert [200, 200] == [answer.status for answer in answers]


def test_every_request_has_a_line(server: ServerProcess) -> None:
    ask(server, "/lined?a=b")

    wait_for_line(server.directory / "access.log", '"GET /lined?a=b HTTP/1.1" 200')


def test_requests_and_workers_are_counted(server: ServerProcess) -> None:
    before = status(server)
    answers = [ask(server, path).status for path in ("/", "/raise", "/fail")]
    after = status(server)

    assert [200, 500, 503] == answers
    assert (3, 2) == tuple(after[name] - before[name] for name in ("requests", "failed"))
    assert ["serving"] == [worker["state"] for worker in after["workers"]]


def test_more_connections_than_there_may_be_are_all_served(server: ServerProcess) -> None:
    """Whoever is idle makes room, or whoever comes waits until there is some."""
    with contextlib.ExitStack() as stack:
        wires = []
        answers = []
        for _ in range(3 * BOUND):
            wires.append(stack.enter_context(Wire(server.connect())))
            answers.append(wires[-1].ask(get("/")))
        still_open = sum(map(is_open, wires))

    assert [200] * len(answers) == [answer.status for answer in answers]
    assert BOUND >= still_open


def is_open(wire: Wire) -> bool:
    """Say whether the server has not closed its side, of a connection on which nothing more is to come."""
    return not select.select([wire.sock], [], [], 0)[0]


@pytest.mark.parametrize("octets", [b"", b"GET / HTTP/1.1\r\nHo"], ids=["nothing", "half a head"])
def test_head_that_does_not_come_ends_its_connection(server: ServerProcess, octets: bytes) -> None:
    with server.connect() as client:
        client.sendall(octets)

        assert client.recv(100)[:12] in {b"", b"HTTP/1.1 408"}


def test_logs_are_opened_anew(server: ServerProcess) -> None:
    log = server.directory / "access.log"
    ask(server, "/before")
    wait_for_line(log, "/before")
    log.rename(server.directory / "access.log.1")
    since = server.mark()
    server.signal(signal.SIGUSR1)
    server.expect("logs reopened", since=since)
    # The worker hears of it by itself.
    until = time.monotonic() + 10
    while not log.exists() or "/after" not in log.read_text():
        assert time.monotonic() < until
        ask(server, "/after")

    assert "/before" not in log.read_text()


def test_reload_replaces_the_worker_and_nobody_notices(server: ServerProcess) -> None:
    before = int(ask(server).body)
    since = server.mark()
    server.signal(signal.SIGHUP)
    server.expect("worker ready", since=since)
    answers: list[Answer] = []
    while not answers or int(answers[-1].body) == before:
        answers.append(ask(server))
    server.expect(rf"worker gone .*pid={before} ", since=since)

    assert {200} == {answer.status for answer in answers}


@pytest.mark.parametrize("kind", ALL)
def test_successor_takes_over_on_usr2(kind: str) -> None:
    """The command is a new process, and no request is lost over it."""
    with start(kind) as server:
        before = int(ask(server).body)
        server.signal(signal.SIGUSR2)
        successor = int(server.expect(r"upgrade done successor=(\d+) serves", deadline_s=30)[1])
        try:
            answers = [ask(server) for _ in range(5)]
            server.expect(rf"worker gone .*pid={before} ", deadline_s=30)
            answers.append(ask(server))
        finally:
            os.kill(successor, signal.SIGQUIT)

        assert {200} == {answer.status for answer in answers}
        assert before != int(answers[-1].body)


@pytest.mark.parametrize("kind", ALL)
def test_stop_finishes_what_was_begun(kind: str) -> None:
    with start(kind) as server, Wire(server.connect()) as wire:
        wire.send(get("/wait", "Connection: close"))
        server.expect("^-- waiting$")
        server.signal(signal.SIGTERM)

        assert 200 == wire.read_answer().status
        assert 0 == server.wait()
        assert "ERROR" not in server.log


@pytest.mark.parametrize("kind", ALL)
def test_worker_is_replaced_after_its_requests(kind: str) -> None:
    """And no request is lost over it."""
    with start(kind, "--max-requests", "5") as server:
        since = server.mark()
        pids = [int(ask(server).body)]
        while len(set(pids)) == 1:
            pids.append(int(ask(server).body))
        server.expect(rf"worker gone .*pid={pids[0]} .*(retired|worn)", since=since)

        assert len(pids) > 5


@pytest.mark.parametrize("kind", ALL_HANGING)
def test_call_that_holds_its_worker_up_is_ended_and_told(kind: str) -> None:
    """By the beat of a loop, which it keeps from turning, or by the cell that says what a thread is at."""
    with start(kind, "--timeout", "1") as server, server.connect(timeout_s=30) as client:
        client.sendall(get("/spin"))
        told = server.expect("worker (silent|hung) ", deadline_s=30)
        server.expect("worker ready", count=2, deadline_s=30)
        # Where other threads serve on, its replacement comes first.
        server.expect(r'File ".*in application', deadline_s=30)

        assert "longer than timeout (1 s)" in told.string
        assert 200 == ask(server).status


@pytest.mark.parametrize("kind", ALL)
def test_passed_socket_is_served(kind: str) -> None:
    """Whoever opened it, systemd or a predecessor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with start(kind, bind=(), sockets=[("web", listener)]) as server:
            assert 200 == ask(server, "/", address).status


def test_idle_connection_goes_to_the_worker_of_another_kind() -> None:
    """A reload may change worker_class, and who is connected does not notice."""
    with start_server(config='worker_class = "sync"\n', app="tests.apps.kinds:application") as server:
        with Wire(server.connect()) as wire:
            old = int(wire.ask(get("/")).body)
            (server.directory / "wsgid.toml").write_text('worker_class = "gevent"\n')
            server.signal(signal.SIGHUP)
            server.expect(rf"worker gone .*pid={old} ")
            answer = wire.ask(get("/"))

        assert (200, False) == (answer.status, answer.is_last)
        assert old != int(answer.body)


def test_idle_connection_gets_one_more_answer_where_no_successor_takes_it() -> None:
    """A class of somebody's own reads its listeners, and not what other workers pass on."""
    files = {"one_by_one.py": EXAMPLE}
    config = 'worker_class = "gevent"\n'
    with start_server(config=config, app="tests.apps.kinds:application", files=files) as server:
        with Wire(server.connect()) as wire:
            old = int(wire.ask(get("/")).body)
            (server.directory / "wsgid.toml").write_text('worker_class = "one_by_one:OneByOne"\n')
            server.signal(signal.SIGHUP)
            server.expect("worker ready .*generation=2")
            # It is told to leave next, and may not have heard that yet.
            answers = [wire.ask(get("/"))]
            while not answers[-1].is_last:
                answers.append(wire.ask(get("/")))

        assert {(200, old)} == {(answer.status, int(answer.body)) for answer in answers}
        server.expect(rf"worker gone .*pid={old} ")
