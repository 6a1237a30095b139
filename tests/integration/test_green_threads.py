"""Green threads: many wait side by side; one that takes too long ends alone, who holds the loop is named."""

from __future__ import annotations

import json
import re
import resource
import selectors
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.wire import Wire

if TYPE_CHECKING:
    import socket

    from tests.conftest import Serve

pytestmark = pytest.mark.slow

MANY = 1000

APP = """
import time
def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/second":
        time.sleep(1)
    elif path == "/ever":
        environ["wsgi.errors"].write("-- waiting\\n")  # at once: two workers write
        time.sleep(600)
    if path == "/spin":
        environ["wsgi.errors"].write("-- spinning\\n")
    while path == "/spin":
        pass
    start_response("200 OK", [("Content-Length", "4")])
    return [b"done"]
"""


@pytest.mark.parametrize("kind", ["gevent", pytest.param("eventlet", marks=pytest.mark.again)])
def test_a_thousand_requests_that_wait_a_second_take_little_more(serve: Serve, kind: str) -> None:
    """That is what green threads are for; 3 s is the bound with room for a busy machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * MANY)), hard))
    server = serve("-k", kind, "--worker-connections", "2000", app="app", files={"app.py": APP})
    clients = [server.connect() for _ in range(MANY)]
    try:
        began = time.monotonic()
        for client in clients:
            client.sendall(get("/second", "Connection: close"))
        statuses = _statuses(clients)
        took_s = time.monotonic() - began
    finally:
        for client in clients:
            client.close()

    assert {b"HTTP/1.1 200 OK": MANY} == statuses
    assert 1.0 <= took_s < 3.0


def _statuses(clients: list[socket.socket]) -> dict[bytes, int]:
    """Read all answers as they come; count their status lines."""
    found: dict[bytes, int] = {}
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(10):
                octets = key.fileobj.recv(4096)  # type: ignore[union-attr]  # a socket
                if octets.startswith(b"HTTP"):
                    line = octets.partition(b"\r\n")[0]
                    found[line] = found.get(line, 0) + 1
                elif not octets:
                    selector.unregister(key.fileobj)
    return found


@pytest.mark.parametrize("kind", ["gevent", pytest.param("eventlet", marks=pytest.mark.again)])
def test_overlong_request_is_ended_and_no_other(serve: Serve, kind: str) -> None:
    """With threads a worker has to die for it."""
    server = serve("-k", kind, "--request-timeout", "0.5", app="app", files={"app.py": APP})
    pids = server.children()
    with Wire(server.connect()) as overlong, Wire(server.connect()) as other:
        overlong.send(get("/ever?x"))
        server.expect("^-- waiting$")
        statuses = [other.ask(get("/")).status, overlong.read_answer().status, other.ask(get("/")).status]

    assert [200, 500, 200] == statuses
    line = server.expect("request overlong ").string
    assert 'method=GET target="/ever?x" peer=127.0.0.1 duration_s=' in line
    assert "request_timeout (0.5 s); it alone is ended" in line
    assert pids == server.children()


@pytest.mark.parametrize("kind", ["gevent", pytest.param("eventlet", marks=pytest.mark.again)])
def test_client_that_asks_without_a_pause_leaves_room_for_others(serve: Serve, kind: str) -> None:
    """Its next request is always here already, so nothing of it would ever wait."""
    app = """
import time
served = 0
def application(environ, start_response):
    global served
    served += 1
    until = time.perf_counter() + 0.002
    while time.perf_counter() < until:
        pass
    start_response("200 OK", [])
    return [b"%d" % served]
"""
    server = serve("-k", kind, app="app", files={"app.py": app})
    with Wire(server.connect()) as greedy, Wire(server.connect()) as modest:
        modest.ask(get("/"))
        greedy.send(get("/") * MANY)
        before = int(modest.ask(get("/")).body)

        assert before < MANY // 2


def test_stacks_show_each_green_thread_and_what_it_serves(serve: Serve) -> None:
    server = serve("-k", "gevent", "--control-socket", "control", app="app", files={"app.py": APP})
    with server.connect() as client:
        client.sendall(get("/ever?id=7"))
        server.expect("^-- waiting$")
        command = [sys.executable, "-m", "wsgid.cli.ctl", "-s", str(server.directory / "control"), "stacks"]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    serving = shown.partition('serving method=GET target="/ever?id=7" peer=127.0.0.1')[2].partition("\n\n")[0]
    assert re.search(r'app\.py", line \d+ in application', serving)


@pytest.mark.parametrize("kind", ["gevent", pytest.param("eventlet", marks=pytest.mark.again)])
def test_stacks_of_a_loop_that_stands_are_shown_too(serve: Serve, kind: str) -> None:
    """That is when somebody asks."""
    server = serve("-k", kind, "--control-socket", "control", app="app", files={"app.py": APP})
    with server.connect() as client:
        client.sendall(get("/spin?id=7"))
        server.expect("^-- spinning$")
        command = [sys.executable, "-m", "wsgid.cli.ctl", "-s", str(server.directory / "control"), "stacks"]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    first = shown.partition("Current green thread")[2].partition("\n\n")[0]
    assert 'serving method=GET target="/spin?id=7" peer=127.0.0.1' in first
    assert re.search(r'app\.py", line \d+ in application', first)


def test_last_words_name_the_green_thread_that_holds_the_loop(serve: Serve) -> None:
    """Among a thousand that wait there is one that does not."""
    server = serve("-k", "gevent", "--timeout", "1", app="app", files={"app.py": APP})
    with server.connect() as waiting, server.connect() as spinning:
        waiting.sendall(get("/ever"))
        server.expect("^-- waiting$")
        spinning.sendall(get("/spin?me"))
        server.expect("worker silent .* its event loop has not turned for longer than timeout", deadline_s=30)
        culprit = server.expect(
            'Current green thread .* serving method=GET target="/spin.me" ', deadline_s=30
        )
        server.expect('Green thread .* serving method=GET target="/ever" ')

    lines = server.log.splitlines()
    stack = lines[lines.index(culprit.string) :][:8]
    assert any("in application" in line for line in stack)


def test_connections_are_shared_out_among_the_workers(serve: Serve) -> None:
    """One a turn of the loop: a worker that has more to do takes fewer."""
    server = serve("-k", "gevent", "-w", "2", "--control-socket", "control", app="app", files={"app.py": APP})
    clients = [server.connect() for _ in range(60)]
    for client in clients:
        client.sendall(get("/ever"))
    server.expect("^-- waiting$", count=len(clients))
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
    shares = [worker["requests"] for worker in json.loads(done.stdout)["status"]["workers"]]
    for client in clients:
        client.close()

    assert len(clients) == sum(shares)
    assert min(shares) >= len(clients) // 6
