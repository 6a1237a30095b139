"""The wall clock jumps: nobody is killed, replaced or thrown out by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve

pytestmark = [pytest.mark.slow, pytest.mark.fault]

DAY_S = 86400

# The machine's clock is not ours to set: that of the server's processes is, before anything of theirs runs.
SITE = """
import os, time
_time, _time_ns = time.time, time.time_ns
def jump():
    try:
        return int(open(os.environ["JUMP"]).read() or 0)
    except (OSError, ValueError):
        return 0
time.time = lambda: _time() + jump()
time.time_ns = lambda: _time_ns() + jump() * 10**9
"""
APP = """
import time
def application(environ, start_response):
    if environ["PATH_INFO"] == "/nap":
        time.sleep(1.5)
    body = b"%d" % time.time()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.mark.parametrize("kind", [("-k", "sync"), ("--threads", "2")], ids=["sync", "threads"])
def test_a_jump_of_a_day_changes_nothing(serve: Serve, kind: tuple[str, ...]) -> None:
    """Forth and back, with every deadline of the server shorter than that."""
    deadlines = ("--timeout", "5", "--keep-alive", "60", "--max-worker-age", "1h", "--graceful-timeout", "10")
    server = serve(
        "-w",
        "2",
        *kind,
        *deadlines,
        app="app",
        env={"PYTHONPATH": ".", "JUMP": "jump"},
        files={"sitecustomize.py": SITE, "app.py": APP, "jump": "0"},
    )
    before = server.children()
    with Wire(server.connect()) as wire:
        first = int(wire.ask(get("/")).body)
        for jump in (DAY_S, -DAY_S, 0):
            (server.directory / "jump").write_text(str(jump))
            jumped = int(wire.ask(get("/")).body) - first
            assert abs(jumped - jump) < 60  # the server sees it
            # A turn of every loop, and of what looks at deadlines.
            assert 200 == wire.ask(get("/nap")).status
    assert before == server.children()
    assert "worker gone" not in server.log
    assert 0 == server.stop()
