"""What systemd is told, and when: of reloads, of slow starts and stops, and that the arbiter turns."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

# The import, and a call of /wait, are over when the test opens the FIFO `go`.
APP = """
import os

def wait(what):
    print(what, flush=True)
    with open("go") as go:
        go.read()

if os.path.exists("go"):
    wait("importing")

def application(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        wait("waiting")
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
CONFIG = 'app = "app"\nbind = ["127.0.0.1:0"]\n'
RELOADING = r"RELOADING=1\nMONOTONIC_USEC=(\d+)"
EXTEND = "EXTEND_TIMEOUT_USEC=15000000"


def start(serve: Serve, *args: str, env: dict[str, str] | None = None, ready: bool = True) -> ServerProcess:
    return serve(*args, config=CONFIG, files={"app.py": APP}, app=None, bind=(), env=env, ready=ready)


def go(server: ServerProcess) -> None:
    (server.directory / "go").write_text("")


def states(server: ServerProcess) -> Iterator[str]:
    """Yield what was said of the state, without the numbers."""
    for note in server.notifications:
        yield from re.findall(r"^(?:READY|RELOADING|STOPPING)(?==1)", note.text)


def test_a_reload_is_told_with_its_time_and_its_end(serve: Serve) -> None:
    server = start(serve, "-w", "2")
    asked_at = time.monotonic_ns() // 1000
    server.signal(signal.SIGHUP)
    begun = server.expect_notification(RELOADING)
    server.expect("reload done")
    assert 0 == server.stop()

    told_at = re.fullmatch(RELOADING, begun.text)
    assert told_at is not None
    assert asked_at <= int(told_at[1]) <= time.monotonic_ns() // 1000
    assert ["READY", "RELOADING", "READY", "STOPPING"] == list(states(server))


def test_a_refused_reload_is_over_too(serve: Serve) -> None:
    """Else the unit is "reloading" for ever, and takes no other word."""
    server = start(serve)
    (server.directory / "wsgid.toml").write_text(f"{CONFIG}tiemout = 3\n")
    server.signal(signal.SIGHUP)
    server.expect_notification(
        r"STATUS=reload refused: wsgid.toml:3:1: error\[unknown-setting\].*; serving the configuration of .*"
    )
    assert 0 == server.stop()

    assert ["READY", "RELOADING", "READY", "STOPPING"] == list(states(server))


def test_reloads_upon_reloads_end_with_ready(serve: Serve) -> None:
    server = start(serve, "-w", "2")
    since = 0
    for number in range(3):
        text = CONFIG if number % 2 else f"{CONFIG}tiemout = 3\n"
        (server.directory / "wsgid.toml").write_text(text)
        since = len(server.notifications)
        server.signal(signal.SIGHUP)
        server.expect_notification(RELOADING, since=since)
    server.expect_notification("READY=1", since=since)
    assert 0 == server.stop()

    told = list(states(server))
    assert 3 == told.count("RELOADING")
    assert ["READY", "STOPPING"] == told[-2:]


def test_a_slow_start_asks_for_time(serve: Serve) -> None:
    """TimeoutStartSec= is there for servers that hang; how long an import may take, boot_timeout says."""
    wait = 'import os\nif not os.path.exists("go"): os.mkfifo("go")\n'
    server = serve(app="app", files={"app.py": wait + APP}, ready=False)
    server.expect("importing")
    server.expect_notification(EXTEND)
    assert [] == list(states(server))
    go(server)
    server.wait_ready()
    (server.directory / "go").unlink()


def test_a_slow_stop_asks_for_time(serve: Serve) -> None:
    server = start(serve)
    os.mkfifo(server.directory / "go")
    with server.connect() as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        server.expect("waiting")
        server.signal(signal.SIGTERM)
        server.expect_notification("STOPPING=1")
        server.expect_notification(EXTEND)
        go(server)
        assert client.recv(100).startswith(b"HTTP/1.1 200")

    assert 0 == server.wait()


def test_the_watchdog_hears_of_the_arbiter_whatever_the_workers_do(serve: Serve) -> None:
    """An application that hangs is ours to end; systemd's word for it would be the end of the server."""
    server = start(serve, "--timeout", "0", env={"WATCHDOG_USEC": "400000"})
    os.mkfifo(server.directory / "go")
    with server.connect() as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        server.expect("waiting")
        since = len(server.notifications)
        for _ in range(5):
            server.expect_notification("WATCHDOG=1", since=since)
            since = len(server.notifications)
        go(server)


def test_the_watchdog_does_not_hear_of_an_arbiter_that_stands_still(serve: Serve) -> None:
    server = start(serve, env={"WATCHDOG_USEC": "100000"})
    server.expect_notification("WATCHDOG=1")
    os.kill(server.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, server.pid, os.WSTOPPED | os.WNOWAIT)
    # When this is read, all that was said before has been.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.sendto(b"STOPPED", str(server.directory / "notify"))
    server.expect_notification("STOPPED")
    since = len(server.notifications)
    with pytest.raises(AssertionError, match="waited for notification"):
        server.expect_notification("WATCHDOG=1", since=since, deadline_s=0.5)
    os.kill(server.pid, signal.SIGCONT)
    server.expect_notification("WATCHDOG=1", since=since)


def test_nobody_is_told_what_is_another_process_to_tell(serve: Serve) -> None:
    """WATCHDOG_PID names who is watched: a wrapper may be."""
    server = start(serve, env={"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    server.signal(signal.SIGHUP)
    server.expect("reload done")

    assert "WATCHDOG=1" not in [note.text for note in server.notifications]
