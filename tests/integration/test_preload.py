"""With preload_app one process loads the application, and forks the workers; nothing else changes."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.load.client import Load, Plan
from tests.load.outcome import Kind
from tests.load.processes import Ends
from tests.load.stage import report, stage
from tests.rows import again
from tests.support import ROOT
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

# Each import is a line in the file `loads`.
APP = """
import os
VERSION = 1
LOADED_BY = os.getpid()
with open("loads", "a") as file:
    file.write(f"{LOADED_BY}\\n")

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{VERSION} {LOADED_BY} {os.getpid()} {os.getppid()}".encode()]
"""
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
END_S = 15.0


def start(serve: Serve, *args: str, text: str = APP, **options: Any) -> ServerProcess:
    return serve("--preload", *args, app="shop:application", files={"shop.py": text}, **options)


def ask(server: ServerProcess) -> tuple[int, int, int, int]:
    """Give which version answers, who had loaded it, and the worker's pid and its parent's."""
    with server.connect() as sock:
        version, loaded_by, pid, parent = Wire(sock).ask(REQUEST).body.split()
    return int(version), int(loaded_by), int(pid), int(parent)


def template(server: ServerProcess, count: int = 1) -> int:
    return int(server.expect(r"template ready pid=(\d+) ", count=count)[1])


def workers(server: ServerProcess) -> set[int]:
    """Give the pids of the workers that have been ready and are not gone."""
    server.expect("serving generation=")  # READY=1 may be heard before what was logged before it
    ready = re.findall(r"worker ready slot=\d+ pid=(\d+)", server.log)
    return {int(pid) for pid in ready} & set(server.children())


def rewrite(server: ServerProcess, old: str, new: str, name: str = "shop.py") -> None:
    path = server.directory / name
    path.write_text(path.read_text().replace(old, new))


# What is loaded, and by whom


def test_the_application_is_loaded_once_and_its_workers_are_the_arbiters_children(serve: Serve) -> None:
    server = start(serve, "-w", "3")

    version, loaded_by, pid, parent = ask(server)
    assert (1, template(server), server.pid) == (version, loaded_by, parent)
    assert [str(loaded_by)] == (server.directory / "loads").read_text().split()
    assert pid in workers(server)
    assert {loaded_by, *workers(server)} == set(server.children())


def test_a_template_holds_no_listener(serve: Serve) -> None:
    """A client that connects after the last worker has closed its own would wait for nobody."""
    server = start(serve)

    held = _open_files(template(server))
    assert f"{server.port:04X}" in _listening().values()
    assert [] == [inode for inode, port in _listening().items() if f"socket:[{inode}]" in held]


def _listening() -> dict[str, str]:
    """Give the inode of each listening TCP socket, and its port as the kernel writes it (proc(5))."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9]: row[1].partition(":")[2] for row in rows if row[3] == "0A"}


def test_more_listeners_than_go_into_one_message_come_with_a_worker(serve: Serve) -> None:
    binds = [f"unix:{index}.sock" for index in range(300)]
    server = start(serve, bind=binds)

    with server.connect(f"unix:{server.directory}/299.sock") as sock:
        assert b"1 " == Wire(sock).ask(REQUEST).body[:2]


def test_threads_that_an_import_started_are_named(serve: Serve) -> None:
    thread = "threading.Thread(target=threading.Event().wait, name='mailer', daemon=True)"
    server = start(serve, text=f"{APP}\nimport threading\n{thread}.start()\n")

    server.expect(r"WARNING\] preload_app: .* has started threads at its import, .* count=1: mailer; start")


def test_an_application_learns_who_it_is_where_it_always_did(serve: Serve) -> None:
    """What gunicorn's users do in hooks: pre_fork before the fork, post_fork in the worker, with the code."""
    hooks = """
import os
def note(*words):
    with open("calls", "a") as file:
        print(*words, file=file)
def on_starting(server): note("on_starting", os.getpid() == server.pid)
def pre_fork(server, worker):
    import shop
    worker.mine = shop.VERSION
    note("pre_fork", shop.LOADED_BY == os.getpid(), worker.pid, worker.age, server.num_workers)
def post_fork(server, worker):
    import shop
    note("post_fork", shop.LOADED_BY != os.getpid(), worker.pid == os.getpid(), worker.mine,
         worker.ppid == server.pid == os.getppid())
def post_worker_init(worker): note("post_worker_init", worker.pid == os.getpid())
def when_ready(server): note("when_ready", os.getpid() == server.pid)
def child_exit(server, worker): note("child_exit", os.getpid() == server.pid, worker.pid > 0, worker.age)
"""
    files = {"shop.py": APP, "wsgid.conf.py": hooks}
    server = serve("-c", "wsgid.conf.py", "--preload", app="shop:application", files=files)
    server.signal(signal.SIGTTIN)
    server.expect("worker ready", count=2)
    server.stop()

    calls = (server.directory / "calls").read_text().splitlines()
    assert [
        "on_starting True",
        "pre_fork True [booting] 1 1",
        "post_fork True True 1 True",
        "post_worker_init True",
        "when_ready True",
        "pre_fork True [booting] 2 2",
        "post_fork True True 1 True",
        "post_worker_init True",
    ] == calls[:8]
    assert ["child_exit True True 1", "child_exit True True 2"] == sorted(calls[8:])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another")
def test_the_application_is_loaded_as_the_user(serve: Serve) -> None:
    text = APP.replace('open("loads", "a")', "open(os.devnull, 'w')")
    server = start(serve, "--user", "nobody", text=text, ready=False)
    server.directory.chmod(0o755)
    server.wait_ready()

    _, loaded_by, pid, _ = ask(server)
    nobody = pwd.getpwnam("nobody").pw_uid
    assert [0, nobody, nobody] == [Path(f"/proc/{one}").stat().st_uid for one in (server.pid, loaded_by, pid)]


def test_who_asks_how_the_server_is_is_told_of_the_template(serve: Serve) -> None:
    server = start(serve, "--control-socket", "control")
    command = [sys.executable, "-m", "wsgid.cli.ctl", "-s", str(server.directory / "control"), "status"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(rf"template pid {template(server)}, generation 1, ready, [\d.]+s, [\d.]+M", last)


# Reloads


def test_a_reload_loads_new_code_and_the_main_pid_stays(serve: Serve) -> None:
    server = start(serve, "-w", "2")
    first = template(server)
    with Ends([first]) as ends:
        rewrite(server, "VERSION = 1", "VERSION = 22")
        server.signal(signal.SIGHUP)
        server.expect("reload done generation=2 workers=2")
        ends.wait(1, END_S)

    version, loaded_by, _, parent = ask(server)
    assert (22, template(server, 2), server.pid) == (version, loaded_by, parent)
    assert f"template gone pid={first} generation=1 killed by SIGKILL, no longer needed" in server.log
    assert {loaded_by, *workers(server)} == set(server.children())


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("raise RuntimeError('no database')", "RuntimeError: no database"),
        again("import os; os._exit(7)", "the application does not boot: template gone .* exit status 7"),
        again("while True: pass", r"not loaded within boot_timeout \(10 s\)"),
    ],
)
def test_a_reload_that_fails_leaves_all_as_it_was(serve: Serve, mistake: str, said: str) -> None:
    # The probe of a reload has as long: it is an interpreter that starts.
    server = start(serve, "-w", "2", *(("--boot-timeout", "10") if "boot_timeout" in said else ()))
    before = set(server.children())
    rewrite(server, "VERSION = 1", mistake)
    server.signal(signal.SIGHUP)
    server.expect("reload refused, generation=1 serves on", deadline_s=30)
    server.expect(said)
    server.expect("template gone .* generation=2")

    assert 1 == ask(server)[0]
    assert before == set(server.children())
    rewrite(server, mistake, "VERSION = 3")
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=3")
    assert 3 == ask(server)[0]


def test_a_reload_turns_preloading_on_and_off(serve: Serve) -> None:
    config = 'bind = ["127.0.0.1:0"]\napp = "shop:application"\npreload_app = {}\n'
    server = serve(config=config.format("false"), app=None, bind=(), files={"shop.py": APP})
    assert ask(server)[1] == ask(server)[2]

    (server.directory / "wsgid.toml").write_text(config.format("true"))
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")
    assert ask(server)[1] == template(server)

    (server.directory / "wsgid.toml").write_text(config.format("false"))
    with Ends([template(server)]) as ends:
        server.signal(signal.SIGHUP)
        server.expect("reload done generation=3")
        ends.wait(1, END_S)
    assert ask(server)[1] == ask(server)[2]


def test_a_change_of_a_file_is_a_reload(serve: Serve) -> None:
    server = start(serve, "--reload")
    server.expect("reload on change")
    rewrite(server, "VERSION = 1", "VERSION = 22")

    server.expect("reload: shop.py changed")
    server.expect("reload done generation=2")
    assert 22 == ask(server)[0]


# What may go wrong


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("raise RuntimeError('no database')", "RuntimeError: no database"),
        again("import sys; sys.exit(3)", r"it called sys.exit\(3\)"),
        pytest.param(
            "import os; os.kill(os.getpid(), 11)",
            "the application does not boot: template gone .*SIGSEGV",
            marks=pytest.mark.again,
        ),
        ("while True: pass", r"not loaded within boot_timeout \(2 s\)[\s\S]*File \S*shop\.py"),
    ],
)
def test_an_application_that_does_not_boot_ends_the_start(serve: Serve, mistake: str, said: str) -> None:
    text = APP.replace("VERSION = 1", mistake)
    server = start(serve, "-w", "2", "--boot-timeout", "2", text=text, ready=False)

    assert 3 == server.wait()
    assert re.search(said, server.log)


def test_a_mistake_is_mended_before_the_eyes_of_who_develops(serve: Serve) -> None:
    server = start(serve, "--reload", text=APP.replace("VERSION = 1", "VERSION ="), ready=False)
    server.expect("no worker could start: waiting for a change")
    rewrite(server, "VERSION =", "VERSION = 2")

    server.wait_ready()
    assert (2, template(server)) == ask(server)[:2]


def test_a_stop_while_the_application_is_loaded_does_not_wait_for_it(serve: Serve) -> None:
    text = f"import time\nprint('loading', flush=True)\ntime.sleep(60)\n{APP}"
    server = start(serve, text=text, ready=False)
    server.expect("^loading$")

    assert 0 == server.stop()


def test_workers_serve_on_without_their_template_and_another_one_comes(serve: Serve) -> None:
    server = start(serve, "-w", "2")
    first, before = template(server), workers(server)
    server.signal(signal.SIGKILL, first)
    second = template(server, 2)
    assert first == ask(server)[1]
    assert before == workers(server)

    server.signal(signal.SIGKILL, min(before))
    server.expect("worker ready", count=3)
    assert {second, *workers(server)} == set(server.children())
    assert "unasked; another one is loaded, and workers serve on" in server.log


@pytest.mark.fault
def test_a_template_that_hangs_says_where_and_is_replaced(serve: Serve) -> None:
    hang = """
def hang_at_fork():
    while os.path.exists("hang"): pass
os.register_at_fork(before=hang_at_fork)
"""
    server = start(serve, "-w", "2", text=f"{APP}{hang}")
    first = template(server)
    (server.directory / "hang").touch()
    server.signal(signal.SIGKILL, min(workers(server)))

    server.expect(r"template hung pid=\d+ generation=1: no worker was forked within 10\.\d s", deadline_s=30)
    server.expect(r'File ".*shop\.py", line \d+ in hang_at_fork')
    (server.directory / "hang").unlink()
    server.expect("worker ready", count=3, deadline_s=30)
    server.expect(rf"template gone pid={first} generation=1 .*, by us")


def test_all_leave_when_the_arbiter_is_killed(serve: Serve) -> None:
    server = start(serve, "-w", "2")
    with Ends(server.children()) as ends:
        server.signal(signal.SIGKILL)
        assert 3 == len(ends.wait(3, END_S))


def test_a_template_that_hangs_at_its_import_leaves_when_the_arbiter_is_killed(serve: Serve) -> None:
    server = start(serve, text=f"print('loading', flush=True)\nwhile True: pass\n{APP}", ready=False)
    server.expect("^loading$")
    with Ends(server.children()) as ends:
        server.signal(signal.SIGKILL)
        assert 1 == len(ends.wait(1, END_S))


def test_what_an_application_leaves_behind_is_reaped(serve: Serve) -> None:
    """The arbiter has become the parent of orphans: of those that are no workers, too."""
    leave = """
    if not (child := os.fork()):
        if not (orphan := os.fork()):
            while os.getppid() != int(environ["QUERY_STRING"]): pass
            os._exit(9)
        os._exit(0)
    os.waitpid(child, 0)
"""
    server = start(serve, text=APP.replace("    start_response", f"{leave}    start_response"))
    with server.connect() as sock:
        request = REQUEST.replace(b"/ ", b"/?%d " % server.pid)
        Wire(sock).ask(request)
    server.signal(signal.SIGTTIN)
    server.expect("worker ready", count=2)

    assert [] == _zombies(server)
    assert 3 == len(server.children())


def _zombies(server: ServerProcess) -> list[str]:
    listed = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    states = {pid: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in listed}
    return [pid for pid, state in states.items() if state == "Z"]


def test_a_worker_that_is_told_to_leave_in_its_first_moment_leaves(serve: Serve) -> None:
    """Its template ignores the signals that end all of us; they wait until the worker does no longer."""
    slow = """
import time
def wait():
    if os.path.exists("slow") and os.getppid() != LOADED_BY:
        while not os.path.exists("go"):
            time.sleep(0.01)
os.register_at_fork(after_in_child=wait)
"""
    server = start(serve, "--log-level", "debug", text=f"{APP}{slow}")
    (server.directory / "slow").touch()
    server.signal(signal.SIGTTIN)
    server.expect("worker started slot=1")
    server.signal(signal.SIGTTOU)
    server.expect("worker retired slot=1")
    (server.directory / "go").touch()

    # Whether it has ears by then decides how.
    server.expect(r"worker gone slot=1 pid=\d+ generation=1 (killed by SIGTERM|exit status 0), retired")


@pytest.mark.load
@pytest.mark.timeout(180)
def test_no_request_is_lost_by_what_happens_to_templates_and_workers() -> None:
    options = ("--preload", "-w", "2", "--threads", "2", "--max-requests", "300")
    with stage(*options) as on, Load(on.address, Plan(kept=16, closing=4)) as load:
        server = on.server
        load.wait_round()
        for generation in range(2, 5):
            server.signal(signal.SIGHUP)
            # The probe is another interpreter, and the load leaves it little of a processor.
            server.expect(f"reload done generation={generation} ", deadline_s=60)
            server.signal(signal.SIGKILL, template(server, generation * 2 - 2))
            template(server, generation * 2 - 1)
            server.signal(signal.SIGTTIN)
            load.wait_round()
            server.signal(signal.SIGTTOU)
            load.wait_round()
        with Ends([server.pid]) as ends:
            server.signal(signal.SIGTERM)
            ends.wait(1, END_S)
        tally = load.stop()
        seen = on.account(tally)
        assert 0 == server.wait()

    report(tally)
    assert [] == [failure for failure in tally.failures if failure.kind is not Kind.REFUSED]
    assert () == seen.repeated


# What goes on as ever


def test_logs_are_opened_anew_for_workers_that_are_to_come(serve: Serve) -> None:
    server = start(serve, "--access-logfile", "access.log")
    (server.directory / "access.log").rename(server.directory / "access.log.1")
    server.signal(signal.SIGUSR1)
    server.expect("logs reopened")
    server.signal(signal.SIGTTIN)
    born = int(server.expect(r"worker ready slot=\d+ pid=(\d+)", count=2)[1])

    for pid in (born, template(server)):
        open_files = {Path(name).name for name in _open_files(pid)}
        assert {"access.log"} == {name for name in open_files if name.startswith("access")}


def _open_files(pid: int) -> set[str]:
    return {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}


@pytest.mark.parametrize("kind", ["gevent", again("eventlet")])
def test_green_workers_each_have_an_event_loop_of_their_own(serve: Serve, kind: str) -> None:
    """A loop that a template has begun, as an application may at its import, is not shared by workers."""
    begun = (
        f"import {kind}, socket\n{kind}.sleep(0.01)\nassert socket.socket.__module__.startswith('{kind}')\n"
    )
    sleepy = APP.replace("    start_response", "    import time; time.sleep(0.2)\n    start_response")
    server = start(serve, "-w", "2", "-k", kind, text=f"{begun}{sleepy}")

    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(stack.enter_context(server.connect()))) for _ in range(8)]
        for wire in wires:
            wire.send(REQUEST.replace(b"close", b"keep-alive"))
        answers = [wire.read_answer().body.split() for wire in wires]
        strangers = {pid: _watched(pid) - _open_inodes(pid) for pid in workers(server)}
        assert 2 == len(strangers)
    assert {template(server)} == {int(answer[1]) for answer in answers}
    assert {} == {pid: inodes for pid, inodes in strangers.items() if inodes}
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2 workers=2")
    assert template(server, 2) == ask(server)[1]
    assert 0 == server.stop()


def _watched(pid: int) -> set[int]:
    """Give the inodes of what a process's epolls wait for (proc(5), fdinfo); others may have put it there."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/fdinfo").iterdir()]
    return {
        int(found, 16)
        for text in texts
        for found in re.findall(r"^tfd:.* ino:([0-9a-f]+)", text, re.MULTILINE)
    }


def _open_inodes(pid: int) -> set[int]:
    return {fd.stat().st_ino for fd in Path(f"/proc/{pid}/fd").iterdir()}
