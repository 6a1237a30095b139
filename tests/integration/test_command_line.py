"""`wsgid`, `python -m wsgid` and `wsgid.serve`: what is given on the way in is what the server does."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rows import again
from tests.support import PEERS
from wsgid import __version__, is_compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

# Answers with what the application sees of its process.
APP = """
import os, sys

def make(word="none", *, n=0):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        facts = {
            "word": word, "n": n, "cwd": os.getcwd(), "path": sys.path[:3],
            "env": {k: os.environ[k] for k in ("TEST_A", "TEST_B") if k in os.environ},
            "threads": environ["wsgi.multithread"], "processes": environ["wsgi.multiprocess"],
        }
        return [repr(facts).encode()]
    return application

application = make()
"""


def ask(server: ServerProcess, path: str = "/", head: str = "") -> str:
    with server.connect() as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n".encode())
        octets = b""
        while data := client.recv(65536):
            octets += data
    return octets.decode()


def run(*argv: str, cwd: Path | None = None) -> tuple[int, str, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def commands() -> Sequence[Sequence[str]]:
    """Give every way to type the command; the script is there where wsgid is installed."""
    script = Path(sys.executable).with_name("wsgid")
    return [[sys.executable, "-m", "wsgid"], *([[str(script)]] if script.exists() else [])]


@pytest.mark.parametrize("command", commands(), ids=lambda words: Path(words[-1]).name)
def test_the_command_says_its_version_and_its_options(command: Sequence[str]) -> None:
    build = " (compiled)" if is_compiled() else ""
    assert (0, f"wsgid {__version__}{build}\n", "") == run(*command, "--version")
    status, out, error = run(*command, "--help")

    assert (0, "") == (status, error)
    assert out.startswith("usage: wsgid [OPTIONS] APP_MODULE\n")
    assert re.search("-w( N)?, --workers N", out)  # the first N until Python 3.12
    assert "pip install" not in out


def test_a_slip_ends_with_2() -> None:
    status, out, error = run(sys.executable, "-m", "wsgid", "--wokers", "4", "x:y")

    assert (2, "") == (status, out)
    assert error == (
        "wsgid: there is no option --wokers, did you mean --workers?\n`wsgid --help` lists the options.\n"
    )


def test_an_application_is_served(serve: Serve) -> None:
    server = serve(app="site_", files={"site_.py": APP})

    assert "'word': 'none'" in ask(server)
    assert 0 == server.stop()


def test_a_factory_is_called_with_its_arguments(serve: Serve) -> None:
    answer = ask(serve(app='site_:make("x y", n=1)', files={"site_.py": APP}))

    assert "'word': 'x y', 'n': 1" in answer


def test_the_application_finds_its_directory_its_path_and_its_variables(serve: Serve) -> None:
    files = {"src/pkg/site_.py": APP, "src/pkg/__init__.py": "import lib_", "src/lib/lib_.py": ""}
    argv = ["--chdir", "src", "--pythonpath", "lib,/nowhere", "-e", "TEST_A=1", "--env", "TEST_B=x=y,z"]
    server = serve(*argv, app="pkg.site_", files=files)
    answer = ask(server)
    src = (server.directory / "src").resolve()

    assert f"'cwd': '{src}', 'path': ['{src}', '{src}/lib', '/nowhere']" in answer
    assert "'env': {'TEST_A': '1', 'TEST_B': 'x=y,z'}" in answer


def test_workers_and_threads_are_as_many_as_were_asked_for(serve: Serve) -> None:
    server = serve("-w", "3", "--threads", "2", "-k", "gthread", app="site_", files={"site_.py": APP})

    assert 3 == len(server.children())
    assert "'threads': True, 'processes': True" in ask(server)


def test_every_address_is_listened_at(serve: Serve) -> None:
    server = serve(bind=["127.0.0.1:0", "unix:s", "127.0.0.1:0,unix:t"])

    # Two of them are the same text, so one listener.
    assert 3 == len(server.addresses)
    assert {"unix:s", "unix:t"} <= set(server.addresses)
    for address in server.addresses:
        with server.connect(address) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_a_file_says_the_same_in_toml(serve: Serve) -> None:
    config = """
app = "site_:make('toml')"
bind = ["127.0.0.1:0"]
workers = 2
server_header = "mine"
accesslog = "access.log"
access_log_format = "%(m)s %(U)s %(s)s"
loglevel = "warning"
errorlog = "error.log"

[env]
TEST_A = "b"
"""
    server = serve(app=None, bind=[], config=config, files={"site_.py": APP}, ready=False)
    server.wait_ready()

    assert "" == server.log, "a warning is the least that is told"
    assert 2 == len(server.children())
    assert 0 == server.stop()
    assert (server.directory / "error.log").exists()


def test_the_command_line_is_above_the_environment_and_that_above_the_file(serve: Serve) -> None:
    config = 'server_header = "file"\nworkers = 2\n[env]\nTEST_A = "file"\nTEST_B = "file"\n'
    env = {"WSGID_SERVER_HEADER": "variable", "WSGID_ENV": "TEST_B=variable"}
    server = serve("--server-header", "flag", app="site_", config=config, env=env, files={"site_.py": APP})
    answer = ask(server)

    assert "Server: flag\r\n" in answer
    assert "'env': {'TEST_A': 'file', 'TEST_B': 'variable'}" in answer
    assert 2 == len(server.children())


def test_the_file_in_the_start_directory_is_read(serve: Serve) -> None:
    server = serve(files={"wsgid.toml": 'server_header = "found"\n'})

    assert "Server: found\r\n" in ask(server)


def test_logs_go_where_they_are_sent(serve: Serve) -> None:
    server = serve("--access-logfile", "a.log", "--access-logformat", "%(m)s %(U)s %(s)s")
    ask(server, "/a")

    assert 0 == server.stop()
    assert "GET /a 200\n" == (server.directory / "a.log").read_text()


def test_a_limit_of_the_command_line_is_kept(serve: Serve) -> None:
    server = serve("--limit-request-line", "100", "--limit-request-fields", "3")

    assert ask(server).startswith("HTTP/1.1 200")
    assert ask(server, "/" + "x" * 100).startswith("HTTP/1.1 414")
    assert ask(server, head="A: 1\r\nB: 2\r\n").startswith("HTTP/1.1 431")


# From a program


class Embed:
    """Starts programs that call `wsgid.serve`."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve

    def __call__(self, call: str, **options: Any) -> ServerProcess:
        program = f"import sys, wsgid\nfrom site_ import make\nsys.exit(wsgid.serve({call}))\n"
        files = {"site_.py": APP, "program.py": program}
        return self._serve(app=None, bind=[], files=files, peer="program", **options)


@pytest.fixture
def embed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Embed:
    """Give the function that starts a program, as `python -m program`."""
    monkeypatch.setitem(PEERS, "program", lambda *_: ["program"])
    return Embed(serve)


def test_a_program_serves_a_callable(embed: Embed) -> None:
    server = embed("make('own'), bind=['127.0.0.1:0'], workers=2, env={'TEST_A': 'b'}, server_header='mine'")
    answer = ask(server)

    assert "'word': 'own'" in answer
    assert "Server: mine\r\n" in answer
    assert 2 == len(server.children())
    assert 0 == server.stop()


def test_a_program_serves_an_application_by_name(embed: Embed) -> None:
    server = embed("'site_:make(n=3)', bind=['127.0.0.1:0']", env={"WSGID_SERVER_HEADER": "variable"})

    assert "'n': 3" in ask(server)
    assert "Server: variable\r\n" in ask(server)


def test_a_reload_of_a_program_takes_new_settings(embed: Embed) -> None:
    server = embed("make(), bind=['127.0.0.1:0']")
    (server.directory / "wsgid.toml").write_text('server_header = "new"\n')
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")

    assert "Server: new\r\n" in ask(server)


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        ("make(), wokers=3", 78, "wsgid.serve()\n  |\n  | wokers=3\n  | ^^^^^^ did you mean `workers`?"),
        again("make(), timeout='5x'", 78, "invalid value for `timeout`"),
        again("'site_:nothing', bind=['127.0.0.1:0']", 3, "there is no `nothing` in `site_`"),
        again("lambda: None", 3, "takes no arguments"),
        ("make(), bind=['192.0.2.1:0']", 69, "this machine has no address"),
    ],
)
def test_a_mistake_of_a_program_is_returned_and_told(
    embed: Embed, call: str, status: int, message: str
) -> None:
    server = embed(call, ready=False)

    assert status == server.wait()
    assert message in server.log
    assert "Traceback" not in server.log
