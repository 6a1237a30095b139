"""Hooks: each is called at its moment, with what gunicorn's would get; and what a failure of one does."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.rows import again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

APP = """
def application(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""

# Each call is one line of the file `calls`: its process, its moment, and what the row below says of it.
ALL = """
import os

def note(moment, text=""):
    with open("calls", "a") as file:
        file.write(f"{os.getpid()} {moment} {text}\\n")

def on_starting(server):
    note("on_starting", f"{server.pid} {server.num_workers} {server.address} {server.cfg.workers}")
    server.log.info("a hook says %s", "hello")

def on_reload(server):
    note("on_reload", server.cfg.timeout)

def when_ready(server):
    note("when_ready")

def pre_fork(server, worker):
    note("pre_fork", f"{worker.age} {worker.pid}")
    worker.mine = "kept"

def post_fork(server, worker):
    note("post_fork", f"{worker.age} {worker.pid} {worker.ppid} {worker.mine}")

def post_worker_init(worker):
    note("post_worker_init", worker.pid)

def pre_request(worker, req):
    note("pre_request", f"{req.method} {req.uri} {req.path} {req.query} {req.version} {sorted(req.headers)}")

def post_request(worker, req, environ, resp):
    note("post_request", f"{req.path} {environ['REQUEST_METHOD']} {resp.status} {resp.status_code} "
         f"{resp.sent} {resp.response_length} {worker.nr}")

def worker_int(worker):
    note("worker_int", worker.alive)

def worker_abort(worker):
    note("worker_abort", worker.pid)

def worker_exit(server, worker):
    note("worker_exit", f"{server.pid} {worker.pid}")

def child_exit(server, worker):
    note("child_exit", f"{worker.pid} {worker.alive} {worker.mine}")

def nworkers_changed(server, new_value, old_value):
    note("nworkers_changed", f"{new_value} {old_value}")

def on_exit(server):
    note("on_exit")
"""


def calls(server: ServerProcess, pid: int | None = None) -> list[str]:
    """Return what was noted, by one process or by all."""
    lines = (server.directory / "calls").read_text().splitlines()
    split = [line.split(" ", 1) for line in lines]
    return [text.rstrip() for number, text in split if pid in (None, int(number))]


def ask(server: ServerProcess, head: str) -> bytes:
    with server.connect() as client:
        client.sendall(f"{head}\r\nHost: shop\r\nConnection: close\r\n\r\n".encode())
        octets = b""
        while data := client.recv(65536):
            octets += data
    return octets


def test_each_hook_of_a_start_comes_in_its_turn(serve: Serve) -> None:
    server = serve("-c", "wsgid.conf.py", app="app", files={"app.py": APP, "wsgid.conf.py": ALL})
    (worker,) = server.children()

    assert [
        f"on_starting {server.pid} 1 ['127.0.0.1:0'] 1",
        "nworkers_changed 1 None",
        "pre_fork 1 [booting]",
        "when_ready",
    ] == calls(server, server.pid)
    assert [f"post_fork 1 {worker} {server.pid} kept", f"post_worker_init {worker}"] == calls(server, worker)
    server.expect("a hook says hello")


def test_hooks_of_a_request(serve: Serve) -> None:
    server = serve("-c", "wsgid.conf.py", app="app", files={"app.py": APP, "wsgid.conf.py": ALL})
    (worker,) = server.children()
    ask(server, "GET /a/b?c=d HTTP/1.1")
    server.signal(signal.SIGTERM)
    assert 0 == server.wait()

    assert [
        "pre_request GET /a/b?c=d /a/b c=d (1, 1) [('CONNECTION', 'close'), ('HOST', 'shop')]",
        "post_request /a/b GET 404 Not Found 404 5 5 1",
        f"worker_exit {server.pid} {worker}",
    ] == calls(server, worker)[2:]
    assert [f"child_exit {worker} False kept", "on_exit"] == calls(server, server.pid)[-2:]


def test_a_post_request_of_two_arguments_gets_two(serve: Serve) -> None:
    hooks = 'def post_request(worker, req):\n    open("calls", "a").write(f"0 {req.uri}\\n")\n'
    server = serve("-c", "wsgid.conf.py", app="app", files={"app.py": APP, "wsgid.conf.py": hooks})
    ask(server, "GET /two HTTP/1.1")
    server.signal(signal.SIGTERM)
    assert 0 == server.wait()

    assert ["/two"] == calls(server)


def test_hooks_of_a_change_in_number_and_of_a_reload(serve: Serve) -> None:
    server = serve("-c", "wsgid.conf.py", app="app", files={"app.py": APP, "wsgid.conf.py": ALL})
    server.signal(signal.SIGTTIN)
    server.expect("worker ready", count=2)
    (server.directory / "wsgid.conf.py").write_text(ALL + "\ntimeout = 7\n")
    server.signal(signal.SIGHUP)
    server.expect("reload done")

    noted = calls(server, server.pid)
    assert noted.index("nworkers_changed 2 1") < noted.index("on_reload 7.0")
    assert noted.index("on_reload 7.0") < noted.index("nworkers_changed 1 2")
    assert 1 == noted.count("on_starting " + noted[0].partition(" ")[2])
    assert 2 == sum(line.startswith("child_exit") for line in noted)


def test_hooks_of_a_quick_stop(serve: Serve) -> None:
    server = serve("-c", "wsgid.conf.py", app="app", files={"app.py": APP, "wsgid.conf.py": ALL})
    (worker,) = server.children()
    server.signal(signal.SIGINT)
    assert 0 == server.wait()

    assert ["worker_int False", f"worker_exit {server.pid} {worker}"] == calls(server, worker)[-2:]


def test_hook_of_a_worker_that_hangs(serve: Serve) -> None:
    app = APP.replace("    start_response", "    while True:\n        pass\n    start_response")
    server = serve("-c", "wsgid.conf.py", "-t", "1", app="app", files={"app.py": app, "wsgid.conf.py": ALL})
    (worker,) = server.children()
    ask(server, "GET / HTTP/1.1")
    server.expect(f"worker gone slot=0 pid={worker} ")

    assert f"worker_abort {worker}" == calls(server, worker)[-1]


def test_hooks_are_found_by_name_in_a_toml_file(serve: Serve) -> None:
    """In the arbiter and in the worker, from where the application would be found."""
    hooks = "".join(f'{name} = "mine:{name}"\n' for name in ("post_worker_init", "when_ready"))
    config = f'chdir = "inner"\n[hooks]\n{hooks}'
    server = serve(config=config, app="app", files={"inner/app.py": APP, "inner/mine.py": ALL})
    (worker,) = server.children()

    assert ["when_ready"] == calls(server)
    assert f"{worker} post_worker_init {worker}\n" == (server.directory / "inner" / "calls").read_text()


@pytest.mark.parametrize(
    ("moment", "status", "message"),
    [
        ("on_starting", 78, "hook on_starting `mine:missing`: there is no `missing` in `mine`"),
        again("post_fork", 3, "hook post_fork `mine:missing`: there is no `missing` in `mine`"),
    ],
)
def test_a_hook_that_is_not_there_ends_the_start(
    moment: str, status: int, message: str, serve: Serve
) -> None:
    config = f'[hooks]\n{moment} = "mine:missing"\n'
    server = serve(config=config, app="app", files={"app.py": APP, "mine.py": ""}, ready=False)

    assert status == server.wait()
    assert message in server.log


ARGUMENTS = {
    "on_starting": "server",
    "on_reload": "server",
    "when_ready": "server",
    "pre_fork": "server, worker",
    "post_fork": "server, worker",
    "post_worker_init": "worker",
    "pre_request": "worker, req",
    "post_request": "worker, req",
    "worker_int": "worker",
    "worker_exit": "server, worker",
    "child_exit": "server, worker",
    "nworkers_changed": "server, new_value, old_value",
    "on_exit": "server",
}
RAISES = {"ValueError": 'raise ValueError("no luck")', "SystemExit": "raise SystemExit(9)"}


def failing(*moments: str, deed: str) -> dict[str, str]:
    hooks = [f"def {moment}({ARGUMENTS[moment]}):\n    {RAISES[deed]}\n" for moment in moments]
    return {"app.py": APP, "wsgid.conf.py": "".join(hooks)}


@pytest.mark.parametrize("deed", ["ValueError", again("SystemExit")])
@pytest.mark.parametrize(
    ("moment", "status"), [("on_starting", 78), ("post_fork", 3), ("post_worker_init", 3)]
)
def test_a_failure_before_anybody_serves_ends_the_start(
    moment: str, status: int, deed: str, serve: Serve
) -> None:
    """A server, or a worker, that is not as its user wants it is not to serve."""
    server = serve("-c", "wsgid.conf.py", app="app", files=failing(moment, deed=deed), ready=False)

    assert status == server.wait()
    assert f"the hook {moment} failed" in server.log
    assert deed in server.log


@pytest.mark.parametrize("deed", RAISES)
def test_a_failure_before_a_request_is_a_500(deed: str, serve: Serve) -> None:
    server = serve("-c", "wsgid.conf.py", app="app", files=failing("pre_request", deed=deed))

    assert ask(server, "GET / HTTP/1.1").startswith(b"HTTP/1.1 500 ")
    server.expect(deed)
    assert ask(server, "GET / HTTP/1.1").startswith(b"HTTP/1.1 500 ")


OTHER_MOMENTS = (
    "when_ready",
    "pre_fork",
    "nworkers_changed",
    "post_request",
    "on_reload",
    "worker_exit",
    "child_exit",
    "worker_int",
    "on_exit",
)


@pytest.mark.parametrize("deed", RAISES)
@pytest.mark.parametrize(
    "moments",
    [OTHER_MOMENTS, *(again((moment,)) for moment in OTHER_MOMENTS)],
    ids=lambda moments: moments[0] if len(moments) == 1 else "all",
)
def test_a_failure_at_any_other_moment_is_in_the_log(moments: Sequence[str], deed: str, serve: Serve) -> None:
    """The server serves, reloads, and ends as if nothing had been: with one of them, and with all."""
    server = serve("-c", "wsgid.conf.py", app="app", files=failing(*moments, deed=deed))
    assert ask(server, "GET / HTTP/1.1").startswith(b"HTTP/1.1 404 ")
    server.signal(signal.SIGHUP)
    server.expect("reload done")
    assert ask(server, "GET / HTTP/1.1").startswith(b"HTTP/1.1 404 ")
    server.signal(signal.SIGINT)
    assert 0 == server.wait()

    told = {"ValueError": "failed", "SystemExit": "wanted to exit with 9"}
    found = re.findall(rf"\[ERROR\] the hook (\w+) {told[deed]}", server.log)
    assert set(moments) == set(found)
