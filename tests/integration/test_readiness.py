"""READY=1 means that the first generation serves; and what does not boot says why, once."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

APP = """
import os, time

SLOW

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
"""


def texts(server: ServerProcess) -> list[str]:
    return [note.text for note in server.notifications]


def test_readiness_is_told_when_all_workers_of_the_first_generation_serve(serve: Serve) -> None:
    server = serve("-w", "3")
    server.expect("serving generation=1 workers=3")
    assert "READY=1" == texts(server)[0]

    assert 0 == server.stop()
    assert 3 == len(re.findall("worker ready", server.log))
    assert ["STATUS=3 workers, 0 busy, 0 requests, 0 failed", "STOPPING=1", "STATUS=stopping"] == texts(
        server
    )[1:]


def test_readiness_waits_for_the_application(serve: Serve) -> None:
    """While an import takes its time the service is "activating", and no client is sent there yet."""
    wait = 'os.mkfifo("go")\nprint("importing", flush=True)\nopen("go").read()'
    server = serve(app="app", files={"app.py": APP.replace("SLOW", wait)}, ready=False)
    server.expect("importing")
    assert [] == texts(server)
    (server.directory / "go").write_text("")
    server.wait_ready()


def test_an_application_that_cannot_be_imported_ends_the_server(serve: Serve) -> None:
    server = serve("-w", "4", app="missing_module", ready=False)

    assert 3 == server.wait()
    assert "missing_module" in server.log
    assert "Traceback" not in server.log
    assert "READY=1" not in texts(server)


def test_several_workers_that_fail_alike_say_it_once(serve: Serve) -> None:
    server = serve(
        "-w", "4", app="app", files={"app.py": "raise RuntimeError('out of beans')\n"}, ready=False
    )

    assert 3 == server.wait()
    assert 1 == server.log.count("RuntimeError: out of beans")


def test_a_worker_that_exits_while_it_boots_ends_the_server(serve: Serve) -> None:
    server = serve(app="app", files={"app.py": "import os\nos._exit(7)\n"}, ready=False)

    assert 3 == server.wait()
    assert "exit status 7, before it was ready" in server.log


def test_an_import_that_hangs_ends_the_server(serve: Serve) -> None:
    """The stacks tell where."""
    files = {"app.py": "import time\ntime.sleep(1000)\n"}
    server = serve("--boot-timeout", "1", app="app", files=files, ready=False)

    assert 3 == server.wait()
    assert re.search(r"worker late slot=0 .* not ready within boot_timeout \(1 s\)", server.log)
    assert re.search(r'app\.py", line 2 in <module>', server.log)
    assert "the application was not loaded within boot_timeout (1 s)" in server.log


def test_a_stop_while_the_application_is_loaded_is_no_failure(serve: Serve) -> None:
    files = {"app.py": 'print("importing", flush=True)\nimport time\ntime.sleep(1000)\n'}
    server = serve(app="app", files=files, ready=False)
    server.expect("importing")

    assert 0 == server.stop(signal.SIGTERM)


def test_later_boot_failures_wait_and_the_server_lives(serve: Serve) -> None:
    """A worker is lost after the code was broken: the other serves on, and the lost one is tried again."""
    server = serve("-w", "2", app="app", files={"app.py": APP.replace("SLOW", "")})
    (server.directory / "app.py").write_text("raise RuntimeError('broken later, and longer than before')\n")
    server.signal(signal.SIGKILL, server.children()[1])
    server.expect("worker failed .* generation=1")
    server.expect("the next worker starts in 1 s: 1 failures in a row")
    server.expect("the next worker starts in 2 s: 2 failures in a row")
    (server.directory / "app.py").write_text(APP.replace("SLOW", "# it is well again, and longer still" * 3))
    server.expect("worker ready", count=3)

    assert 2 == len(server.children())


def test_workers_do_not_inherit_the_way_to_systemd(serve: Serve) -> None:
    """What an application says would be taken for our word."""
    app = APP.replace("SLOW", 'print("NOTIFY", os.environ.get("NOTIFY_SOCKET"), flush=True)')
    server = serve(app="app", files={"app.py": app})

    server.expect("NOTIFY None")
