"""The pidfile says whom to signal, from the start to the end, and lies to nobody meanwhile."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Serve

pytestmark = pytest.mark.slow


def test_it_is_there_as_long_as_the_server(serve: Serve) -> None:
    server = serve("--pid", "server.pid")
    path = server.directory / "server.pid"
    assert f"{server.pid}\n" == path.read_text()

    assert 0 == server.stop()
    assert not path.exists()


def test_a_killed_servers_file_does_not_stop_the_next_one(serve: Serve) -> None:
    """Even while its last worker drains: the next server is what everybody waits for."""
    first = serve("--pid", "server.pid")
    path = first.directory / "server.pid"
    first.signal(signal.SIGKILL)
    assert -signal.SIGKILL == first.wait()
    assert f"{first.pid}\n" == path.read_text()
    path.write_text(f"{os.getpid()}\n")  # its number is another's by now

    second = serve("--pid", str(path))
    assert f"{second.pid}\n" == path.read_text()


def test_a_second_server_leaves_the_firsts_alone(serve: Serve) -> None:
    first = serve("--pid", "server.pid")
    path = first.directory / "server.pid"
    second = serve("--pid", str(path), ready=False)

    assert 69 == second.wait()
    assert f"server.pid is that of another server that runs, pid {first.pid};" in second.log
    assert f"{first.pid}\n" == path.read_text()


def test_workers_do_not_hold_it(serve: Serve) -> None:
    """A worker that outlives the arbiter must not keep the next one from starting."""
    server = serve("--pid", "server.pid", "-w", "2")
    status = (server.directory / "server.pid").stat()

    for pid in server.children():
        held = {entry.stat().st_ino for entry in Path(f"/proc/{pid}/fd").iterdir()}
        assert status.st_ino not in held


def test_a_reload_moves_it_and_a_bad_one_does_not(serve: Serve) -> None:
    server = serve(config='pidfile = "one.pid"\n')
    directory = server.directory
    (directory / "wsgid.toml").write_text('pidfile = "nowhere/two.pid"\n')
    server.signal(signal.SIGHUP)
    server.expect("reload refused, generation=1 serves on")
    server.expect(r"error\[invalid-value\].*`?nowhere")
    assert (directory / "one.pid").exists()

    (directory / "wsgid.toml").write_text('pidfile = "two.pid"\n')
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")
    assert f"{server.pid}\n" == (directory / "two.pid").read_text()
    assert not (directory / "one.pid").exists()


def test_what_is_in_the_way_ends_the_start(serve: Serve) -> None:
    server = serve("--pid", "notes", files={"notes": "do not lose this\n"}, ready=False)

    assert 78 == server.wait()
    assert "pidfile: " in server.log
    assert "holds something else than a pid" in server.log
    assert "do not lose this\n" == (server.directory / "notes").read_text()
