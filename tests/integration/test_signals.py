"""Each signal does what docs/reference/signals.md says, and nothing else."""

from __future__ import annotations

import os
import re
import select
import signal
from typing import TYPE_CHECKING

import pytest

from tests.rows import again

if TYPE_CHECKING:
    import socket

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

# Answers "old" or "new", by what the file says when it is imported; /wait waits until the file `go` is there.
APP = """
import os, time

def application(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        print("waiting", file=environ["wsgi.errors"], flush=True)
        open("arrived", "w").close()
        with open("go") as go:  # a FIFO: opened when the test opens it
            go.read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"VERSION"]
"""
FILES = {"app.py": APP.replace("VERSION", "old")}


def ask(server: ServerProcess, path: str = "/") -> bytes:
    with begin(server, path) as client:
        return rest(client)


def begin(server: ServerProcess, path: str = "/") -> socket.socket:
    client = server.connect()
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return client


def rest(client: socket.socket) -> bytes:
    octets = b""
    while data := client.recv(65536):
        octets += data
    return octets


def begin_to_wait(server: ServerProcess) -> socket.socket:
    """Ask for what takes until `let_go`, and return when the application has been called."""
    os.mkfifo(server.directory / "go")
    client = begin(server, "/wait")
    server.expect("waiting")
    return client


def let_go(server: ServerProcess) -> None:
    (server.directory / "go").write_text("")


def test_term_lets_a_request_finish(serve: Serve) -> None:
    server = serve(app="app", files=FILES)
    with begin_to_wait(server) as client:
        server.signal(signal.SIGTERM)
        server.expect(r"stopping gracefully \(SIGTERM\)")
        let_go(server)

        assert b"old" in rest(client)
    assert 0 == server.wait()
    server.expect(r"worker gone slot=0 pid=\d+ generation=1 exit status 0, retired")


def test_after_term_nobody_is_accepted(serve: Serve) -> None:
    server = serve(app="app", files=FILES)
    address = server.address
    assert 0 == server.stop(signal.SIGTERM)

    with pytest.raises(ConnectionRefusedError):
        server.connect(address)


def test_who_will_not_leave_is_killed_after_graceful_timeout(serve: Serve) -> None:
    server = serve("--graceful-timeout", "1", app="app", files=FILES)
    with begin_to_wait(server):
        server.signal(signal.SIGTERM)
        server.expect(r"worker killed slot=0 .* did not leave within graceful_timeout \(1 s\)")
        server.expect(
            r'worker killed slot=0 .* was serving method=GET target="/wait" peer=127.0.0.1 duration_s='
        )

        assert 0 == server.wait()


def test_a_term_to_all_of_us_is_an_end_that_was_asked_for(serve: Serve) -> None:
    """As timeout(1) sends it to a group, and systemd to a whole service (KillMode=control-group).

    The arbiter is stopped meanwhile, as a busy machine may have it, and finds its signal with all ends.
    """
    server = serve("-w", "2")
    workers = server.children()
    server.signal(signal.SIGSTOP)
    server.signal(signal.SIGTERM)
    for pid in workers:
        handle = os.pidfd_open(pid)
        os.kill(pid, signal.SIGTERM)
        assert select.select([handle], [], [], 20)[0]
        os.close(handle)
    server.signal(signal.SIGCONT)

    assert 0 == server.wait()
    assert 2 == len(re.findall("INFO. worker gone .* exit status 0, retired", server.log))
    assert 2 == server.log.count("worker ready")
    assert "ERROR" not in server.log


@pytest.mark.parametrize("number", [signal.SIGINT, again(signal.SIGQUIT)])
def test_int_and_quit_end_at_once(serve: Serve, number: int) -> None:
    server = serve(app="app", files=FILES)
    with begin_to_wait(server) as client:
        server.signal(number)

        assert 0 == server.wait(deadline_s=3.0)
        assert b"" == rest(client)


def test_int_after_term_makes_it_quick(serve: Serve) -> None:
    """Whoever waits too long presses Ctrl-C."""
    server = serve(app="app", files=FILES)
    with begin_to_wait(server):
        server.signal(signal.SIGTERM)
        server.expect("stopping gracefully")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGINT)
        server.expect(r"stopping at once \(SIGINT\)")

        assert 0 == server.wait(deadline_s=3.0)


def test_ctrl_c_once_more_while_the_process_ends_shows_no_traceback(serve: Serve) -> None:
    """Fingers are quick, and an interpreter takes its time to end: it would show a traceback of its own."""
    late = "import atexit, os, signal\n_me = os.getpid()\n"
    late += "atexit.register(lambda: os.getpid() == _me and os.kill(_me, signal.SIGINT))\n"
    server = serve("-c", "late.py", app="app", files={**FILES, "late.py": late})
    server.signal(signal.SIGINT)

    assert -signal.SIGINT == server.wait()
    assert "worker gone" in server.log
    assert "KeyboardInterrupt" not in server.log


def test_ttin_and_ttou_change_the_number_of_workers(serve: Serve) -> None:
    server = serve("-w", "2")
    server.signal(signal.SIGTTIN)
    server.expect(r"workers 2 -> 3 \(SIGTTIN\)")
    server.expect("worker ready slot=2")
    assert 3 == len(server.children())

    server.signal(signal.SIGTTOU)
    server.expect("worker gone slot=2 .* exit status 0, retired")
    assert 2 == len(server.children())


def test_the_last_worker_stays(serve: Serve) -> None:
    server = serve("-w", "1")
    server.signal(signal.SIGTTOU)
    server.expect(r"workers 1 -> 1 \(SIGTTOU\)")

    assert ask(server).startswith(b"HTTP/1.1 200 OK\r\n")


def test_hup_takes_new_code(serve: Serve) -> None:
    server = serve("-w", "2", app="app", files=FILES)
    before = set(server.children())
    (server.directory / "app.py").write_text(APP.replace("VERSION", "new"))
    _forget_bytecode(server)
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")

    assert b"new" in ask(server)
    server.expect("worker gone .* generation=1 exit status 0, retired", count=2)
    assert not before & set(server.children())


def test_hup_takes_new_settings(serve: Serve) -> None:
    server = serve(config="workers = 1\n")
    (server.directory / "wsgid.toml").write_text("workers = 3\n")
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2 workers=3")
    server.expect("worker gone .* generation=1")

    assert 3 == len(server.children())


def test_hup_moves_to_a_new_address(serve: Serve) -> None:
    """The old one goes only when the new one is served."""
    server = serve(config='bind = ["unix:old.sock"]\n', bind=())
    assert "unix:old.sock" == server.address
    (server.directory / "wsgid.toml").write_text('bind = ["unix:new.sock", "127.0.0.1:0"]\n')
    server.signal(signal.SIGHUP)
    server.expect("listening at unix:new.sock")
    server.expect("reload done generation=2")

    with server.connect("unix:new.sock") as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert rest(client).startswith(b"HTTP/1.1 200 OK\r\n")
    assert not (server.directory / "old.sock").exists()


GOOD = """
app = "app"
bind = ["127.0.0.1:0"]
workers = 1
threads = 1
"""


@pytest.mark.parametrize(
    ("good", "bad", "reason"),
    [
        again("workers = 1", 'workers = "many"', r"error\[wrong-type\]"),
        again("workers = 1", "wrokers = 1", r"error\[unknown-setting\]"),
        again("workers = 1", "workers = ", r"error\[syntax\]"),
        ("threads = 1", "threads = 65", "more of them want a restart"),
        ('app = "app"', 'app = "nothing_of_this_name"', "nothing_of_this_name"),
        again('app = "app"', 'app = "exits"', "exit status 9, before it was ready"),
        ('bind = ["127.0.0.1:0"]', 'bind = ["unix:fresh.sock", "unix:wsgid.toml"]', "cannot listen at unix:"),
    ],
    ids=["type", "unknown", "syntax", "threads", "import", "exit", "address"],
)
def test_a_bad_reload_changes_nothing(serve: Serve, good: str, bad: str, reason: str) -> None:
    """A bad edit must not take the service down, and the next good one is taken."""
    server = serve(config=GOOD, files={**FILES, "exits.py": "import os\nos._exit(9)\n"}, app=None, bind=())
    before = server.children()
    (server.directory / "wsgid.toml").write_text(GOOD.replace(good, bad))
    mark = server.mark()
    server.signal(signal.SIGHUP)
    server.expect("reload refused, generation=1 serves on", since=mark)
    server.expect(reason, since=mark)
    server.expect_notification(r"STATUS=reload refused: .*; serving the configuration of [-0-9]+ [0-9:]+; .*")

    assert b"old" in ask(server)
    assert before == server.children()[:1]
    assert not (server.directory / "fresh.sock").exists()

    (server.directory / "wsgid.toml").write_text(GOOD)
    server.signal(signal.SIGHUP)
    server.expect(r"reload done generation=\d")
    assert b"old" in ask(server)


def test_several_hups_are_one_or_two(serve: Serve) -> None:
    server = serve(app="app", files=FILES)
    for _ in range(20):
        server.signal(signal.SIGHUP)
    server.expect("reload done")
    server.stop()

    assert 1 <= len(re.findall("reload done", server.log)) <= 4


def test_usr1_opens_the_logs_anew(serve: Serve) -> None:
    server = serve("--access-logfile", "access.log", "--error-logfile", "error.log", "-w", "2")
    listening = re.search(r"listening at (\S+)", (server.directory / "error.log").read_text())
    assert listening is not None
    with server.connect(listening[1]) as client:
        client.sendall(b"GET /one HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        rest(client)
    for name in ("access.log", "error.log"):
        (server.directory / name).rename(server.directory / f"{name}.1")
    server.signal(signal.SIGUSR1)
    assert 0 == server.stop()  # the log is a file, nobody says when the signal was heard

    assert '"GET /one HTTP/1.1" 200' in (server.directory / "access.log.1").read_text()
    assert "logs reopened (SIGUSR1)" in (server.directory / "error.log").read_text()
    assert "" == (server.directory / "access.log").read_text()


def test_winch_changes_nothing_in_a_terminal(serve: Serve) -> None:
    server = serve("-w", "2")
    before = server.children()
    server.signal(signal.SIGWINCH)
    server.signal(signal.SIGUSR1)
    server.expect("logs reopened")

    assert before == server.children()
    assert ask(server).startswith(b"HTTP/1.1 200 OK\r\n")


def test_chld_a_worker_that_dies_is_replaced_at_once(serve: Serve) -> None:
    """Twenty times in a row, each within a moment of its readiness: no waiting for what was killed."""
    server = serve("-w", "1")
    for number in range(20):
        os.kill(server.children()[0], signal.SIGKILL)
        server.expect("worker gone .* killed by SIGKILL, (neither|and not) by us", count=number + 1)
        server.expect("worker ready", count=number + 2, deadline_s=5.0)

    assert ask(server).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_signal_to_a_worker_that_is_meant_for_the_arbiter_does_not_end_it(serve: Serve) -> None:
    server = serve("-w", "1")
    before = server.children()
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN):
        os.kill(before[0], number)

        assert ask(server).startswith(b"HTTP/1.1 200 OK\r\n")
        assert before == server.children()


def test_workers_notice_when_the_arbiter_is_killed(serve: Serve) -> None:
    server = serve("-w", "3")
    server.signal(signal.SIGKILL)
    assert -signal.SIGKILL == server.wait()  # which waits for all descendants, too

    server.expect("the arbiter is gone", count=3)


def _forget_bytecode(server: ServerProcess) -> None:
    """Two versions of a file within one second and of one size are one to the import system."""
    for path in (server.directory / "__pycache__").glob("app.*.pyc"):
        path.unlink()
