"""Listeners that systemd keeps (FileDescriptorStoreMax=): they are there while no process of ours is.

The test plays systemd: it keeps what a server sends it, and passes it to the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.rows import again
from tests.support import connect
from tests.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
STORE = {"FDSTORE": "64"}


def start(serve: Serve, config: str, before: ServerProcess | None = None, **options: Any) -> ServerProcess:
    """Start a server; `before` is the one whose descriptors it is given, behind those of a socket unit."""
    sockets = [*options.pop("sockets", ()), *(before.stored if before is not None else ())]
    env = {**STORE, **options.pop("env", {})}
    return serve(config=config, bind=(), env=env, sockets=sockets, **options)


def bind(*addresses: str, more: str = "") -> str:
    return f"bind = {[*addresses]}\n{more}"


def told(server: ServerProcess, word: str) -> list[str]:
    """Give the names of what was stored, or removed."""
    found = (re.fullmatch(rf"{word}=1\nFDNAME=(.*)", note.text) for note in server.notifications)
    return [one[1] for one in found if one]


def status(address: str) -> int:
    with connect(address) as client:
        client.sendall(GET)
        return Wire(client).read_answer().status


def test_our_own_listeners_are_kept_before_the_server_is_ready(serve: Serve, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as passed:
        config = bind("systemd:http", "127.0.0.1:0", f"unix:{tmp_path}/s", f"unix:@{tmp_path}")
        server = start(serve, config, sockets=[("http", passed)])

    texts = [note.text for note in server.notifications]
    assert ["wsgid-1", "wsgid-2", "wsgid-3"] == told(server, "FDSTORE")
    assert texts.index("FDSTORE=1\nFDNAME=wsgid-3") < texts.index("READY=1")


@pytest.mark.parametrize("number", [signal.SIGTERM, again(signal.SIGQUIT), signal.SIGKILL])
def test_who_comes_while_nobody_serves_is_served_by_the_next(
    serve: Serve, tmp_path: Path, number: int
) -> None:
    """A restart, and a crash; the port that the kernel chose and the path are the same."""
    config = bind("127.0.0.1:0", f"unix:{tmp_path}/s")
    first = start(serve, config)
    addresses = first.addresses
    first.stop(number)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(address)) for address in addresses]
        for client in clients:
            client.sendall(GET)
        second = start(serve, config, before=first)

        assert [200, 200] == [Wire(client).read_answer().status for client in clients]
    assert addresses == second.addresses
    assert [] == told(second, "FDSTORE") == told(second, "FDSTOREREMOVE")


def test_a_listener_that_is_not_wanted_any_more_is_let_go(serve: Serve, tmp_path: Path) -> None:
    first = start(serve, bind("127.0.0.1:0", f"unix:{tmp_path}/s"))
    former = first.addresses
    first.stop()
    second = start(serve, bind("127.0.0.1:0"), before=first)

    assert ["wsgid-2"] == told(second, "FDSTOREREMOVE")
    second.expect(f"listener left address=unix:{tmp_path}/s: bind does not ask")
    assert former[:1] == second.addresses
    assert not (tmp_path / "s").exists()


def test_bind_may_change_to_what_was_in_its_own_way(serve: Serve) -> None:
    """Systemd still has the former listener open when the new one is bound."""
    first = start(serve, bind("0.0.0.0:0"))
    port = first.port
    first.stop()
    second = start(serve, bind(f"127.0.0.1:{port}"), before=first)
    second.stop()
    third = start(serve, bind(f"127.0.0.1:{port}", more="reuse_port = true\n"), before=second)

    assert (["wsgid-1"], ["wsgid-2"]) == (told(second, "FDSTOREREMOVE"), told(second, "FDSTORE"))
    assert (["wsgid-2"], ["wsgid-3"]) == (told(third, "FDSTOREREMOVE"), told(third, "FDSTORE"))
    assert 200 == status(third.address)


def test_a_path_that_is_gone_is_bound_anew(serve: Serve, tmp_path: Path) -> None:
    """A listener that nobody can find serves nobody, and looks well."""
    config = bind(f"unix:{tmp_path}/s")
    first = start(serve, config)
    first.stop()
    (tmp_path / "s").unlink()
    second = start(serve, config, before=first)

    assert 200 == status(second.address)
    assert (["wsgid-1"], ["wsgid-2"]) == (told(second, "FDSTOREREMOVE"), told(second, "FDSTORE"))


def test_a_path_that_is_another_servers_is_left_to_it(serve: Serve, tmp_path: Path) -> None:
    config = bind(f"unix:{tmp_path}/s")
    first = start(serve, config)
    first.stop()
    (tmp_path / "s").unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "s"))
        other.listen()
        second = start(serve, config, before=first, ready=False)

        assert 69 == second.wait()
        assert (tmp_path / "s").is_socket()


def test_a_path_that_is_a_dead_servers_is_replaced(serve: Serve, tmp_path: Path) -> None:
    """Not ours, for another file is there; nor anybody's, for nobody answers."""
    config = bind(f"unix:{tmp_path}/s")
    first = start(serve, config)
    first.stop()
    (tmp_path / "s").unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "s"))
    second = start(serve, config, before=first)

    assert 200 == status(second.address)


def test_a_reload_keeps_what_is_new_and_lets_go_what_is_dropped(serve: Serve, tmp_path: Path) -> None:
    server = start(serve, bind("127.0.0.1:0", f"unix:{tmp_path}/a"))
    (server.directory / "wsgid.toml").write_text(bind("127.0.0.1:0", f"unix:{tmp_path}/b"))
    server.signal(signal.SIGHUP)
    server.expect("reload done")
    server.expect_notification("FDSTORE=1\nFDNAME=wsgid-3")

    assert ["wsgid-2"] == told(server, "FDSTOREREMOVE")
    assert ["wsgid-1", "wsgid-3"] == [name for name, _ in server.stored]
    assert (False, True) == ((tmp_path / "a").exists(), (tmp_path / "b").exists())


def test_a_reload_that_is_refused_keeps_nothing(serve: Serve, tmp_path: Path) -> None:
    server = start(serve, bind("127.0.0.1:0"))
    text = bind("127.0.0.1:0", f"unix:{tmp_path}/b", "192.0.2.1:80")
    (server.directory / "wsgid.toml").write_text(text)
    server.signal(signal.SIGHUP)
    server.expect("reload refused")

    assert ["wsgid-1"] == told(server, "FDSTORE")


@pytest.mark.parametrize("value", [again(""), "0"])
def test_where_systemd_keeps_nothing_a_stop_leaves_nothing(serve: Serve, tmp_path: Path, value: str) -> None:
    server = start(serve, bind(f"unix:{tmp_path}/s"), env={"FDSTORE": value})
    assert 0 == server.stop()

    assert [] == told(server, "FDSTORE")
    assert not (tmp_path / "s").exists()


def test_what_is_kept_is_not_mistaken_for_the_socket_of_a_unit(serve: Serve, tmp_path: Path) -> None:
    """Neither by the default of `bind`, nor by `systemd:*`."""
    with socket.create_server(("127.0.0.1", 0)) as passed:
        config = bind("systemd:*", f"unix:{tmp_path}/s")
        first = start(serve, config, sockets=[("http", passed)])
        first.stop()
        second = start(serve, config, before=first, sockets=[("http", passed)])

        assert first.addresses == second.addresses
        second.expect("passed as systemd:http$")
    second.stop()
    third = start(serve, "", before=first, env={"PORT": "0"})
    assert ["http://0.0.0.0:"] == [address.rstrip("0123456789") for address in third.addresses]
    assert ["wsgid-1"] == told(third, "FDSTOREREMOVE")


def test_a_successor_has_kept_what_it_listens_at(serve: Serve, tmp_path: Path) -> None:
    server = start(serve, bind("127.0.0.1:0", f"unix:{tmp_path}/a"))
    (server.directory / "wsgid.toml").write_text(bind("127.0.0.1:0", f"unix:{tmp_path}/b"))
    server.signal(signal.SIGUSR2)
    successor = int(server.expect(r"upgrade done successor=(\d+)", deadline_s=30)[1])
    server.expect_notification("FDSTORE=1\nFDNAME=wsgid-3")
    server.expect("predecessor gone")
    notes = [(note.pid, note.text) for note in server.notifications]
    os.kill(successor, signal.SIGTERM)
    server.wait()

    at = notes.index((server.pid, f"MAINPID={successor}"))
    assert "FDSTOREREMOVE=1\nFDNAME=wsgid-2" == notes[at - 1][1]
    assert ["WATCHDOG=1", "FDSTORE=1\nFDNAME=wsgid-3"] == [
        text for _, text in notes[at + 1 :] if not text.startswith(("STATUS=", "FDSTOREREMOVE="))
    ]
    assert ["wsgid-1", "wsgid-3"] == [name for name, _ in server.stored]
    assert (False, True) == ((tmp_path / "a").exists(), (tmp_path / "b").exists())


def test_workers_find_no_trace_of_it(serve: Serve) -> None:
    source = """
import os, sys
found = [name for name in os.environ if name.startswith(("FDSTORE", "LISTEN_"))]
print("left", found, file=sys.stderr, flush=True)
from tests.apps.echo import application
"""
    start(serve, bind("127.0.0.1:0"), app="spy", files={"spy.py": source}).expect(r"left \[\]")
