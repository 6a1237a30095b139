"""`--reload`: what is saved is served; a mistake shows its traceback, and the next change recovers."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.rows import again
from tests.support import ROOT, ServerProcess, children
from wsgid.errors import ExitCode
from wsgid.workers.reloader import Alarm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve

pytestmark = pytest.mark.slow

# What is told of a change is one for both, and test_auto_polls_without_watchfiles asks the other.
ENGINES = (again("poll"), "inotify")

APP = """from shop import views
def application(environ, start_response):
    if environ["PATH_INFO"] == "/late":
        import late
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [views.TEXT.encode()]
"""
FILES = {"shop/__init__.py": "", "shop/wsgi.py": APP, "shop/views.py": 'TEXT = "one"\n', "late.py": ""}

# Looked for in the directory that is the server's own, before anything else is imported.
NO_WATCHFILES = {"sitecustomize.py": "import sys\nsys.modules['watchfiles'] = None\n"}


def body(server: ServerProcess, path: str = "/") -> bytes:
    with server.connect() as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer.partition(b"\r\n\r\n")[2]


def save(server: ServerProcess, name: str, text: str) -> int:
    """Write as editors do: another file that takes the place of the first. Gives a mark."""
    mark, path = server.mark(), server.directory / name
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)
    return mark


@pytest.mark.parametrize("engine", ENGINES)
def test_a_change_is_served_and_a_mistake_is_not(serve: Serve, engine: str) -> None:
    server = serve("--reload", "--reload-engine", engine, "-w", "2", app="shop.wsgi", files=FILES)
    server.expect(f"reload on change engine={engine}")
    assert b"one" == body(server)

    # Same size, and maybe of the same second: to Python's cache of compiled modules it is the same.
    mark = save(server, "shop/views.py", 'TEXT = "two"\n')
    server.expect("reload: shop/views.py changed$", since=mark)
    server.expect("reload done generation=2 workers=2", since=mark)
    assert b"two" == body(server)

    mark = save(server, "shop/views.py", 'TEXT = "three\n')
    server.expect("reload: shop/views.py changed$", since=mark)
    server.expect("reload refused, generation=2 serves on", since=mark)
    server.expect('shop/views.py", line 1', since=mark)
    server.expect("SyntaxError: unterminated string", since=mark)
    assert b"two" == body(server)

    mark = save(server, "shop/views.py", 'TEXT = "three"\n')
    server.expect("reload done generation=4", since=mark)
    assert b"three" == body(server)
    assert ExitCode.OK == server.stop()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_application_that_does_not_boot_is_waited_for(serve: Serve, engine: str) -> None:
    """Whoever begins to write an application need not start the server again for each mistake."""
    files = {**FILES, "shop/wsgi.py": f"import orders\n{APP}"}
    server = serve(
        "--reload", "--reload-engine", engine, "-w", "2", app="shop.wsgi", files=files, ready=False
    )
    server.expect("waiting for a change")
    server.expect("No module named 'orders'")

    mark = save(server, "orders.py", "1 / 0\n")
    server.expect("reload: orders.py changed$", since=mark)
    server.expect("reload refused, waiting for the next change", since=mark)
    server.expect("ZeroDivisionError", since=mark)
    assert () == tuple(note.text for note in server.notifications if "READY=1" in note.text)

    save(server, "orders.py", "ORDERS = 0\n")
    server.wait_ready()
    assert b"one" == body(server)
    assert ExitCode.OK == server.stop()


@pytest.mark.again
def test_an_application_that_ends_its_process_or_hangs_at_import_is_waited_for(serve: Serve) -> None:
    server = serve(
        "--reload",
        "--boot-timeout",
        "8",
        app="shop",
        files={"shop.py": "import os\nos._exit(7)\n"},
        ready=False,
    )
    server.expect("waiting for a change")
    mark = save(server, "pack/__init__.py", "import time; time.sleep(600)\n")
    late = "not read"
    for number in range(3):
        if late == "not read":  # the probe of the configuration has no longer, on a machine that is busy
            save(server, "shop.py", f"import pack  # {number}\n")
            late = server.expect(
                r"(not (read|loaded)) within boot_timeout \(8 s\)", since=mark, count=number + 1
            )[1]
    assert late == "not loaded"

    mark = save(server, "pack/__init__.py", "from shop.wsgi import application\n")
    server.expect("reload: pack/__init__.py changed", since=mark)
    server.expect("reload refused, waiting for the next change", since=mark)


def test_a_hup_tries_again_and_a_stop_ends_what_waits(serve: Serve) -> None:
    server = serve("--reload", app="nowhere:application", ready=False)
    server.expect("waiting for a change")
    server.signal(signal.SIGHUP)
    server.expect("reload refused, waiting for the next change")

    assert ExitCode.OK == server.stop()


def test_modules_that_are_imported_by_a_request_count(serve: Serve) -> None:
    files = {
        **FILES,
        "shop/wsgi.py": APP.replace(
            "import late", "import sys\n        sys.path.append('lib')\n        import late"
        ),
        "lib/late.py": "",
    }
    del files["late.py"]
    server = serve("--reload", app="shop.wsgi", files=files)
    assert b"one" == body(server, "/late")

    mark = save(server, "lib/late.py", "LATE = True\n")
    server.expect("reload: lib/late.py changed", since=mark)


@pytest.mark.parametrize("engine", ENGINES)
def test_extra_files_by_path_and_pattern(serve: Serve, engine: str) -> None:
    files = {**FILES, "shop.json": "{}", "templates/base.html": "", "templates/base.txt": ""}
    extra = ("--reload-extra-file", "shop.json", "--reload-extra-file", "templates/**/*.html")
    server = serve("--reload", "--reload-engine", engine, *extra, app="shop.wsgi", files=files)

    save(server, "templates/base.txt", "no reason to reload")
    for name in ("shop.json", "templates/base.html", "templates/cart/new.html"):
        mark = save(server, name, "changed")
        server.expect(f"reload: {name} changed$", since=mark)
    assert "base.txt" not in server.log


def test_the_reloader_dies_with_the_arbiter_and_a_reload_starts_another(serve: Serve) -> None:
    server = serve("--reload", app="shop.wsgi", files=FILES)
    reloader = int(server.expect(r"reload on change engine=\w+ pid=(\d+)")[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        server.signal(number, reloader)  # as a terminal ends all that it has
    server.signal(signal.SIGKILL, reloader)
    server.expect("the reloader has ended, killed by SIGKILL")

    mark = server.mark()
    server.signal(signal.SIGHUP)
    server.expect("reload on change", since=mark)
    server.expect("reload done generation=2")
    mark = save(server, "shop/views.py", 'TEXT = "two"\n')
    server.expect("reload done generation=3", since=mark)

    server.signal(signal.SIGKILL)
    server.wait()  # until its last descendant has closed the pipes
    assert () == children(server.pid)


def test_inotify_without_watchfiles_is_refused_with_what_to_do(serve: Serve) -> None:
    server = serve(
        "--reload", "--reload-engine", "inotify", env={"PYTHONPATH": "."}, files=NO_WATCHFILES, ready=False
    )
    assert ExitCode.CONFIGURATION == server.wait()
    assert "pip install watchfiles" in server.log


def test_a_check_finds_that_watchfiles_is_missing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_WATCHFILES["sitecustomize.py"])
    (tmp_path / "shop.toml").write_text('reload = true\nreload_engine = "inotify"\n')
    words = [sys.executable, "-m", "wsgid", "--check-config", "--no-app", "-c", "shop.toml", "shop"]
    checked = subprocess.run(
        words,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )

    assert ExitCode.CONFIGURATION == checked.returncode
    assert "shop.toml:2:17" in checked.stderr
    assert "pip install watchfiles" in checked.stderr


def test_auto_polls_without_watchfiles(serve: Serve) -> None:
    server = serve("--reload", app="shop.wsgi", env={"PYTHONPATH": "."}, files={**FILES, **NO_WATCHFILES})
    server.expect("reload on change engine=poll")
    mark = save(server, "shop/views.py", 'TEXT = "two"\n')
    server.expect("reload done generation=2", since=mark)
    assert b"two" == body(server)


def test_inotify_wakes_the_reloader(tmp_path: Path) -> None:
    """Not only the look that is taken now and then in any case."""
    alarm = Alarm()
    alarm.watch(frozenset({str(tmp_path)}))
    assert [alarm.fd] == select.select([alarm.fd], [], [], 10)[0]  # it listens
    assert "" == alarm.hear()

    (tmp_path / "views.py").touch()
    assert [alarm.fd] == select.select([alarm.fd], [], [], 10)[0]
    assert "" == alarm.hear()
    alarm.watch(frozenset())
    os.close(alarm.fd)
