"""The logs as an administrator keeps them: rotated under load, in each form, never in the way."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.load.client import Load, Plan
from tests.rows import again

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

HELLO = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
LINE = re.compile(
    rb'127\.0\.0\.1 - - \[[^\]]+\] "(GET|POST|HEAD) /[^" ]*\?(\d+)[^" ]* HTTP/1\.1" 200 \d+ "-" "[^"]*"'
)


def numbers_in(files: list[Path]) -> list[int]:
    """Return the numbers of all requests that the files tell of; each line must be a whole one."""
    numbers = []
    for file in files:
        for line in file.read_bytes().splitlines():
            match = LINE.fullmatch(line)
            assert match, line
            numbers.append(int(match[2]))
    return sorted(numbers)


def test_rotation_loses_and_splits_no_line(serve: Serve) -> None:
    """Logrotate's `create`: the file is renamed and the server told (SIGUSR1), five times under load."""
    options = ("-w", "2", "--threads", "2", "--access-logfile", "access.log")
    server = serve(*options, app="tests.load.app:application")
    log = server.directory / "access.log"
    with Load(("127.0.0.1", server.port), Plan(kept=8, closing=4, pause_s=0.01)) as load:
        for number in range(5):
            load.wait_round()
            log.rename(server.directory / f"access.log.{number}")
            since = server.mark()
            server.signal(signal.SIGUSR1)
            server.expect(r"logs reopened \(SIGUSR1\)", since=since)
            load.wait_round()
            load.wait_round()
        tally = load.stop()
    server.signal(signal.SIGTERM)
    assert 0 == server.wait()

    files = sorted(server.directory.glob("access.log*"))
    assert 6 == len(files)
    assert all(file.stat().st_size for file in files)
    assert not tally.failures
    assert sorted(answered.number for answered in tally.answered) == numbers_in(files)


def test_rotation_by_copying_leaves_no_hole(serve: Serve) -> None:
    """Logrotate's `copytruncate`: what is written after it begins at the file's begin."""
    server = serve("--access-logfile", "access.log", app="app", files={"app.py": HELLO})
    log = server.directory / "access.log"
    ask(server, "/?1")
    until_written(log)
    os.truncate(log, 0)
    ask(server, "/?2")
    until_written(log)

    assert [2] == numbers_in([log])


def test_a_worker_that_starts_gets_the_new_log(serve: Serve) -> None:
    """SIGUSR1 comes while it loads the application."""
    app = HELLO + '\nimport os\nif os.path.exists("slow"):\n    open("slow").read()\n'
    server = serve("--access-logfile", "access.log", app="app", files={"app.py": app})
    os.mkfifo(server.directory / "slow")
    (worker,) = server.children()
    os.kill(worker, signal.SIGKILL)
    server.expect("worker gone")
    (server.directory / "access.log").rename(server.directory / "old.log")
    server.signal(signal.SIGUSR1)
    server.expect("logs reopened")
    since = server.mark()
    (server.directory / "slow").write_text("")
    server.expect("worker ready", since=since)
    ask(server, "/?7")
    until_written(server.directory / "access.log")

    assert [7] == numbers_in([server.directory / "access.log"])


def test_json_in_both_logs(serve: Serve) -> None:
    forms = ("--log-format", "json", "--access-logformat", "json", "--access-log-skip", "/healthz")
    server = serve(*forms, "--access-logfile", "access.log", app="app", files={"app.py": HELLO})
    ask(server, "/healthz")
    ask(server, "/page?x=%22")
    server.signal(signal.SIGTERM)
    assert 0 == server.wait()

    (request,) = map(json.loads, (server.directory / "access.log").read_text().splitlines())
    assert ("GET", "/page?x=%22", 200, 5) == tuple(
        request[name] for name in ("method", "target", "status", "sent")
    )
    events = list(map(json.loads, server.lines()))
    assert {"time", "level", "pid", "message"} == set(events[0])
    assert any(event["message"].startswith("worker ready") for event in events)


def test_an_access_log_that_nobody_reads_costs_lines_and_no_request(serve: Serve, tmp_path: Path) -> None:
    """A pipe to a program that has stopped: one line waits a second, and the service goes on."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    server = serve("--access-logfile", str(pipe), app="app", files={"app.py": HELLO})
    for number in range(100):
        ask(server, f"/?{number}")
    server.expect(r"\[WARNING\] the access log cannot be written: nobody reads it; its lines are lost until")
    since = server.mark()
    kept = os.read(reader, 10_000).count(b"\n")
    ask(server, "/?100")
    lost = server.expect(r"\[WARNING\] (\d+) lines of the access log were lost: nobody reads it", since=since)
    last = os.read(reader, 10_000)
    os.close(reader)

    assert 100 == kept + int(lost[1])
    assert b"/?100 HTTP/1.1" in last


def test_both_logs_go_to_syslog(serve: Serve, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as collector:
        collector.bind(str(tmp_path / "log"))
        collector.settimeout(10)
        to = ("--log-syslog", "--log-syslog-to", f"unix://{tmp_path}/log", "--log-syslog-prefix", "shop")
        server = serve(*to, "--log-syslog-facility", "local3", app="app", files={"app.py": HELLO})
        ask(server, "/page")
        entries = [collector.recv(10_000)]
        while not entries[-1].endswith(b'"-" "-"'):
            entries.append(collector.recv(10_000))

    info = 8 * 19 + 6  # local3 and info, syslog(3)
    (worker,) = server.children()
    assert f"<{info}>wsgid.shop.error[{server.pid}]: serving generation=1 workers=1".encode() in entries
    assert entries[-1].startswith(f"<{info}>wsgid.shop.access[{worker}]: 127.0.0.1 - - [".encode())


CONFIGURED = """
[logconfig_dict.formatters.mine]
format = "MINE %(name)s %(message)s"

[logconfig_dict.handlers.mine]
class = "logging.StreamHandler"
formatter = "mine"
stream = "ext://sys.stdout"

[logconfig_dict.loggers."gunicorn.access"]
handlers = ["mine"]

[logconfig_dict.loggers."gunicorn.error"]
handlers = ["error_console"]
level = "INFO"
"""


def test_a_logging_configuration_of_gunicorns_takes_our_loggers(serve: Serve) -> None:
    server = serve(config=CONFIGURED, app="app", files={"app.py": HELLO})
    ask(server, "/page")

    server.expect(r'^MINE wsgid\.access 127\.0\.0\.1 .*"GET /page HTTP/1\.1" 200')
    assert 1 == server.log.count("worker ready")


INI = """
[loggers]
keys = root, access

[handlers]
keys = here

[formatters]
keys = mine

[logger_root]
handlers =

[logger_access]
qualname = gunicorn.access
handlers = here
propagate = 0

[handler_here]
class = FileHandler
args = ("%(here)s/written.log",)
formatter = mine

[formatter_mine]
format = MINE %(message)s
"""


def test_a_logging_configuration_in_an_ini_file(serve: Serve) -> None:
    server = serve("--log-config", "log.ini", app="app", files={"app.py": HELLO, "log.ini": INI})
    ask(server, "/page")
    until_written(server.directory / "written.log")

    assert (server.directory / "written.log").read_text().startswith("MINE 127.0.0.1 - - [")


@pytest.mark.parametrize(
    ("mistake", "arguments", "text"),
    [
        ("logconfig_json: JSONDecodeError: Expecting value", ("--log-config-json", "log"), "nothing"),
        again("logconfig_json: TypeError: a table is expected", ("--log-config-json", "log"), "[]"),
        again("logconfig_json: cannot read missing", ("--log-config-json", "missing"), ""),
        again("logconfig_json: ValueError: Unable to configure", ("--log-config-json", "log"), '{"root": 1}'),
        ("logconfig: KeyError: 'formatters'", ("--log-config", "log"), "[x]"),
    ],
)
def test_a_logging_configuration_that_cannot_be_ends_the_start(
    mistake: str, arguments: tuple[str, ...], text: str, serve: Serve
) -> None:
    server = serve(*arguments, app="app", files={"app.py": HELLO, "log": text}, ready=False)

    assert 78 == server.wait()
    assert mistake in server.log


PRINTS = """
import os, subprocess, sys
print("printed at import")

def application(environ, start_response):
    print("printed in a call")
    sys.stderr.write("written in a call\\n")
    subprocess.run(["echo", "told by a child"], check=True)
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""


def test_output_of_the_application_goes_to_the_error_log(serve: Serve) -> None:
    server = serve(
        "--capture-output", "--error-logfile", "error.log", "-b", "unix:socket", app="app",
        files={"app.py": PRINTS},
    )  # fmt: skip
    log = server.directory / "error.log"
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(server.directory / "socket"))
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while client.recv(65536):
            pass
    written = log.read_text().splitlines()
    for line in ("printed at import", "printed in a call", "written in a call", "told by a child"):
        assert line in written
    log.rename(server.directory / "old.log")
    server.signal(signal.SIGUSR1)
    until_written(log)
    assert "printed in a call" not in server.log + server.stdout


def ask(server: ServerProcess, target: str) -> bytes:
    with server.connect() as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        octets = b""
        while data := client.recv(65536):
            octets += data
    assert octets.startswith(b"HTTP/1.1 200 "), octets
    return octets


def until_written(file: Path) -> None:
    """The access line follows the answer."""
    done = threading.Event()
    for _ in range(500):
        if file.exists() and file.stat().st_size:
            return
        done.wait(0.01)
    raise AssertionError(f"nothing was written to {file.name}")
