"""A process that the application leaves behind keeps neither the port, nor a client, nor a worker's place."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.load.processes import Ends
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = [pytest.mark.slow, pytest.mark.fault]

# A fork without an exec keeps all that the worker has open, as multiprocessing does. It sleeps in C, for with
# gevent any other sleep would let it go on to serve.
APP = """
import ctypes, os
def application(environ, start_response):
    pid = 0
    if environ["PATH_INFO"] == "/leave":
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).sleep(60)
            os._exit(0)
    body = str(pid).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "4"), "gevent": ("-k", "gevent")}


def leave(server: ServerProcess, address: str | None = None) -> int:
    """Have the application leave a process behind; give its pid."""
    with Wire(server.connect(address)) as wire:
        return int(wire.ask(get("/leave", "Connection: close")).body)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT], ids=["TERM", "QUIT"])
def test_the_port_is_free_when_the_server_has_ended(serve: Serve, kind: str, number: int) -> None:
    """It has the listener open still; whoever connects to that would wait for ever."""
    server = serve("-w", "2", *KINDS[kind], app="app", files={"app.py": APP})
    left, address = leave(server), server.address
    try:
        with Ends([server.pid]) as ends:
            server.signal(number)
            ends.wait(1, 15.0)
        with pytest.raises(ConnectionRefusedError):
            server.connect(address)
        os.kill(left, 0)  # it is still there

        again = serve(app="app", bind=(address.removeprefix("http://"),), files={"app.py": APP})
        with Wire(again.connect()) as wire:
            assert 200 == wire.ask(get("/")).status
    finally:
        os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_sees_the_end_of_its_connection(serve: Serve, kind: str) -> None:
    """The process has that one open too, and an answer may end with its connection."""
    server = serve("-w", "1", *KINDS[kind], app="app", files={"app.py": APP})
    with Wire(server.connect()) as wire:
        wire.send(b"GET /leave HTTP/1.0\r\n\r\n")
        answer = wire.read_answer()
        try:
            assert b"" == wire.read_to_end()
        finally:
            os.kill(int(answer.body), signal.SIGKILL)


def test_a_worker_that_left_one_is_replaced_as_any_other(serve: Serve) -> None:
    """It holds the worker's channel open, too."""
    server = serve("-w", "1", app="app", files={"app.py": APP})
    (worker,) = server.children()
    left = leave(server)
    try:
        server.signal(signal.SIGKILL, worker)
        server.expect("worker ready", count=2)
        server.signal(signal.SIGHUP)
        server.expect("reload done generation=2")
    finally:
        os.kill(left, signal.SIGKILL)
