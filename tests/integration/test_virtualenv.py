"""`virtualenv`: the server runs under its application's own Python, whoever started it and however."""

from __future__ import annotations

import os
import pwd
import signal
import site
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.integration.checking import NOBODY, project
from tests.support import ROOT

if TYPE_CHECKING:
    from tests.conftest import Serve

pytestmark = pytest.mark.slow

# Its import needs what lies in the environment alone.
APP = """
import sys
import only_there

def application(environ, start_response):
    body = f"{sys.prefix} {only_there.VERSION}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an environment with wsgid, as `pip install --editable` would leave it, and a module of its own."""
    return make(tmp_path_factory.mktemp("environment") / "venv")


def make(path: Path) -> Path:
    venv.create(path, symlinks=True)
    (packages,) = path.glob("lib/python3*/site-packages")
    packages.joinpath("wsgid.pth").write_text("\n".join([str(ROOT), *site.getsitepackages()]))
    packages.joinpath("only_there.py").write_text("VERSION = 7\n")
    script = path / "bin" / "wsgid"
    script.write_text(f"#!{path}/bin/python\nimport sys\nfrom wsgid.cli.main import main\nsys.exit(main())\n")
    script.chmod(0o755)
    return path


def get(url: str) -> str:
    with urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def run(directory: Path, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wsgid", *args],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def write(directory: Path, config: str) -> Path:
    (directory / "app.py").write_text(APP)
    (directory / "wsgid.toml").write_text(f'app = "app"\nbind = ["127.0.0.1:0"]\n{config}\n')
    return directory


@pytest.mark.parametrize("name", ["wsgid.toml", "wsgid.conf.py"])
def test_the_application_runs_there_and_the_server_keeps_its_pid(
    serve: Serve, environment: Path, name: str
) -> None:
    """A service manager waits for its word. What a Python file computes is known late."""
    value = repr(str(environment)) if name.endswith(".toml") else f"'{environment.parent}' + '/venv'"
    files = {"app.py": APP, name: f"virtualenv = {value}\n"}
    server = serve(app="app", files=files)

    assert f"{environment} 7" == get(server.addresses[0])
    (line,) = [line for line in server.log.splitlines() if "server started" in line]
    assert f"pid={server.pid}" in line


def test_a_reload_reads_and_serves_there(serve: Serve, environment: Path) -> None:
    config = f'virtualenv = "{environment}"\n'
    server = serve(app="app", files={"app.py": APP}, config=config)
    (server.directory / "wsgid.toml").write_text(f"{config}threads = 2\n")
    server.signal(signal.SIGHUP)
    server.expect("reload done")

    assert f"{environment} 7" == get(server.addresses[0])


def test_in_the_background_it_is_there_too(environment: Path, tmp_path: Path) -> None:
    write(tmp_path, f'virtualenv = "{environment}"\npidfile = "pid"\nerrorlog = "log"')
    done = run(tmp_path, "-D")
    pid = int((tmp_path / "pid").read_text())
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    os.kill(pid, signal.SIGTERM)

    assert (0, "") == (done.returncode, done.stderr)
    assert [os.fsencode(environment / "bin" / name) for name in ("python", "wsgid")] == command[:2]


def test_a_check_imports_the_application_there() -> None:
    """As root, too, who must not become what may be another's: a child asks, as the user that will serve."""
    with project() as site:
        make(site.root / "venv")
        write(site.root, 'virtualenv = "venv"')
        user = ["--user", NOBODY] if os.geteuid() == 0 else []
        good = site.run("--check-config", *user)
        source = "import os, sys\nprint('importing in', sys.prefix, os.geteuid())\nimport nowhere\n"
        site.write("app.py", source)
        bad = site.run("--check-config", *user)

    uid = pwd.getpwnam(NOBODY).pw_uid if user else os.geteuid()
    assert (0, "") == (good.status, good.error)
    assert 78 == bad.status
    assert f"importing in {site.root}/venv {uid}\n" in bad.error
    assert "No module named 'nowhere'" in bad.error


def test_a_check_imports_what_a_paste_file_names_there() -> None:
    """It is the file that names the application then, and the messages name the file."""
    with project() as site:
        make(site.root / "venv")
        site.write("app.py", "def make(variables, **local):\n    return None\n")
        site.write("shop.ini", "[app:main]\npaste.app_factory = app:make\n")
        site.write("wsgid.toml", 'paste = "shop.ini"\nbind = ["127.0.0.1:0"]\nvirtualenv = "venv"\n')
        user = ["--user", NOBODY] if os.geteuid() == 0 else []
        no_application = site.run("--check-config", *user)
        site.write("app.py", "import os\nos._exit(5)\n")
        ended = site.run("--check-config", *user)
        site.write("app.py", "import os\nos.kill(os.getpid(), 40)\n")
        killed = site.run("--check-config", *user)

    assert [78, 78, 78] == [no_application.status, ended.status, killed.status]
    assert f"application `{site.root}/shop.ini`: it is None, which cannot be called" in no_application.error
    assert f"paste `{site.root}/shop.ini`: its import in `venv` ended with exit status 5" in ended.error
    assert " --> wsgid.toml:1:9\n" in ended.error
    assert "its import in `venv` ended with signal 40\n" in killed.error


def test_an_environment_without_wsgid_is_one_message_with_what_puts_it_there(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    write(tmp_path, 'virtualenv = "venv"')
    done = run(tmp_path)
    checked = run(tmp_path, "--check-config", "--no-app")

    for one in (done, checked):
        assert 78 == one.returncode
        assert f"wsgid is not installed in `{tmp_path}/venv`" in one.stderr.replace(
            "`venv`", f"`{tmp_path}/venv`"
        )
        assert " --> wsgid.toml:3:14\n" in one.stderr
        assert "/bin/python -m pip install wsgid-server" in one.stderr
        assert "Traceback" not in one.stderr


def test_a_python_that_is_not_of_its_environment_is_not_tried_for_ever(
    environment: Path, tmp_path: Path
) -> None:
    """bin/python is a link beside no pyvenv.cfg: it starts, as another one."""
    other = tmp_path / "other" / "bin"
    other.mkdir(parents=True)
    (other / "python").write_text(f'#!/bin/sh\nexec {environment}/bin/python "$@"\n')
    (other / "python").chmod(0o755)
    (other / "wsgid").write_text((environment / "bin" / "wsgid").read_text())
    write(tmp_path, 'virtualenv = "other"')
    done = run(tmp_path)

    assert 78 == done.returncode
    assert f"is no Python of `other`, but of {environment}" in done.stderr


def test_a_program_that_calls_the_server_cannot_be_moved(environment: Path, tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "run.py").write_text(
        f"import sys, wsgid\nsys.exit(wsgid.serve('app', virtualenv={str(environment)!r}))\n"
    )
    done = subprocess.run(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert 78 == done.returncode
    assert f"this program runs in {sys.prefix}, not in `{environment}`" in done.stderr
    assert "run it with that Python" in done.stderr


def test_the_application_sees_no_trace_of_the_move(serve: Serve, environment: Path) -> None:
    source = 'import os\nprint("entered:", [n for n in os.environ if "ENTERED" in n], flush=True)\n'
    server = serve(app="app", files={"app.py": source + APP}, config=f'virtualenv = "{environment}"\n')

    server.expect(r"entered: \[\]")
    assert "unknown setting" not in server.log
