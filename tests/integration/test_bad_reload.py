"""A bad edit of the configuration, and a HUP: nobody notices but the log; the next good edit is taken.

Under load, whatever the edit does: what a Python file can do to the process that reads it, it does to the
probe. `test_signals.py` has what a candidate may fail at later.
"""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.load.client import Load, Plan
from tests.load.processes import Ends
from tests.load.stage import report, stage
from tests.rows import again
from tests.support import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve

pytestmark = pytest.mark.slow

TOML = 'bind = ["127.0.0.1:0"]\nboot_timeout = 30\nworkers = 2\nserver_header = "before"\n'
PYTHON = 'bind = ["127.0.0.1:0"]\nboot_timeout = 30\nworkers = 2\nserver_header = "before"\n'

# Name -> the file, what is edited in it, and what the log says of that.
EDITS = {
    "wrong type": ("shop.toml", 'workers = "many"', r"shop.toml:3:11: error\[wrong-type\]: .*`workers`"),
    "syntax": ("shop.toml", "workers = ", r"shop.toml:3:\d+: error\[syntax\]"),
    "unknown key": ("shop.toml", "wrokers = 2", r"shop.toml:3:1: error\[unknown-setting\]: .*`wrokers`"),
    "exception": ("shop.py", "workers = int('many')", r"shop.py:3\b.*ValueError"),
    "sys.exit": ("shop.py", "import sys; sys.exit(3)", r"shop.py:3:\d+: error\[cannot-import\].*SystemExit"),
    "os._exit": ("shop.py", "import os; os._exit(0)", r"ended without a result, exit status 0"),
    "endless loop": ("shop.py", "while True: pass", r"not read within boot_timeout \(10 s\)"),
    "endless print": ("shop.py", "while True: print('x' * 9999)", r"prints without end"),
}

LOAD = Plan(kept=16, closing=4)


def header_of(server: ServerProcess) -> bytes:
    """Ask once; give the value of Server, which the settings decide."""
    with server.connect() as client:
        client.sendall(b"GET /answer?0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer.partition(b"Server: ")[2].partition(b"\r\n")[0]


# What is refused as it is read, and for want of an answer.
QUICK = ("wrong type", "os._exit")


@pytest.mark.parametrize("name", [name if name in QUICK else again(name) for name in EDITS])
def test_a_bad_edit_costs_no_request_and_a_good_one_is_seen(name: str) -> None:
    file, edit, said = EDITS[name]
    text = TOML if file.endswith(".toml") else PYTHON
    if name == "endless loop":
        text = text.replace("= 30", "= 10")
    with stage("-c", file, bind=(), files={file: text}) as on, Load(on.address, LOAD) as load:
        load.wait_round()
        server, path = on.server, on.server.directory / file
        before = server.children()

        path.write_text(text.replace("workers = 2", edit))
        mark = server.mark()
        server.signal(signal.SIGHUP)
        server.expect("reload refused, generation=1 serves on", since=mark)
        server.expect(said, since=mark)
        server.expect_notification(
            r"STATUS=reload refused: .*; serving the configuration of [-0-9]+ [0-9:]+; .*"
        )
        load.wait_round()
        assert before == server.children()
        assert b"before" == header_of(server)

        path.write_text(text.replace("before", "after"))
        outcome = "refused"
        for _ in range(3):
            if outcome == "refused":  # 10 s may be too short for a probe on a busy machine
                mark = server.mark()
                server.signal(signal.SIGHUP)
                outcome = server.expect("reload (refused|done generation=2)", since=mark)[1]
        assert "done generation=2" == outcome
        server.expect(rf"server_header before -> after \({file}:4:17\)")
        load.wait_round()
        assert b"after" == header_of(server)
        tally = load.stop()

    report(tally)
    assert ([], 0) == (tally.failures, tally.closed_idle)


@pytest.mark.again
def test_an_address_in_use_costs_no_request() -> None:
    """As test_signals.py has it, under load."""
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        stage("-c", "shop.toml", bind=(), files={"shop.toml": TOML}) as on,
        Load(on.address, LOAD) as load,
    ):
        load.wait_round()
        path, before = on.server.directory / "shop.toml", on.server.children()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        path.write_text(TOML.replace('0"]', f'0", "{taken}"]'))
        on.server.signal(signal.SIGHUP)
        on.server.expect("reload refused, generation=1 serves on")
        on.server.expect(rf"{taken}.* in use")
        load.wait_round()
        assert before == on.server.children()

        other.close()
        on.server.signal(signal.SIGHUP)
        on.server.expect(f"listening at http://{taken} ")
        on.server.expect("reload done generation=2")
        on.server.expect(rf"bind \+ {taken} \(shop.toml:1:24\)")
        load.wait_round()
        tally = load.stop()

    report(tally)
    assert ([], 0) == (tally.failures, tally.closed_idle)


APPLICATION = "from tests.load.app import application\n"

# What is written over the application, and what the log says of that.
DEPLOYS = {
    "does not import": ("import nowhere_to_be_found\n", r"ModuleNotFoundError: .*nowhere_to_be_found"),
    "exits": ("import sys; sys.exit(3)\n", r"it called sys.exit\(3\)"),
    "dies": ("import os; os._exit(0)\n", r"exit status 0"),
    "hangs": ("while True: pass\n", r"not loaded within boot_timeout \(6 s\)"),
}


@pytest.mark.load
@pytest.mark.parametrize("name", DEPLOYS)
def test_a_bad_application_costs_no_request_and_a_good_one_is_seen(name: str) -> None:
    """One worker tries it; those who serve are not asked to leave before it has come through."""
    code, said = DEPLOYS[name]
    files = {"shop.toml": TOML, "shop.py": APPLICATION}
    with (
        stage("-c", "shop.toml", bind=(), app="shop:application", files=files) as on,
        Load(on.address, LOAD) as load,
    ):
        load.wait_round()
        server, before = on.server, on.server.children()
        (server.directory / "shop.py").write_text(code)
        # New settings that come with it are not taken either. How long it may take is one of them: who has
        # an application that loads for longer says so in the very reload that brings it.
        new = TOML.replace("before", "after").replace("= 2", "= 3")
        (server.directory / "shop.toml").write_text(new.replace("= 30", "= 6") if name == "hangs" else new)
        server.signal(signal.SIGHUP)
        server.expect("reload begun generation=2", deadline_s=30.0)
        server.expect("reload refused, generation=1 serves on", deadline_s=30.0)
        server.expect(said)
        # The one that tried it is gone.
        server.expect("worker gone .* generation=2 ")
        load.wait_round()
        assert before == server.children()
        assert b"before" == header_of(server)
        server.expect_notification(
            r"STATUS=reload refused: .*; serving the configuration of [-0-9]+ [0-9:]+; .*"
        )

        (server.directory / "shop.toml").write_text(new)
        (server.directory / "shop.py").write_text(APPLICATION)
        server.signal(signal.SIGHUP)
        server.expect("reload done generation=3 workers=3", deadline_s=30.0)
        load.wait_round()
        assert b"after" == header_of(server)
        tally = load.stop()

    report(tally)
    assert ([], 0) == (tally.failures, tally.closed_idle)
    assert "the next worker starts" not in server.log


@pytest.mark.load
def test_bind_changes_without_a_refused_connection() -> None:
    """What stays is never closed; what is new listens when the log says so."""
    with stage("-c", "shop.toml", bind=(), files={"shop.toml": TOML}) as on, Load(on.address, LOAD) as load:
        load.wait_round()
        server, stays = on.server, TOML.partition("[")[2].partition("]")[0]
        for number, bind in enumerate([f'"unix:./one", {stays}', f'{stays}, "unix:./two"', stays], start=2):
            (server.directory / "shop.toml").write_text(TOML.replace(stays, bind))
            server.signal(signal.SIGHUP)
            server.expect(f"reload done generation={number}", deadline_s=60.0)
            for name in ("one", "two"):
                is_bound = name in bind
                assert is_bound == (server.directory / name).exists()
                if is_bound:
                    with server.connect(f"unix:./{name}") as client:
                        client.sendall(b"GET /answer?0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        load.wait_round()
        tally = load.stop()

    report(tally)
    assert ([], 0) == (tally.failures, tally.closed_idle)


def test_all_mistakes_are_told_a_line_each(serve: Serve) -> None:
    """And `systemctl status` tells the first, and how many there are."""
    server = serve("-c", "shop.toml", files={"shop.toml": TOML})
    (server.directory / "shop.toml").write_text('workers = "many"\ntiemout = 3\nkeepalive = -1\n')
    server.signal(signal.SIGHUP)
    server.expect(r"reload refused, generation=1 serves on: shop.toml: 3 errors, 0 warnings")

    server.expect(r"\[ERROR\] shop.toml:1:11: error\[wrong-type\]")
    server.expect(r"\[ERROR\] shop.toml:2:1: error\[unknown-setting\]")
    server.expect(r"\[ERROR\] shop.toml:3:13: error\[out-of-range\]")
    server.expect_notification(
        r"STATUS=reload refused: shop.toml:\d.* \(and 2 more\); serving the configuration of .*"
    )


HANG = "import os\nwhile os.path.exists('hang'): pass\nworkers = 1\n"


def hang(server: ServerProcess) -> int:
    """Have a probe hang; give its pid."""
    workers = set(server.children())
    (server.directory / "hang").touch()
    server.signal(signal.SIGHUP)
    pid = int(server.expect(r"configuration probed pid=(\d+)")[1])
    assert {pid} == set(server.children()) - workers
    return pid


def test_what_comes_while_a_probe_hangs_is_one_more_reload(serve: Serve) -> None:
    server = serve("-c", "shop.py", "--log-level", "debug", files={"shop.py": HANG})
    hang(server)
    for _ in range(5):
        server.signal(signal.SIGHUP)
    server.signal(signal.SIGTTIN)
    server.expect(r"workers 1 -> 2 \(SIGTTIN\)")
    server.expect("worker ready slot=1")  # nothing else waits meanwhile
    (server.directory / "hang").unlink()
    server.expect("reload done generation=2")
    server.expect("reload done generation=3")
    server.stop()

    assert 2 == server.log.count("configuration probed")
    assert "refused" not in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, again(signal.SIGINT)])
def test_a_stop_does_not_wait_for_a_probe(serve: Serve, number: int) -> None:
    server = serve("-c", "shop.py", "--log-level", "debug", files={"shop.py": HANG})
    with Ends([hang(server)]) as ends:
        assert 0 == server.stop(number, deadline_s=5.0)
        ends.wait(1, 5.0)


def test_nothing_is_left_of_a_probe(serve: Serve) -> None:
    """Neither a process nor a descriptor, after four of them."""
    server = serve("-c", "shop.toml", files={"shop.toml": TOML})
    before = descriptors(server.pid)
    (server.directory / "shop.toml").write_text("workers = 0\n")
    for number in range(4):
        server.signal(signal.SIGHUP)
        server.expect("reload refused", count=number + 1)

    assert before == descriptors(server.pid)
    assert 2 == len(server.children())


def descriptors(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


SECOND = """
import os
if os.path.exists("armed"):
    if os.path.exists("probed"):
        {what}
    open("probed", "w").close()
"""


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("while True: pass", "TooLongError: it has not ended after [0-9]+ s, as it had in the probe"),
        again("raise SystemExit(3)", "SystemExit"),
        again("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
    ids=["hangs", "exits", "interrupts"],
)
def test_a_file_that_is_bad_the_second_time_only_is_survived(serve: Serve, what: str, said: str) -> None:
    """The arbiter reads the file too, once the probe has: for functions cannot be handed over."""
    server = serve("-c", "shop.py", files={"shop.py": SECOND.format(what=what)})
    (server.directory / "armed").touch()
    server.signal(signal.SIGHUP)
    server.expect("reload refused, generation=1 serves on", deadline_s=20.0)
    server.expect(said)

    (server.directory / "armed").unlink()
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")


def test_a_file_that_forks_makes_no_second_arbiter(serve: Serve) -> None:
    text = "import os\nif os.path.exists('armed'): os.fork()\n"
    server = serve("-c", "shop.py", files={"shop.py": text})
    (server.directory / "armed").touch()
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")
    server.expect("worker gone .* generation=1")

    assert 1 == len(server.children())
    assert 1 == server.log.count("reload begun")


EMBEDDING = """
import wsgid
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []
raise SystemExit(wsgid.serve(application, bind=["127.0.0.1:0"], workers=1))
"""


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[ServerProcess]:
    """Give a program that serves its own function; `./wsgid.toml` is read too."""
    (tmp_path / "program.py").write_text(EMBEDDING)
    (tmp_path / "wsgid.toml").write_text('server_header = "before"\n')
    server = ServerProcess([sys.executable, "program.py"], tmp_path, {}, "wsgid")
    try:
        server.wait_ready()
        yield server
    finally:
        server.kill()


def test_an_embedded_server_checks_files_too(embedded: ServerProcess) -> None:
    """What the program gave cannot be given to another interpreter, so the probe is a child of this one."""
    path = embedded.directory / "wsgid.toml"
    path.write_text("server_header = 5\n")
    embedded.signal(signal.SIGHUP)
    embedded.expect("reload refused, generation=1 serves on: .*1 error, 0 warnings")
    embedded.expect(r"wsgid.toml:1:17: error\[wrong-type\]")
    assert b"before" == header_of(embedded)

    path.write_text('server_header = "after"\n')
    embedded.signal(signal.SIGHUP)
    embedded.expect("reload done generation=2")
    assert b"after" == header_of(embedded)
    assert 0 == embedded.stop()
