"""The wall clock jumps: nobody is killed, replaced or thrown out by it.

What is real: whatever in a process of the server asks for the time, Python, the libraries of its kind of
worker, code in C, gets it from the C library, and there it jumps (jump.c). What is not: the kernel's own
clock is the whole machine's, no namespace has another one (time_namespaces(7)), and it is not ours to set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.fault,
    pytest.mark.skipif(
        shutil.which("cc") is None and "CI" not in os.environ, reason="the clock needs a C compiler"
    ),
]

DAY_S = 86400
APP = """
import time
def application(environ, start_response):
    if environ["PATH_INFO"] == "/nap":
        time.sleep(1.5)
    body = b"%d" % time.time()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
KINDS = {"sync": ("-k", "sync"), "threads": ("--threads", "2"), "gevent": ("-k", "gevent")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_jump_of_a_day_changes_nothing(serve: Serve, kind: str, tmp_path: Path) -> None:
    """Forth and back, with every deadline of the server shorter than that."""
    library, file = tmp_path / "jump.so", tmp_path / "jump"
    file.write_text("0")
    source = Path(__file__).with_name("jump.c")
    subprocess.run(["cc", "-O", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source], check=True)
    deadlines = (
        "--timeout",
        "15",
        "--keep-alive",
        "60",
        "--max-worker-age",
        "1h",
        "--graceful-timeout",
        "15",
    )
    env = {"LD_PRELOAD": str(library), "JUMP": str(file)}
    server = serve("-w", "2", *KINDS[kind], *deadlines, app="app", env=env, files={"app.py": APP})
    before = server.children()
    with Wire(server.connect()) as wire:
        first = int(wire.ask(get("/")).body)
        for jump in (DAY_S, -DAY_S, 0):
            file.write_text(str(jump))
            jumped = int(wire.ask(get("/")).body) - first
            assert abs(jumped - jump) < 60  # the server sees it
            # A turn of every loop, and of what looks at deadlines.
            assert 200 == wire.ask(get("/nap")).status
    assert before == server.children()
    assert "worker gone" not in server.log
    assert 0 == server.stop()
