"""A worker that ends itself, in its import or right after it was ready: others serve, the next one waits."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.load.processes import Ends, cpu_seconds
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = [pytest.mark.slow, pytest.mark.fault]

# The first worker lives; the next ones end as the file `how` says, once it is there.
APP = """
import os, sys, threading, time
def how():
    try:
        return open("how").read()
    except FileNotFoundError:
        return ""
def end():
    exec(how().partition(" ")[2])
if how().startswith("import "):
    end()
if how().startswith("ready "):
    # The first thing that the interpreter does once the worker has said that it is ready.
    threading.Timer(0.05, end).start()
def application(environ, start_response):
    if environ["PATH_INFO"] == "/exit":
        end()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


def serving(serve: Serve, how: str) -> ServerProcess:
    """Give a server of two workers, of which one is ended; from now on they end as `how` says."""
    server = serve("-w", "2", app="app", files={"app.py": APP})
    (server.directory / "how").write_text(how)
    with Ends(server.children()[:1]) as ends:
        server.signal(signal.SIGKILL, server.children()[0])
        ends.wait(1, 10.0)
    return server


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("import os._exit(3)", r"exit status 3, before it was ready"),
        ("import sys.exit(3)", r"it called sys.exit\(3\)"),
    ],
)
def test_one_that_ends_in_its_import_is_tried_ever_more_rarely(serve: Serve, how: str, said: str) -> None:
    """After 1, 2, 4 s; the other one serves all the time, and a fault that is mended is mended."""
    server = serving(serve, how)
    server.expect(said)
    spent_s = cpu_seconds([server.pid])
    server.expect("the next worker starts in 1 s: 1 failures in a row")
    server.expect("the next worker starts in 2 s: 2 failures in a row")
    server.expect("the next worker starts in 4 s: 3 failures in a row")
    assert cpu_seconds([server.pid]) - spent_s < 0.5
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").status

    (server.directory / "how").unlink()
    server.expect("worker ready", count=3)
    assert 2 == len(server.children())


def test_one_that_ends_right_after_it_was_ready_is_tried_ever_more_rarely(serve: Serve) -> None:
    """The first such death is replaced at once: one crash is no pattern. Nor is status 0 a good end."""
    server = serving(serve, "ready os._exit(0)")
    server.expect(r"exit status 0, unasked", count=2)
    server.expect("the next worker starts in 1 s: 2 failures in a row")
    server.expect("the next worker starts in 2 s: 3 failures in a row")
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").status

    (server.directory / "how").unlink()
    mark = server.mark()
    server.expect("worker ready", since=mark)
    assert 2 == len(server.children())


@pytest.mark.parametrize(
    ("how", "status"), [("request os._exit(3)", None), ("request sys.exit(3)", 500)], ids=["_exit", "exit"]
)
def test_one_that_ends_in_a_request_takes_no_other_along(serve: Serve, how: str, status: int | None) -> None:
    """sys.exit is an exception like others in a WSGI application, and a worker of ours outlives it."""
    server = serve("-w", "1", app="app", files={"app.py": APP})
    (server.directory / "how").write_text(how)
    (worker,) = server.children()
    with Wire(server.connect()) as wire:
        wire.send(b"GET /exit HTTP/1.1\r\nHost: x\r\n\r\n")
        if status is None:
            assert b"" == wire.read_to_end()
            server.expect("exit status 3, unasked")
            server.expect("worker ready", count=2)
        else:
            assert status == wire.read_answer().status
            assert (worker,) == server.children()
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").status
