"""wsgidctl and the control socket: what is asked for is done, and the one who asks is told."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.rows import again

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

# /wait is over when the test opens the FIFO `go`.
APP = """
def application(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        print("waiting", file=environ["wsgi.errors"], flush=True)
        with open("go") as go:
            go.read()
    start_response("200 OK", [("Content-Length", "5")])
    return [b"VERSION"[:5]]
"""
CONFIG = 'control_socket = "control"\nworkers = 2\n'


@pytest.fixture
def server(serve: Serve) -> ServerProcess:
    return serve(config=CONFIG, app="app", files={"app.py": APP})


def ctl(server: ServerProcess, *words: str) -> subprocess.CompletedProcess[str]:
    return run("-s", str(server.directory / "control"), *words)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wsgid.cli.ctl", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def status(server: ServerProcess) -> dict[str, Any]:
    done = ctl(server, "status", "--json")
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)["status"]
    assert isinstance(told, dict)
    return told


def test_there_are_no_more_workers_than_the_server_has_room_for_whoever_asks(serve: Serve) -> None:
    """A script that sends SIGTTIN for ever must not end the server. Nothing forks while a template loads."""
    config = f"{CONFIG}preload_app = true\n"
    server = serve(config=config, app="app", files={"app.py": "import time\ntime.sleep(3600)\n"}, ready=False)
    server.expect("listening at")
    most = ctl(server, "workers", "=1024")
    more = ctl(server, "workers", "+1")
    server.signal(signal.SIGTTIN)

    assert (0, "1024 workers wanted\n") == (most.returncode, most.stdout)
    assert (1, "1025 workers: this server was started with room for 1024\n") == (more.returncode, more.stderr)
    server.expect(
        r"WARNING\] workers stay 1024 \(SIGTTIN\): 1025 workers: this server was started with room for"
    )


def test_socket_is_its_owners_alone_and_goes_with_the_server(server: ServerProcess) -> None:
    path = server.directory / "control"

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    server.signal(signal.SIGTERM)
    assert 0 == server.wait()
    assert not path.exists()


def test_no_socket_is_made_that_nobody_asked_for(serve: Serve) -> None:
    server = serve(app="app", files={"app.py": APP})

    assert {"app.py"} == {path.name for path in server.directory.iterdir()} - {"__pycache__", "notify"}


def test_a_socket_beside_the_pidfile(serve: Serve) -> None:
    server = serve("-p", "shop.pid", app="app", files={"app.py": APP})
    command = [
        sys.executable,
        "-m",
        "wsgid.cli.ctl",
        "--pid-file",
        str(server.directory / "shop.pid"),
        "status",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert f"pid {server.pid}, running, generation 1" in done.stdout


def test_status_says_who_serves_what(server: ServerProcess) -> None:
    os.mkfifo(server.directory / "go")
    with server.connect() as client:
        client.sendall(b"GET /wait?id=7 HTTP/1.1\r\nHost: shop\r\n\r\n")
        server.expect("waiting")
        told = status(server)
        shown = ctl(server, "status").stdout
        (server.directory / "go").write_text("")

    assert (server.pid, "running", 1, 2, 1, 1) == tuple(
        told[name] for name in ("pid", "phase", "generation", "wanted", "busy", "requests")
    )
    assert sorted(server.children()) == sorted(worker["pid"] for worker in told["workers"])
    (busy,) = (worker for worker in told["workers"] if worker["serving"])
    (call,) = busy["serving"]
    assert ("GET", "/wait?id=7", "127.0.0.1") == (call["method"], call["target"], call["peer"])
    assert 0 <= call["for_s"] < 10
    assert re.search(
        rf"^{busy['pid']} .* serving +\S+ +\d +1 +\d+\.\dM\n    GET /wait\?id=7 from", shown, re.MULTILINE
    )


def test_stacks_show_where_a_call_is_and_nobody_dies(server: ServerProcess) -> None:
    os.mkfifo(server.directory / "go")
    before = server.children()
    with server.connect() as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: shop\r\n\r\n")
        server.expect("waiting")
        first = ctl(server, "stacks").stdout
        second = ctl(server, "stacks").stdout
        (server.directory / "go").write_text("")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")

    for shown in (first, second):
        assert 1 == len(re.findall(r'app\.py", line 5 in application', shown))
        assert all(f"worker pid {pid}\n" in shown for pid in before)
    assert before == server.children()


def test_number_of_workers(server: ServerProcess) -> None:
    assert "3 workers wanted\n" == ctl(server, "workers", "+1").stdout
    server.expect("worker ready", count=3)
    assert "1 workers wanted\n" == ctl(server, "workers", "=1").stdout
    server.expect("worker gone", count=2)
    assert 1 == len(server.children())
    refused = ctl(server, "workers", "=99999")
    assert (1, True) == (refused.returncode, "this server was started with room for" in refused.stderr)


def test_reload_waits_until_only_new_workers_answer(server: ServerProcess) -> None:
    old = server.children()
    done = ctl(server, "reload")

    assert (0, "generation 2 serves\n") == (done.returncode, done.stdout)
    assert {2} == {
        worker["generation"] for worker in status(server)["workers"] if worker["state"] == "serving"
    }
    assert not set(old) & {
        worker["pid"] for worker in status(server)["workers"] if worker["state"] == "serving"
    }


def test_a_refused_reload_says_why_and_where(server: ServerProcess) -> None:
    (server.directory / "wsgid.toml").write_text(CONFIG + "tiemout = 3\n")
    done = ctl(server, "reload")

    assert 1 == done.returncode
    assert "wsgid.toml:3:1: error[unknown-setting]" in done.stderr
    assert "did you mean `timeout`" in done.stderr
    assert 1 == status(server)["generation"]
    (server.directory / "wsgid.toml").write_text(CONFIG + "timeout = 3\n")
    assert 0 == ctl(server, "reload").returncode


def test_a_reload_of_code_that_does_not_import_is_told_with_its_traceback(server: ServerProcess) -> None:
    (server.directory / "app.py").write_text("import nothing_of_this_name\n")
    done = ctl(server, "reload")

    assert 1 == done.returncode
    assert "No module named 'nothing_of_this_name'" in done.stderr
    server.expect(r"worker gone slot=2 pid=\d+ generation=2 .*, retired")
    # The workers that serve are replaced at once, if need be: it was not they who failed.
    (server.directory / "app.py").write_text(APP)
    os.kill(server.children()[0], signal.SIGKILL)
    server.expect("worker ready", count=3)
    assert "failures in a row" not in server.log


def test_reloads_at_once_are_each_told(server: ServerProcess) -> None:
    """Those that come while one is tried are one more after it."""
    command = [sys.executable, "-m", "wsgid.cli.ctl", "-s", str(server.directory / "control"), "reload"]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    told = [process.communicate(timeout=30)[0] for process in asking]

    assert all(re.fullmatch(r"generation \d+ serves\n", text) for text in told), told
    assert [0] * 6 == [process.returncode for process in asking]


@pytest.mark.parametrize("words", [["stop"], again(["stop", "--quick"])])
def test_stop(words: list[str], server: ServerProcess) -> None:
    assert 0 == ctl(server, *words).returncode
    assert 0 == server.wait()
    server.expect(r"stopping (gracefully|at once) \(control socket\)")


def test_nobody_there() -> None:
    done = run("-s", "/nonexistent/control", "status")

    assert 69 == done.returncode
    told = (
        "nobody answers at /nonexistent/control: No such file or directory; does the server run, and is this"
    )
    assert told in done.stderr


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("one of the arguments --instance -s/--socket --pid-file is required", ["status"]),
        ("`../shop` is not the name of an instance", ["--instance", "../shop", "status"]),
        ("write +1, -1 or =4", ["-s", "x", "workers", "4"]),
        ("invalid choice: 'restart'", ["-s", "x", "restart"]),
        ("the following arguments are required: COMMAND", ["-s", "x"]),
    ],
)
def test_usage(message: str, words: list[str]) -> None:
    done = run(*words)

    assert 2 == done.returncode
    assert message in done.stderr


def test_broken_clients_keep_nobody_from_asking(server: ServerProcess) -> None:
    """They say nothing, say too much, or leave; more of them than there are places."""
    path = str(server.directory / "control")
    clients = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    try:
        for number, client in enumerate(clients):
            client.connect(path)
            if number % 3 == 1:
                client.sendall(b"x" * 10_000)
            elif number % 3 == 2:
                client.close()
        with server.connect() as web:
            web.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
            assert web.recv(100).startswith(b"HTTP/1.1 200 ")
    finally:
        for client in clients:
            client.close()
    assert 2 == status(server)["wanted"]


def test_it_starts_quickly() -> None:
    """It imports nothing of the server's: no pydantic, no httptools."""
    code = "import sys, wsgid.cli.ctl; print(sorted({'pydantic', 'httptools', 'tomli'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )

    assert "[]\n" == done.stdout
