"""Files in Python, run by real servers: what they set is served, and what they print is no answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

GUNICORN_FILES = ROOT / "tests" / "gunicorn_files"


def head(server: ServerProcess) -> str:
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        octets = b""
        while data := client.recv(65536):
            octets += data
    return octets.partition(b"\r\n\r\n")[0].decode()


def run(*argv: str, cwd: Path) -> tuple[int, str, str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "wsgid", *argv],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=cwd,
        env=environ,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_file_of_ours_is_served(serve: Serve) -> None:
    file = (
        'import os\nprint("read by", os.path.basename(__file__))\nserver_header = "shop"\nworkers = 1 + 1\n'
    )
    server = serve("-c", "conf/shop.py", files={"conf/shop.py": file})

    assert "Server: shop" in head(server)
    assert 2 == len(server.children())
    assert "read by shop.py" in server.log
    assert "" == server.stdout
    assert 0 == server.stop()


@pytest.mark.parametrize("name", ["wsgid.conf.py", "gunicorn.conf.py"])
def test_a_file_in_the_start_directory_is_served(serve: Serve, name: str) -> None:
    server = serve(files={name: "from sizes_ import *\n", "sizes_.py": "workers = 2\n"})

    assert "HTTP/1.1 200 OK" in head(server)
    assert 2 == len(server.children())


def test_a_module_is_served(serve: Serve) -> None:
    files = {"site_/__init__.py": "", "site_/conf.py": "from . import words\nserver_header = words.WORD\n"}
    server = serve("-c", "python:site_.conf", files={**files, "site_/words.py": 'WORD = "module"\n'})

    assert "Server: module" in head(server)


def test_a_widely_copied_file_of_gunicorns_is_served(serve: Serve) -> None:
    """The one for containers, less the class of workers, for which another server has to be installed."""
    text = (GUNICORN_FILES / "gunicorn_docker.py").read_text()
    text = "".join(line for line in text.splitlines(keepends=True) if "worker_class" not in line)
    env = {"BIND": "127.0.0.1:0", "WEB_CONCURRENCY": "2", "LOG_LEVEL": "INFO"}
    server = serve(bind=[], files={"gunicorn.conf.py": text}, env=env)

    assert "HTTP/1.1 200 OK" in head(server)
    assert 2 == len(server.children())
    assert "`worker_tmp_dir` is a setting of gunicorn's that has no use here" in server.log
    assert '"use_max_workers": null' in server.log
    assert "use_max_workers" not in server.stdout


def test_gunicorns_loggers_in_a_file_are_ours(serve: Serve) -> None:
    text = (GUNICORN_FILES / "gunicorn_logging.py").read_text()
    server = serve(files={"gunicorn.conf.py": text})
    head(server)
    server.expect(r'^\{"at": ".*", "text": ".*GET / HTTP/1.1')

    assert '"text": "serving generation=1 workers=1"}' in server.stdout


def test_what_a_file_prints_is_no_part_of_an_answer(tmp_path: Path) -> None:
    text = (GUNICORN_FILES / "gunicorn_environment.py").read_text()
    (tmp_path / "gunicorn.conf.py").write_text(text + "tiemout = 3\n")
    status, out, error = run("--check-config", "--no-app", "--output-format", "json", cwd=tmp_path)
    answer = json.loads(out)

    assert (0, 0) == (status, answer["errors"])
    assert f"gunicorn.conf.py:{text.count(chr(10)) + 1}:1" in [
        ":".join(str(place[key]) for key in ("name", "line", "column"))
        for diagnostic in answer["diagnostics"]
        for place in diagnostic["places"]
    ]
    assert {"reading the configuration", "and complaining", "from a subprocess"} <= set(error.splitlines())
    assert "hunter2" not in out


def test_a_file_that_cannot_be_run_ends_the_start_with_78(serve: Serve) -> None:
    file = "import os\n\nworkers = int(os.environ['NO_SUCH_'])\n"
    server = serve("-c", "shop.py", files={"shop.py": file}, ready=False)

    assert 78 == server.wait()
    assert "error[cannot-import]: this file cannot be run\n --> shop.py:3:" in server.log
    assert "KeyError: 'NO_SUCH_'" in server.log
    assert "Traceback" not in server.log


def test_a_reload_sees_the_file_that_a_file_imports(serve: Serve) -> None:
    """The arbiter that has imported it must not go on with what it was."""
    files = {"wsgid.conf.py": "from shared_ import *\n", "shared_.py": 'server_header = "old"\n'}
    server = serve(files=files)
    old = head(server)
    (server.directory / "shared_.py").write_text('server_header = "new"\n')
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")

    assert ("Server: old" in old, "Server: new" in head(server)) == (True, True)
    assert {"wsgid.conf.py", "shared_.py", "notify"} == {path.name for path in server.directory.iterdir()}


def test_the_servers_section_of_an_ini_file_is_read(tmp_path: Path) -> None:
    text = "[server:main]\nuse = egg:gunicorn#main\nhost = 127.0.0.1\nport = 6543\ntiemout = 3\n"
    (tmp_path / "shop.ini").write_text(text)
    status, out, error = run("--check-config", "--no-app", "--paste", "shop.ini", cwd=tmp_path)

    assert 78 == status
    assert "shop.ini:5:1" in out + error
    (tmp_path / "shop.ini").write_text(text.replace("tiemout", "timeout"))
    status, out, error = run("--show-config", "--paste", "shop.ini", cwd=tmp_path)

    assert 0 == status, error
    assert 'bind = ["127.0.0.1:6543"]' in out
    assert "shop.ini:3:8" in out
