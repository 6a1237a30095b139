"""Listening: what stands in the way is named, a living server never pushed aside, nothing left behind."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from wsgid.errors import AddressError
from wsgid.net.access import Access, describe
from wsgid.net.address import Address, parse_address
from wsgid.net.holder import find_holder
from wsgid.net.listener import change_access, close_listener, open_listener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wsgid.net.listener import Listener


class Open:
    """Opens listeners that are closed with the test."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def __call__(self, text: str, *, reuse_port: bool = False) -> Listener:
        listener = open_listener(parse_address(text), backlog=8, reuse_port=reuse_port)
        self.listeners.append(listener)
        return listener


@pytest.fixture
def listen() -> Iterator[Open]:
    opened = Open()
    yield opened
    for listener in opened.listeners:
        close_listener(listener)


def why_not(text: str) -> str:
    with pytest.raises(AddressError) as caught:
        open_listener(parse_address(text), backlog=8)
    message = str(caught.value)
    assert message.startswith(f"cannot listen at {parse_address(text)}: ")
    return message


def test_a_listener_has_the_port_that_the_kernel_chose(listen: Open) -> None:
    listener = listen("127.0.0.1:0")
    port = listener.socket.getsockname()[1]

    assert Address(socket.AF_INET, "127.0.0.1", port) == listener.address
    assert ("127.0.0.1", str(port)) == (listener.host, listener.port)
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_a_listener_neither_blocks_nor_reaches_programs_that_are_started(
    listen: Open, tmp_path: Path
) -> None:
    for text in ("127.0.0.1:0", f"unix:{tmp_path}/s"):
        sock = listen(text).socket

        assert not sock.getblocking()
        assert not sock.get_inheritable()


def test_accepted_connections_send_without_delay(listen: Open) -> None:
    assert listen("127.0.0.1:0").socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_name_is_resolved(listen: Open) -> None:
    listener = listen("localhost:0")

    assert listener.address.family in (socket.AF_INET, socket.AF_INET6)
    assert listener.host in ("127.0.0.1", "::1")


def test_ipv6_is_listened_at(listen: Open) -> None:
    try:
        listener = listen("[::1]:0")
    except AddressError:
        pytest.skip("no IPv6 here")

    assert f"http://[::1]:{listener.port}" == str(listener.address)


def test_a_port_in_use_names_who_holds_it(listen: Open) -> None:
    held = listen("127.0.0.1:0")
    message = why_not(f"127.0.0.1:{held.port}")

    assert "this server listens there already" in message


def test_another_process_is_named_with_its_command(tmp_path: Path) -> None:
    """The pid of another process, as /proc tells: a child that holds a port, and says which."""
    code = (
        "import os, socket, sys\n"
        "s = socket.create_server(('127.0.0.1', 0)); u = socket.socket(socket.AF_UNIX)\n"
        f"u.bind({str(tmp_path / 'u')!r}); u.listen()\n"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()\n"
    )
    stdin, stdin_end = os.pipe()
    stdout_end, stdout = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", code],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, stdout, 1)],
    )
    os.close(stdin)
    os.close(stdout)
    try:
        port = int(os.read(stdout_end, 16))
        tcp, unix = why_not(f"127.0.0.1:{port}"), why_not(f"unix:{tmp_path}/u")
        wildcard = find_holder(Address(socket.AF_INET, "0.0.0.0", port))
        elsewhere = find_holder(Address(socket.AF_INET, "127.0.0.2", port))
    finally:
        os.close(stdin_end)
        os.close(stdout_end)
        os.waitpid(pid, 0)

    assert f"in use by pid {pid} ({sys.executable} -c" in tcp
    assert f"in use by pid {pid} ({sys.executable} -c" in unix
    assert "...)" in tcp
    assert wildcard is not None
    assert pid == wildcard.pid
    assert elsewhere is None


def test_a_port_may_be_shared_if_both_want_it(listen: Open) -> None:
    first = listen("127.0.0.1:0", reuse_port=True)
    second = listen(f"127.0.0.1:{first.port}", reuse_port=True)

    assert first.address == second.address


def test_an_address_of_another_machine_is_told() -> None:
    # RFC 5737: nobody's.
    assert "this machine has no address 192.0.2.1" in why_not("192.0.2.1:0")


# Unix sockets


def test_a_unix_socket_has_its_mode_and_leaves_no_path_behind(tmp_path: Path) -> None:
    path = tmp_path / "s"
    before = os.umask(0o022)
    try:
        listener = open_listener(parse_address(f"unix:{path}"), backlog=8, access=Access(0o640))
        umask = os.umask(0o022)
    finally:
        os.umask(before)
    mode = stat.S_IMODE(path.stat().st_mode)
    close_listener(listener)

    assert (0o640, 0o022) == (mode, umask)
    assert ("localhost", "80") == (listener.host, listener.port)
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a path away")
def test_a_unix_socket_has_its_owner_before_anybody_can_connect(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = open_listener(parse_address(f"unix:{path}"), backlog=8, access=Access(0o600, 12345, 54321))
    before = describe(str(path))
    change_access(listener, Access(0o660, 12345, 54322))
    after = describe(str(path))
    close_listener(listener)

    assert "mode=0600 owner=12345:54321" == before
    assert "mode=0660 owner=12345:54322" == after


def test_an_owner_that_cannot_be_given_leaves_no_path_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    path = tmp_path / "s"
    monkeypatch.setattr(os, "chown", refuse)  # root, who may run this, is refused nothing
    with pytest.raises(AddressError, match="only root may, but for a group that this user is in"):
        open_listener(parse_address(f"unix:{path}"), backlog=8, access=Access(0o600, user=0))

    assert not path.exists()


def test_the_path_of_another_server_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listener = open_listener(parse_address(f"unix:{path}"), backlog=8)
    path.unlink()
    path.touch(0o644)
    change_access(listener, Access(0o600))
    close_listener(listener)

    assert 0o644 == stat.S_IMODE(path.stat().st_mode)


def test_the_path_of_a_dead_server_is_replaced(listen: Open, tmp_path: Path) -> None:
    path = tmp_path / "s"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    listen(f"unix:{path}")

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_the_path_of_a_living_server_is_not_touched(listen: Open, tmp_path: Path) -> None:
    """Also where its backlog is full: that is no sign of death."""
    path = tmp_path / "s"
    living = listen(f"unix:{path}")
    inode = path.stat().st_ino
    clients = []
    for _ in range(20):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        clients.append(client)
        client.connect_ex(str(path))
    message = why_not(f"unix:{path}")
    for client in clients:
        client.close()

    assert "this server listens there already" in message
    assert inode == path.stat().st_ino
    assert inode == (living.inode or (0, 0))[1]


def test_a_file_or_a_link_at_the_path_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    for name in ("file", "link"):
        assert "there is something else than a socket" in why_not(f"unix:{tmp_path / name}")
    assert "precious" == (tmp_path / "file").read_text()
    assert (tmp_path / "link").is_symlink()


def test_a_path_that_somebody_else_has_bound_anew_stays(tmp_path: Path) -> None:
    """A successor takes the path over while its predecessor still closes."""
    path = tmp_path / "s"
    first = open_listener(parse_address(f"unix:{path}"), backlog=8)
    path.unlink()
    # Kept, so that the new socket cannot get the number of the old one.
    second = open_listener(parse_address(f"unix:{path}"), backlog=8)
    close_listener(first)

    assert path.exists()
    close_listener(second)
    assert not path.exists()


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert f"there is no directory {tmp_path}/no;" in why_not(f"unix:{tmp_path}/no/s")


def test_an_abstract_name_is_listened_at(listen: Open) -> None:
    name = f"@wsgid-test-{os.getpid()}"
    listen(f"unix:{name}")

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0{name[1:]}")
    assert "this server listens there already" in why_not(f"unix:{name}")
