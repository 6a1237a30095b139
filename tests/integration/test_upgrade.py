"""SIGUSR2: a successor inherits the listeners; by itself (auto), or as gunicorn's administrators drive it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.test_virtualenv import make
from tests.rows import again
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
DONE = r"upgrade done successor=(\d+) serves"
DEADLINE_S = 30.0

# Who answers. A call of /wait lasts until the test opens the FIFO `go`, and so does the next import once
# there is a file `hold`.
APP = """
import os, sys

def wait(name):
    print(f"waiting for {name}", file=sys.stderr, flush=True)
    with open("go") as fifo:
        fifo.read()

if os.path.exists("hold"):
    os.unlink("hold")
    wait("import")

def application(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        wait("the end")
    body = ("VERSION" + f" {os.getppid()}").encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
MANUAL = ("--upgrade", "manual")
PIDFILE = ("-p", "pid")


class Upgrades:
    """Starts servers, upgrades them, and ends all successors with the test."""

    def __init__(self, serve: Serve, stack: contextlib.ExitStack) -> None:
        self._serve = serve
        self._stack = stack

    def start(self, *args: str, **options: Any) -> ServerProcess:
        options.setdefault("app", "app")
        files = {"app.py": APP, **options.pop("files", {})}
        server = self._serve(*args, files=files, **options)
        # Later than this the server is asked to end, and is waited for with all its descendants.
        self._stack.callback(self._end, server)
        return server

    def upgrade(self, server: ServerProcess, pid: int | None = None) -> int:
        """Send USR2; give the pid of the successor, which serves."""
        count = len(re.findall(DONE, server.log)) + 1
        server.signal(signal.SIGUSR2, pid)
        return int(server.expect(DONE, count=count, deadline_s=DEADLINE_S)[1])

    @staticmethod
    def _end(server: ServerProcess) -> None:
        for pid in dict.fromkeys(int(pid) for pid in re.findall(r"successor=(\d+)", server.log)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)


@pytest.fixture
def upgrades(serve: Serve) -> Iterator[Upgrades]:
    with contextlib.ExitStack() as stack:
        yield Upgrades(serve, stack)


@contextlib.contextmanager
def end_of(pid: int) -> Iterator[None]:
    """Wait at the end of the block until a process has ended, which need not be our child."""
    handle = os.pidfd_open(pid)
    try:
        yield
        assert select.select([handle], [], [], DEADLINE_S)[0], f"{pid} has not ended"
    finally:
        os.close(handle)


def stop(server: ServerProcess, pid: int, number: int = signal.SIGTERM) -> None:
    with end_of(pid):
        server.signal(number, pid)


def ask(server: ServerProcess, address: str | None = None) -> tuple[str, int]:
    """Give the version of the application, and the arbiter whose worker has answered."""
    with server.connect(address) as client:
        client.sendall(GET)
        version, pid = Wire(client).read_answer().body.decode().split()
    return version, int(pid)


def answering(server: ServerProcess, times: int = 30) -> set[int]:
    return {ask(server)[1] for _ in range(times)}


def share_the_work(server: ServerProcess, *arbiters: int) -> bool:
    """Ask, several at a time, until workers of all of these answer; say whether they, and nobody else, did.

    Which of those who listen at one address is woken is the kernel's to choose: one may be lucky for long.
    """
    answered: set[int] = set()
    last = time.monotonic() + DEADLINE_S
    while answered != set(arbiters) and time.monotonic() < last:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(server.connect()) for _ in range(8)]
            for client in clients:
                client.sendall(GET)
            bodies = [Wire(client).read_answer().body.decode() for client in clients]
        answered |= {int(body.split()[1]) for body in bodies}
    return answered == set(arbiters)


def hold(server: ServerProcess) -> None:
    """Have the next import wait, for ever."""
    os.mkfifo(server.directory / "go")
    (server.directory / "hold").touch()


def deploy(server: ServerProcess, version: str) -> None:
    (server.directory / "app.py").write_text(APP.replace("VERSION", version))
    for path in (server.directory / "__pycache__").glob("app.*.pyc"):
        path.unlink()


def ctl(server: ServerProcess, *words: str, socket: str = "pid.control") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wsgid.cli.ctl", "-s", str(server.directory / socket), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def status(server: ServerProcess, socket: str = "pid.control") -> dict[str, Any]:
    told = json.loads(ctl(server, "--json", "status", socket=socket).stdout)["status"]
    assert isinstance(told, dict)
    return told


def places(server: ServerProcess) -> set[str]:
    """Give the names of all that a server has in its directory: pidfiles, control sockets, the socket `s`."""
    return {entry.name for entry in server.directory.iterdir() if entry.name.startswith(("pid", "s"))}


def pid_in(server: ServerProcess, name: str) -> int:
    return int((server.directory / name).read_text())


# By itself


def test_the_predecessor_leaves_when_its_successor_serves(upgrades: Upgrades) -> None:
    server = upgrades.start("-w", "2", *PIDFILE)
    deploy(server, "two")
    successor = upgrades.upgrade(server)

    assert 0 == server.wait_alone()
    assert ("two", successor) == ask(server)
    assert {successor} == answering(server)
    server.expect(f"predecessor gone pid={server.pid}: this server goes on alone")
    assert successor == pid_in(server, "pid")
    assert successor == status(server)["pid"]
    assert {"pid", "pid.control"} == places(server)
    stop(server, successor)
    assert not places(server)


def test_requests_that_were_begun_are_finished_by_the_predecessor(upgrades: Upgrades) -> None:
    server = upgrades.start()
    os.mkfifo(server.directory / "go")
    with server.connect() as client:
        client.sendall(GET.replace(b"/", b"/wait", 1))
        server.expect("waiting for the end")
        successor = upgrades.upgrade(server)
        assert {successor} == answering(server)
        with end_of(server.pid):
            (server.directory / "go").write_text("")
            answer = Wire(client).read_answer()

    assert (200, f"VERSION {server.pid}".encode()) == (answer.status, answer.body)


def test_upgrades_follow_one_another(upgrades: Upgrades) -> None:
    server = upgrades.start()
    pids = [server.pid]
    for number in range(3):
        with end_of(pids[-1]):
            pids.append(upgrades.upgrade(server, pids[-1]))
        server.expect("predecessor gone", count=number + 1)

    assert {pids[-1]} == answering(server)
    assert 1 == len(server.addresses)


def test_systemd_is_told_by_the_predecessor_then_by_the_successor(upgrades: Upgrades) -> None:
    """What a process says that is not the main one is refused, and logged."""
    server = upgrades.start(env={"WATCHDOG_USEC": "1000000"})
    with end_of(server.pid):
        successor = upgrades.upgrade(server)
    server.expect_notification("STATUS=[0-9].*", since=_index(server, "MAINPID=.*"))
    notes = [(note.pid, note.text) for note in server.notifications]
    at = notes.index((server.pid, f"MAINPID={successor}"))

    assert {server.pid} == {pid for pid, _ in notes[:at]}
    assert {successor} == {pid for pid, _ in notes[at + 1 :]}
    assert (successor, "WATCHDOG=1") == notes[at + 1]
    assert any(text.startswith("STATUS=upgrading; 1 workers") for _, text in notes[:at])
    assert "STOPPING=1" not in [text for _, text in notes]
    stop(server, successor)
    server.wait()
    assert (successor, "STOPPING=1") in [(note.pid, note.text) for note in server.notifications]


def test_a_reload_that_is_under_way_is_over_for_systemd(upgrades: Upgrades) -> None:
    """The successor knows nothing of it, and a unit must not be "reloading" for ever."""
    server = upgrades.start("--boot-timeout", "30")
    hold(server)
    server.signal(signal.SIGHUP)
    server.expect("waiting for import")
    server.expect_notification("RELOADING=1\n.*")
    upgrades.upgrade(server)
    at = _index(server, "MAINPID=.*")
    states = [note.text for note in server.notifications[:at] if note.text.startswith(("READY", "RELOADING"))]

    assert "READY=1" == states[-1]


def _index(server: ServerProcess, pattern: str) -> int:
    server.expect_notification(pattern)
    return next(index for index, note in enumerate(server.notifications) if re.fullmatch(pattern, note.text))


def test_a_stop_while_the_successor_boots_ends_both(upgrades: Upgrades) -> None:
    server = upgrades.start()
    hold(server)
    server.signal(signal.SIGUSR2)
    server.expect("waiting for import", deadline_s=DEADLINE_S)

    assert 0 == server.stop()  # which waits for all descendants
    server.expect("upgrade given up: the server stops")


# By hand, forth and back


def test_forth_by_hand(upgrades: Upgrades) -> None:
    """As docs/reference/signals.md walks through it: USR2, a look at both, TERM to the former."""
    server = upgrades.start(*MANUAL, *PIDFILE, "-b", "unix:s", "-w", "2")
    deploy(server, "two")
    successor = upgrades.upgrade(server)
    assert share_the_work(server, server.pid, successor)
    assert (server.pid, successor) == (pid_in(server, "pid"), pid_in(server, "pid.2"))
    mine, theirs = status(server), status(server, "pid.control.2")
    assert (server.pid, successor, None) == (mine["pid"], mine["successor"], mine["predecessor"])
    assert (successor, None, server.pid) == (theirs["pid"], theirs["successor"], theirs["predecessor"])
    assert {2} == {len(one["workers"]) for one in (mine, theirs)}

    stop(server, server.pid)
    server.expect("predecessor gone")
    assert {("two", successor)} == {ask(server), ask(server, "unix:s")}
    assert successor == pid_in(server, "pid")
    assert {"pid", "pid.control", "s"} == places(server)
    stop(server, successor)
    assert not places(server)


@pytest.mark.parametrize("number", [signal.SIGTERM, again(signal.SIGQUIT)])
def test_back_by_hand(upgrades: Upgrades, number: int) -> None:
    server = upgrades.start(*MANUAL, *PIDFILE, "-b", "unix:s")
    successor = upgrades.upgrade(server)
    stop(server, successor, number)
    server.expect(f"successor gone pid={successor}: this server goes on alone")

    assert {server.pid} == {ask(server)[1], ask(server, "unix:s")[1]}
    assert server.pid == pid_in(server, "pid")
    assert {"pid", "pid.control", "s"} == places(server)
    assert successor != upgrades.upgrade(server)


def test_ctrl_c_reaches_both_and_leaves_nothing(upgrades: Upgrades) -> None:
    """A terminal sends it to all that runs in the foreground."""
    server = upgrades.start(*MANUAL, *PIDFILE, "-b", "unix:s")
    successor = upgrades.upgrade(server)
    with end_of(successor), end_of(server.pid):
        os.kill(server.pid, signal.SIGINT)
        os.kill(successor, signal.SIGINT)
    assert 0 == server.wait()

    assert not places(server)


def test_both_serve_on_when_the_former_is_reloaded(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL)
    successor = upgrades.upgrade(server)
    deploy(server, "two")
    server.signal(signal.SIGHUP)
    server.expect("reload done")
    stop(server, successor)

    assert ("two", server.pid) == ask(server)


def test_one_successor_at_a_time(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL)
    successor = upgrades.upgrade(server)
    server.signal(signal.SIGUSR2)
    server.expect(f"upgrade refused: there is a successor, pid={successor}")
    server.signal(signal.SIGUSR2, successor)
    server.expect(f"upgrade refused: the predecessor, pid={server.pid}, has not left yet")

    assert share_the_work(server, server.pid, successor)


def test_a_former_that_is_killed_leaves_its_place(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL, *PIDFILE, "-b", "unix:s")
    successor = upgrades.upgrade(server)
    stop(server, server.pid, signal.SIGKILL)
    server.expect("predecessor gone")
    server.expect("has the place of its predecessor pidfile=pid")
    assert ("VERSION", successor) == ask(server, "unix:s")

    assert successor == status(server)["pid"] == pid_in(server, "pid")
    stop(server, successor)
    assert not places(server)


def test_under_systemd_the_one_who_stays_is_made_known(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL)
    successor = upgrades.upgrade(server)
    assert {server.pid} == {note.pid for note in server.notifications}
    stop(server, server.pid)
    server.expect("predecessor gone")
    stop(server, successor)
    server.wait()
    notes = [(note.pid, note.text) for note in server.notifications]

    assert (server.pid, f"MAINPID={successor}") in notes
    assert ["STOPPING=1"] == [text for pid, text in notes if text == "STOPPING=1"]
    assert (successor, "STOPPING=1") in notes


# As systemd names the process that it has started.
AS_A_SERVICE = ("sh", "-c", 'SYSTEMD_EXEC_PID=$$ exec "$@"', "sh")


@pytest.mark.parametrize("number", [signal.SIGTERM, again(signal.SIGQUIT)])
def test_a_signal_to_the_main_process_of_a_service_ends_both(upgrades: Upgrades, number: int) -> None:
    """For systemd tells nobody else, and kills at once who is left when that one has ended."""
    server = upgrades.start(*MANUAL, *PIDFILE, "-b", "unix:s", prefix=AS_A_SERVICE)
    successor = upgrades.upgrade(server)
    with end_of(successor):
        server.signal(number)
    assert 0 == server.wait()

    server.expect(f"successor gone pid={successor}: it was to stop with this server")
    assert not places(server)
    assert {server.pid} == {note.pid for note in server.notifications}


def test_a_service_goes_on_with_its_successor_when_wsgidctl_stops_the_former(upgrades: Upgrades) -> None:
    """By it somebody who drives an upgrade by hand speaks to one of the two."""
    server = upgrades.start(*MANUAL, *PIDFILE, prefix=AS_A_SERVICE)
    successor = upgrades.upgrade(server)
    with end_of(server.pid):
        assert 0 == ctl(server, "stop").returncode
    server.expect("predecessor gone")
    assert {successor} == {ask(server)[1]}
    third = upgrades.upgrade(server, successor)
    with end_of(third):
        stop(server, successor)

    assert not places(server)


# What does not come up


def refused(server: ServerProcess) -> str:
    """Send USR2; give what the log says of the failure."""
    server.signal(signal.SIGUSR2)
    found = server.expect("upgrade failed, this server serves on: (.*)", deadline_s=DEADLINE_S)
    server.expect_notification("STATUS=upgrade refused: .*; serving the configuration of .*")
    return str(found[1])


# A failure comes before the two ways part.
@pytest.mark.parametrize("way", ["auto", again("manual")])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("app.py", "raise RuntimeError('no')", "application `app` cannot be imported"),
        again("app.py", "import os\nos._exit(7)", "the application does not boot: .* exit status 7"),
        ("wsgid.toml", "tiemout = 3", r"error\[unknown-setting\]"),
        ("wsgid.toml", "bind = ['192.0.2.1:80']\n", "cannot listen at http://192.0.2.1:80"),
        again("wsgid.toml", "[hooks]\non_starting = 'app:nothing'", "hook on_starting"),
        ("wsgid/__init__.py", "raise ImportError('broken')", "the successor ended before it served"),
    ],
)
def test_what_cannot_boot_changes_nothing(
    upgrades: Upgrades, name: str, text: str, said: str, way: str
) -> None:
    config = 'bind = ["127.0.0.1:0", "unix:s"]\n'
    server = upgrades.start("--upgrade", way, *PIDFILE, config=config, bind=())
    before = server.children()
    (server.directory / name).parent.mkdir(exist_ok=True)
    (server.directory / name).write_text(text)

    assert re.search(said, refused(server))
    assert before == server.children()
    assert {server.pid} == {ask(server)[1], ask(server, "unix:s")[1]}
    assert server.pid == pid_in(server, "pid") == status(server)["pid"]
    assert not (server.directory / "pid.2").exists()
    assert not (server.directory / "pid.control.2").exists()


def test_after_a_failure_the_next_upgrade_is_tried(upgrades: Upgrades) -> None:
    server = upgrades.start()
    (server.directory / "app.py").write_text("raise RuntimeError")
    refused(server)
    deploy(server, "two")
    with end_of(server.pid):
        successor = upgrades.upgrade(server)

    assert ("two", successor) == ask(server)


def test_an_application_that_hangs_at_boot_is_given_up(upgrades: Upgrades) -> None:
    server = upgrades.start("--boot-timeout", "2")
    hold(server)

    assert "within boot_timeout (2 s)" in refused(server)
    assert {server.pid} == answering(server)


def test_a_configuration_that_hangs_is_given_up(upgrades: Upgrades) -> None:
    server = upgrades.start("--boot-timeout", "1", "-c", "conf.py", files={"conf.py": CONF})
    os.mkfifo(server.directory / "conf")

    assert "has not served within boot_timeout (1 s)" in refused(server)
    assert {server.pid} == answering(server)


CONF = """
import os, sys
if os.path.exists("conf"):
    print("waiting for conf", file=sys.stderr, flush=True)
    open("conf").read()
"""


def test_signals_do_not_end_a_successor_that_has_no_ears_yet(upgrades: Upgrades) -> None:
    """Whoever rotates logs sends USR1 to all that have a pidfile, or that have the name."""
    server = upgrades.start("-c", "conf.py", files={"conf.py": CONF})
    os.mkfifo(server.directory / "conf")
    server.signal(signal.SIGUSR2)
    successor = int(server.expect(r"upgrade begun successor=(\d+)")[1])
    server.expect("waiting for conf", deadline_s=DEADLINE_S)
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGWINCH):
        os.kill(successor, number)
    with end_of(server.pid):
        (server.directory / "conf").write_text("")
        server.expect(DONE, deadline_s=DEADLINE_S)

    assert {successor} == answering(server)


def test_process_1_is_not_upgraded(upgrades: Upgrades) -> None:
    """The kernel would end its successor with it."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can be process 1 of a namespace, and unshare makes that (Debian: util-linux)")
    server = upgrades.start(*PIDFILE, ready=False, prefix=("unshare", "--pid", "--fork", "--mount-proc"))
    server.wait_ready()
    done = ctl(server, "upgrade")

    assert 1 == done.returncode
    assert done.stderr.startswith("this server is process 1, and when that ends the kernel kills all others")
    server.expect("upgrade refused: this server is process 1")
    assert 1 == ask(server)[1]
    ctl(server, "stop", "--quick")


# What the successor inherits


def test_bind_may_change(upgrades: Upgrades) -> None:
    """What is new is opened, what is kept is kept, what is left out is there as long as the predecessor."""
    server = upgrades.start(*MANUAL, bind=(), config='bind = ["127.0.0.1:0", "unix:a"]\n')
    (server.directory / "wsgid.toml").write_text('bind = ["127.0.0.1:0", "unix:b"]\n')
    successor = upgrades.upgrade(server)
    server.expect("listener left address=unix:a: bind does not ask for it any more")
    assert (server.pid, successor) == (ask(server, "unix:a")[1], ask(server, "unix:b")[1])
    stop(server, server.pid)
    server.expect("predecessor gone")

    assert not (server.directory / "a").exists()
    assert {successor} == {ask(server)[1], ask(server, "unix:b")[1]}
    assert 1 == len([address for address in server.addresses if address.startswith("http")])


def test_what_the_successor_has_opened_goes_with_it(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL, bind=(), config='bind = ["unix:a"]\n')
    (server.directory / "wsgid.toml").write_text('bind = ["unix:b"]\n')
    stop(server, upgrades.upgrade(server))
    server.expect("successor gone")

    assert server.pid == ask(server, "unix:a")[1]
    assert not (server.directory / "b").exists()


def test_a_path_that_somebody_else_has_taken_is_left_to_them(upgrades: Upgrades) -> None:
    server = upgrades.start(bind=("unix:s",))
    path = server.directory / "s"
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()

        assert "cannot listen at unix:s: the address is in use" in refused(server)
        assert path.is_socket()


def test_a_path_that_is_gone_is_bound_anew(upgrades: Upgrades) -> None:
    server = upgrades.start(bind=("unix:s",))
    (server.directory / "s").unlink()
    with end_of(server.pid):
        successor = upgrades.upgrade(server)

    assert successor == ask(server, "unix:s")[1]


def test_passed_sockets_are_passed_on(upgrades: Upgrades) -> None:
    """With their names and numbers, and one that only `fd://N` names."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
        server = upgrades.start(
            *MANUAL,
            bind=("systemd:http", "unix:own", "systemd:admin", "fd://6"),
            sockets=[("http", sockets[0]), ("admin", sockets[1]), ("http", sockets[2]), ("x", sockets[3])],
            env={"LISTEN_FDS": "3", "LISTEN_FDNAMES": "http:admin:http"},
        )
        successor = upgrades.upgrade(server)
        stop(server, server.pid)
        server.expect("predecessor gone")
        addresses = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in sockets]

        assert {successor} == {ask(server, address)[1] for address in (*addresses, "unix:own")}
        again = upgrades.upgrade(server, successor)
        stop(server, successor)
        assert {again} == {ask(server, address)[1] for address in (*addresses, "unix:own")}


def test_abstract_sockets_and_ports_that_are_shared(upgrades: Upgrades) -> None:
    name = f"unix:@wsgid-test-{os.getpid()}"
    server = upgrades.start("--reuse-port", bind=("127.0.0.1:0", name, "[::1]:0"))
    with end_of(server.pid):
        successor = upgrades.upgrade(server)

    assert 3 == len(server.addresses)
    assert {successor} == {ask(server, address)[1] for address in server.addresses}


def test_a_program_that_serves_is_run_again(upgrades: Upgrades) -> None:
    program = """
import os, sys, wsgid
from app import application
print("run as", os.getpid(), file=sys.stderr, flush=True)
sys.exit(wsgid.serve(application, bind=["127.0.0.1:0"]))
"""
    server = upgrades.start(app=None, bind=(), files={"run.py": program}, module="run")
    deploy(server, "two")
    with end_of(server.pid):
        successor = upgrades.upgrade(server)

    assert ("two", successor) == ask(server)
    server.expect(f"run as {successor}")
    assert 1 == len(server.addresses)


@pytest.mark.parametrize(
    ("name", "form"), [("wsgid.toml", "virtualenv = '{}'"), ("conf.py", "virtualenv = '{}'[:]")]
)
def test_another_environment_is_entered_with_the_listeners(
    upgrades: Upgrades, tmp_path: Path, name: str, form: str
) -> None:
    """At a glance, and where the settings must be read for it: the process is another program twice."""
    environment = make(tmp_path / "venv")
    server = upgrades.start("-c", name, files={name: ""})
    (server.directory / name).write_text(form.format(environment))
    (server.directory / "app.py").write_text(APP.replace('"VERSION"', "sys.prefix"))
    with end_of(server.pid):
        successor = upgrades.upgrade(server)

    assert (str(environment), successor) == ask(server)
    assert 1 == len(server.addresses)


def test_a_template_that_bears_workers_is_no_obstacle(upgrades: Upgrades) -> None:
    """Its arbiter adopts orphans, and a successor must not be one of them (docs/decisions/0022)."""
    server = upgrades.start(*MANUAL, "--preload", "-w", "2")
    deploy(server, "two")
    server.signal(signal.SIGHUP)
    successor = upgrades.upgrade(server)
    assert successor not in server.children()
    stop(server, server.pid)

    assert {("two", successor)} == {ask(server) for _ in range(20)}


def test_the_successor_starts_as_the_predecessor_did(upgrades: Upgrades) -> None:
    """The same arguments, variables, directory and umask, whatever has become of these meanwhile."""
    source = """
import os, sys
mask = os.umask(0)
os.umask(mask)
left = [name for name in os.environ if name.startswith(("LISTEN_", "WSGID_P", "NOTIFY_", "WATCHDOG_"))]
found = (sys.argv[1:], os.getcwd(), oct(mask), os.environ.get("GIVEN"), left)
print("started", *found, file=sys.stderr, flush=True)
from app import application
"""
    server = upgrades.start("--umask", "027", app="spy", files={"spy.py": source}, env={"GIVEN": "x"})
    upgrades.upgrade(server)
    first = server.expect("^started (.*)")[1]

    assert first == server.expect("^started (.*)", count=2)[1]
    assert "0o27 x []" in first


def test_files_of_logs_are_shared(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL, *PIDFILE, "--access-logfile", "access.log")
    successor = upgrades.upgrade(server)
    answering(server, 100)
    stop(server, successor)
    server.stop()
    lines = (server.directory / "access.log").read_text().splitlines()

    assert 100 == len([line for line in lines if '"GET / HTTP/1.1" 200' in line]) == len(lines)


# The hook, and whoever waits


HOOK = """
import os
def pre_exec(server):
    if os.path.exists("raise"):
        raise OSError("not today")
    server.log.info("pre_exec in %d of %d with %s", os.getpid(), server.pid, server.cfg.proc_name)
"""


def test_pre_exec_is_called_in_the_child(upgrades: Upgrades) -> None:
    server = upgrades.start("-n", "shop", config=HOOKS, files={"hook.py": HOOK})
    successor = upgrades.upgrade(server)

    server.expect(f"pre_exec in {successor} of {server.pid} with shop")


def test_pre_exec_that_raises_is_why_there_is_no_successor(upgrades: Upgrades) -> None:
    server = upgrades.start(config=HOOKS, files={"hook.py": HOOK, "raise": ""})

    assert "the hook pre_exec failed" == refused(server)
    server.expect("OSError: not today")
    assert {server.pid} == answering(server)


HOOKS = '[hooks]\npre_exec = "hook:pre_exec"\n'


@pytest.mark.parametrize(("way", "rest"), [("auto", "leaves"), again("manual", "too")])
def test_wsgidctl_waits_until_the_successor_serves(upgrades: Upgrades, way: str, rest: str) -> None:
    server = upgrades.start("--upgrade", way, *PIDFILE)
    done = ctl(server, "upgrade")
    successor = int(server.expect(DONE)[1])

    assert (0, f"pid {successor} serves, and this server {rest}\n") == (done.returncode, done.stdout)


def test_wsgidctl_says_why_there_is_none(upgrades: Upgrades) -> None:
    server = upgrades.start(*PIDFILE)
    (server.directory / "app.py").write_text("import nothing_like_it")
    done = ctl(server, "upgrade")

    assert (1, "") == (done.returncode, done.stdout)
    assert "No module named 'nothing_like_it'" in done.stderr


def test_wsgidctl_tells_of_the_other_one(upgrades: Upgrades) -> None:
    server = upgrades.start(*MANUAL, *PIDFILE)
    successor = upgrades.upgrade(server)

    assert f"\nsuccessor pid {successor} is there, too\n" in ctl(server, "status").stdout
    told = ctl(server, "status", socket="pid.control.2").stdout
    assert f"\npredecessor pid {server.pid} is there, too\n" in told
