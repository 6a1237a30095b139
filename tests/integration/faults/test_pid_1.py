"""Pid 1 of a container with a read-only root serves, reaps what is left to it, and stops as it is told."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.load.processes import Ends
from tests.support import children
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.fault,
    pytest.mark.skipif(os.geteuid() != 0 and "CI" not in os.environ, reason="only root makes namespaces"),
]

# What `docker run --read-only` does, in short: processes of its own, and every file system read-only.
READ_ONLY = """
mount --make-rprivate /
for each in / /tmp; do mount --bind $each $each; mount -o remount,bind,ro $each; done
cd "$PWD"
exec "$0" "$@"
"""
CONTAINER = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "sh", "-c")
APP = """
import os, time
def application(environ, start_response):
    environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/orphan":
        if os.fork() == 0:
            if os.fork() == 0:
                time.sleep(0.2)
            os._exit(0)
        os.wait()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "2")}


def contain(serve: Serve, *args: str) -> tuple[ServerProcess, int]:
    """Start a server in a container; give it, and the pid that its arbiter has outside."""
    server = serve(*args, app="app", prefix=(*CONTAINER, READ_ONLY), files={"app.py": APP})
    (arbiter,) = children(server.pid)
    return server, arbiter


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_stops_as_it_is_told(serve: Serve, kind: str, number: int) -> None:
    """The kernel has no default effect for signals to pid 1: what nobody handles does nothing."""
    server, arbiter = contain(serve, "-w", "2", *KINDS[kind])
    server.expect(r"server started .*pid=1 ")
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(get("/")).status
    with Ends([arbiter]) as ends:
        os.kill(arbiter, number)
        ends.wait(1, 15.0)

    assert 0 == server.wait()


def test_it_reloads_and_replaces_workers(serve: Serve) -> None:
    server, arbiter = contain(serve, "-w", "2")
    os.kill(children(arbiter)[0], signal.SIGKILL)
    server.expect("worker ready", count=3)
    os.kill(arbiter, signal.SIGHUP)
    server.expect("reload done generation=2")
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(get("/")).status
    os.kill(arbiter, signal.SIGTERM)
    assert 0 == server.wait()


def test_it_reaps_what_applications_leave_to_it(serve: Serve) -> None:
    """Nobody else is there to do it, and each zombie keeps its pid."""
    server, arbiter = contain(serve, "-w", "1")
    for _ in range(10):
        with Wire(server.connect()) as wire:
            assert 200 == wire.ask(get("/orphan")).status
    listed = Path(f"/proc/{arbiter}/task/{arbiter}/children")
    worker, *orphans = map(int, listed.read_text().split())
    with Ends(orphans) as ends:
        ends.wait(len(orphans), 10.0)
    # Whoever has ended before the next worker is ready is known to have ended by then.
    os.kill(worker, signal.SIGKILL)
    server.expect("worker ready", count=2)

    assert 1 == len(listed.read_text().split())
    os.kill(arbiter, signal.SIGTERM)
    assert 0 == server.wait()


def test_a_body_that_finds_no_directory_is_refused_with_what_helps(serve: Serve) -> None:
    """Small ones stay in memory; for large ones a container wants a tmpfs."""
    server, arbiter = contain(serve, "-w", "1")
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n" + b"x" * 9).status
        size = 200_000
        wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        assert 503 == wire.read_answer().status
    server.expect(r"refused status=503 .*temporary file \(tmp_upload_dir\)")
    os.kill(arbiter, signal.SIGTERM)
    assert 0 == server.wait()
