"""With -D the typed command ends when the server is ready, or says why it is not and leaves nothing."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rows import again
from tests.support import _environment, children, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

DEADLINE_S = 15.0

APP = """
import os, sys
print("imported", flush=True)
def application(environ, start_response):
    print("called", file=sys.stderr, flush=True)
    start_response("200 OK", [])
    return [repr([os.readlink(f"/proc/self/fd/{fd}") for fd in (0, 1, 2)]).encode()]
"""


class Place:
    """A directory in which servers are started; all of them are ended with the test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "app.py").write_text(APP)

    def argv(self, *args: str, app: str = "app") -> list[str]:
        bind = () if "-b" in args else ("-b", "unix:s")
        return [sys.executable, "-m", "wsgid", "-D", "--pid", "s.pid", *bind, *args, app]

    def run(self, *args: str, app: str = "app") -> subprocess.CompletedProcess[str]:
        """Type the command and read its output to the end, as a pipe behind it would."""
        return subprocess.run(
            self.argv(*args, app=app),
            cwd=self.directory,
            env=_environment({}),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )

    @property
    def pid(self) -> int:
        return int((self.directory / "s.pid").read_text())

    def ask(self) -> str:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE_S)
            client.connect(str(self.directory / "s"))
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b""
            while data := client.recv(65536):
                answer += data
        return answer.partition(b"\r\n\r\n")[2].decode()

    def wait_left(self, count: int = 0) -> bool:
        """Wait until so many are left: a process that has closed its files is not quite gone."""
        last = time.monotonic() + 1.0
        while len(self.left()) != count and time.monotonic() < last:
            os.sched_yield()
        return len(self.left()) == count

    def left(self) -> list[int]:
        """Give every process that has been started in the directory and lives."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "cwd").readlink() == self.directory:
                    found.append(int(entry.name))
        return found

    def end(self) -> None:
        for pid in self.left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def wait_end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            assert poll.poll(DEADLINE_S * 1000), f"{pid} did not end"
        finally:
            os.close(handle)


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="wsgid-test-") as name:
        place = Place(Path(name).resolve())
        yield place
        place.end()


def test_the_command_ends_when_the_server_is_ready(place: Place) -> None:
    """And its output with it: `wsgid -D | cat` returns."""
    done = place.run("-w", "2")
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)

    assert "['/dev/null', '/dev/null', '/dev/null']" == place.ask()
    assert 2 == len(children(place.pid))
    pid = place.pid
    os.kill(pid, signal.SIGTERM)
    wait_end(pid)
    assert place.wait_left(0)
    assert not (place.directory / "s.pid").exists()


def test_sockets_that_were_passed_to_the_command_are_the_servers(place: Place) -> None:
    """A socket unit may start a service that forks (Type=forking)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        # The descriptor that sd_listen_fds(3) begins with, and our pid, are known in the child alone.
        code = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_FDS='1',"
            " LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
        )
        # No `-b`: then it is all that is passed.
        words = [sys.executable, "-m", "wsgid", "-D", "--pid", "s.pid", "--error-logfile", "error.log", "app"]
        argv = [sys.executable, "-c", code, str(listener.fileno()), *words]
        done = subprocess.run(
            argv,
            cwd=place.directory,
            env=_environment({}),
            pass_fds=[listener.fileno()],
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
        assert (0, "") == (done.returncode, done.stderr)
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    os.kill(place.pid, signal.SIGHUP)
    log = place.directory / "error.log"
    wait_until(lambda: "reload " in log.read_text().replace("reload begun", ""))

    assert "reload done generation=2" in log.read_text()


def test_it_has_no_terminal_and_gets_none(place: Place) -> None:
    """Who leads a session could open one by accident."""
    place.run()

    assert os.getsid(place.pid) not in (place.pid, os.getsid(0))


def test_logs_go_to_files(place: Place) -> None:
    place.run("--error-logfile", "error.log", "--access-logfile", "access.log")
    place.ask()

    assert "serving generation=1" in (place.directory / "error.log").read_text()
    assert '"GET / HTTP/1.1" 200' in (place.directory / "access.log").read_text()


def test_output_is_kept_where_that_is_asked_for(place: Place) -> None:
    with (place.directory / "output").open("w") as output:
        subprocess.run(
            place.argv("-R"),
            cwd=place.directory,
            env=_environment({}),
            stdout=output,
            stderr=output,
            check=True,
        )
    place.ask()

    text = (place.directory / "output").read_text()
    assert "imported\n" in text
    assert "called\n" in text


@pytest.mark.parametrize(
    ("args", "app", "status", "said"),
    [
        ((), "nothing_of_this_name", 3, "nothing_of_this_name"),
        again((), "exits", 3, "exit status 9, before it was ready"),
        (("-b", "192.0.2.1:80"), "app", 69, "this machine has no address 192.0.2.1"),
        again(("-w", "many"), "app", 78, "error[wrong-type]"),
        again(("--user", "no-such-user"), "app", 78, "there is no user `no-such-user`"),
        (("--boot-timeout", "1"), "hangs", 3, "boot_timeout (1 s)"),
        (("--error-logfile", "nowhere/log"), "app", 78, "errorlog: cannot open nowhere/log"),
    ],
    ids=["import", "exit", "address", "setting", "user", "hang", "log"],
)
def test_what_keeps_it_from_serving_is_said_and_nothing_is_left(
    place: Place, args: tuple[str, ...], app: str, status: int, said: str
) -> None:
    (place.directory / "exits.py").write_text("import os\nos._exit(9)\n")
    (place.directory / "hangs.py").write_text("import time\ntime.sleep(3600)\n")
    done = place.run(*args, app=app)

    assert (status, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert place.wait_left(0)
    assert ["app.py", "exits.py", "hangs.py"] == sorted(
        entry.name for entry in place.directory.iterdir() if entry.name != "__pycache__"
    )


def test_a_second_server_is_refused_on_the_terminal(place: Place) -> None:
    place.run()
    before = len(place.left())
    done = place.run("-b", "unix:another")

    assert 69 == done.returncode
    assert f"another server that runs, pid {place.pid}" in done.stderr
    assert place.wait_left(before)


def test_ctrl_c_while_it_starts_ends_the_server(place: Place) -> None:
    (place.directory / "hangs.py").write_text("open('begun', 'w').close()\nimport time\ntime.sleep(3600)\n")
    typed = subprocess.Popen(
        place.argv(app="hangs"), cwd=place.directory, env=_environment({}), stderr=subprocess.PIPE, text=True
    )
    wait_until((place.directory / "begun").exists)
    typed.send_signal(signal.SIGINT)
    _, errors = typed.communicate(timeout=DEADLINE_S)

    assert (130, "") == (typed.returncode, errors)
    assert place.wait_left(0)


def test_ctrl_c_once_more_ends_it_at_once(place: Place) -> None:
    """Whoever presses it twice does not want to wait for an application that will not end."""
    deaf = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('begun', 'w').close()\n"
    (place.directory / "deaf.py").write_text(f"{deaf}time.sleep(3600)\n")
    log = place.directory / "error.log"
    argv = place.argv("--error-logfile", log.name, "--graceful-timeout", "600", app="deaf")
    typed = subprocess.Popen(
        argv, cwd=place.directory, env=_environment({}), stderr=subprocess.PIPE, text=True
    )
    wait_until((place.directory / "begun").exists)
    typed.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping gracefully (SIGTERM)" in log.read_text())
    typed.send_signal(signal.SIGINT)
    _, errors = typed.communicate(timeout=DEADLINE_S)

    assert (130, "") == (typed.returncode, errors)
    assert "stopping at once (SIGINT)" in log.read_text()
    assert place.wait_left(0)


def test_a_reload_goes_on_as_ever(place: Place) -> None:
    place.run("--error-logfile", "error.log")
    log, pid = place.directory / "error.log", place.pid
    former = children(pid)
    os.kill(pid, signal.SIGHUP)
    for worker in former:
        wait_end(worker)

    assert "reload begun generation=2" in log.read_text()
    assert pid == place.pid


def test_winch_ends_the_workers_and_hup_brings_them_back(place: Place) -> None:
    """Administrators of gunicorn keep an arbiter in reserve so."""
    (place.directory / "wsgid.conf.py").write_text(
        "def nworkers_changed(server, new, old):\n    server.log.info('changed %s from %s', new, old)\n"
    )
    place.run("-w", "2", "--error-logfile", "error.log")
    pid = place.pid
    former = children(pid)
    os.kill(pid, signal.SIGWINCH)
    for worker in former:
        wait_end(worker)
    assert () == children(pid)

    os.kill(pid, signal.SIGTTOU)
    os.kill(pid, signal.SIGHUP)
    assert "/dev/null" in place.ask()  # waits in the kernel's queue until somebody serves
    text = (place.directory / "error.log").read_text()
    assert "workers 2 -> 0 (SIGWINCH)" in text
    assert "changed 0 from 2" in text
    assert "workers 0 -> 0 (SIGTTOU)" in text
