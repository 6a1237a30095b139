"""proc_name is what ps and top show of the arbiter and of its workers."""

from __future__ import annotations

import importlib.util
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Serve

pytestmark = pytest.mark.slow

HAS_SETPROCTITLE = importlib.util.find_spec("setproctitle") is not None


def comm(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode()


def test_both_have_the_name(serve: Serve) -> None:
    server = serve("--name", "shop", "-w", "2")

    for pid in (server.pid, *server.children()):
        assert "shop" == comm(pid)


def test_a_long_name_is_cut(serve: Serve) -> None:
    server = serve("--name", "a-shop-with-a-long-name")

    assert "a-shop-with-a-l" == comm(server.pid)


def test_without_a_name_nothing_is_changed(serve: Serve) -> None:
    server = serve()

    assert comm(server.pid).startswith("python")
    assert " -m wsgid " in command_line(server.pid)


@pytest.mark.skipif(not HAS_SETPROCTITLE, reason="setproctitle is an extra")
def test_the_command_line_says_the_role(serve: Serve) -> None:
    server = serve("--name", "shop")

    assert "wsgid: arbiter [shop]" == command_line(server.pid)
    assert ["wsgid: worker [shop]"] == [command_line(pid) for pid in server.children()]


def test_a_new_name_waits_for_a_restart(serve: Serve) -> None:
    server = serve(config='proc_name = "shop"\n')
    (server.directory / "wsgid.toml").write_text('proc_name = "store"\n')
    server.signal(signal.SIGHUP)
    server.expect(r"proc_name shop -> store waits for a restart \(wsgid.toml:1:13\)")
    server.expect("reload done generation=2")

    assert {"shop"} == {comm(pid) for pid in (server.pid, *server.children())}
