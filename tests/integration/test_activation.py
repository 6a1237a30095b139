"""Sockets that systemd has opened: served, kept over reloads, and never taken away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT, connect
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve

pytestmark = pytest.mark.slow

REPORT = "tests.apps.probe:application"
GET = b"GET /report HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def tcp() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(str(tmp_path / "http.sock"))
        sock.listen()
        yield sock


def url(sock: socket.socket) -> str:
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return f"unix:{name}"
    host = f"[{name[0]}]" if sock.family == socket.AF_INET6 else name[0]
    return f"http://{host}:{name[1]}"


def descriptors(pid: int) -> dict[int, str]:
    return {int(entry.name): str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def environ_at(sock: socket.socket) -> dict[str, str]:
    return environ_of(url(sock))


def environ_of(address: str) -> dict[str, str]:
    """Ask the application what it was given."""
    with connect(address) as client:
        client.sendall(GET)
        answer = Wire(client).read_answer()
    environ = json.loads(answer.body)["environ"]
    assert isinstance(environ, dict)
    return environ


def test_without_bind_all_passed_sockets_are_served(
    serve: Serve, tcp: socket.socket, unix: socket.socket
) -> None:
    server = serve(bind=(), app=REPORT, sockets=[("http", tcp), ("local", unix)])

    assert {url(tcp), url(unix)} == set(server.addresses)
    assert "127.0.0.1" == environ_at(tcp)["REMOTE_ADDR"]
    assert ("127.0.0.1", str(tcp.getsockname()[1])) == (
        environ_at(tcp)["SERVER_NAME"],
        environ_at(tcp)["SERVER_PORT"],
    )
    assert "" == environ_at(unix)["REMOTE_ADDR"]
    assert "localhost" == environ_at(unix)["SERVER_NAME"]
    place = r"\(bind, environment variable LISTEN_FDS\)"
    server.expect(rf"listening at {url(tcp)} {place}, passed as systemd:http$")
    server.expect(rf"listening at {url(unix)} {place}, passed as systemd:local mode=0\d+ owner=\w+:\w+$")


def test_ipv6(serve: Serve) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as sock:
        serve(bind=(), app=REPORT, sockets=[("http", sock)])

        assert "::1" == environ_at(sock)["REMOTE_ADDR"] == environ_at(sock)["SERVER_NAME"]


def test_ipv4_by_a_socket_for_both_is_ipv4(serve: Serve) -> None:
    """ListenStream=80 is such a socket, and those who are believed are named by plain addresses."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as sock:
        serve(bind=(), app=REPORT, sockets=[("http", sock)])
        port = sock.getsockname()[1]
        four, six = (environ_of(f"http://{host}:{port}") for host in ("127.0.0.1", "[::1]"))

    assert "127.0.0.1" == four["REMOTE_ADDR"] == four["SERVER_NAME"]
    assert "::1" == six["REMOTE_ADDR"] == six["SERVER_NAME"]


def test_abstract_unix_socket(serve: Serve) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(f"\0wsgid-test-{os.getpid()}")
        sock.listen()
        server = serve(bind=(), sockets=[("http", sock)])

        assert server.address == f"unix:@wsgid-test-{os.getpid()}"
        with server.connect() as client:
            client.sendall(GET)
            assert 200 == Wire(client).read_answer().status


def test_passed_and_own_sockets_together(serve: Serve, tcp: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as second:
        server = serve(
            bind=("systemd:http", "127.0.0.1:0", "fd://4"),
            app=REPORT,
            sockets=[("http", tcp), ("admin", second)],
        )

        assert 3 == len(server.addresses)
        for address in server.addresses:
            with connect(address) as client:
                client.sendall(GET)
                assert 200 == Wire(client).read_answer().status


def test_passed_sockets_are_preferred_to_the_port_of_a_platform(serve: Serve, tcp: socket.socket) -> None:
    server = serve(bind=(), env={"PORT": "1"}, sockets=[("http", tcp)])

    assert (url(tcp),) == server.addresses


def test_application_sees_no_trace_of_the_hand_over(serve: Serve, tcp: socket.socket) -> None:
    """A program that it starts would take our sockets for its own."""
    source = """
import os
found = [name for name in os.environ if name.startswith(("LISTEN_", "NOTIFY_", "WATCHDOG_"))]
print("variables:", found, "inherited:", [n for n in (3, 4) if os.get_inheritable(n)], flush=True)
from tests.apps.echo import application
"""
    server = serve(bind=(), app="spy", files={"spy.py": source}, sockets=[("a", tcp), ("b", tcp)])

    server.expect(r"variables: \[\] inherited: \[\]")


def test_unix_path_outlives_the_server(serve: Serve, unix: socket.socket) -> None:
    """It is systemd's, and leads to the next server."""
    path = unix.getsockname()
    server = serve(bind=(), sockets=[("http", unix)])
    before = Path(path).stat()
    server.signal(signal.SIGHUP)
    server.expect("reload done")
    assert 0 == server.stop()

    assert stat.S_ISSOCK(Path(path).stat().st_mode)
    assert (before.st_ino, before.st_mode) == (Path(path).stat().st_ino, Path(path).stat().st_mode)


def test_what_comes_after_the_stop_is_served_by_the_next(serve: Serve, unix: socket.socket) -> None:
    first = serve(bind=(), sockets=[("http", unix)])
    assert 0 == first.stop()
    with connect(url(unix)) as client:
        client.sendall(GET)
        serve(bind=(), sockets=[("http", unix)])

        assert 200 == Wire(client).read_answer().status


def test_reload_keeps_them_and_opens_and_closes_ours(serve: Serve, tcp: socket.socket) -> None:
    server = serve(
        bind=(), app=REPORT, config='bind = ["systemd:http", "unix:own.sock"]', sockets=[("http", tcp)]
    )
    (server.directory / "wsgid.toml").write_text('bind = ["unix:other.sock", "systemd:*"]')
    server.signal(signal.SIGHUP)
    server.expect("reload done")

    assert "127.0.0.1" == environ_at(tcp)["REMOTE_ADDR"]
    assert (server.directory / "other.sock").is_socket()
    assert not (server.directory / "own.sock").exists()
    server.expect(r"listening at \S+ \(bind, wsgid.toml:1:9\), passed")


def test_reload_that_drops_one_is_refused_at_its_place(serve: Serve, tcp: socket.socket) -> None:
    """Its clients would wait in a queue that nobody empties."""
    server = serve(bind=(), app=REPORT, config='bind = ["systemd:http"]', sockets=[("http", tcp)])
    (server.directory / "wsgid.toml").write_text('bind = ["127.0.0.1:0"]')
    server.signal(signal.SIGHUP)
    server.expect(
        r"wsgid.toml:1:\d+: error\[cannot-bind\]: the passed socket `http` \(http://\S+\) is not in `bind`"
    )
    server.expect("reload refused, generation=1 serves on")

    assert "127.0.0.1" == environ_at(tcp)["REMOTE_ADDR"]


def test_reload_may_drop_a_descriptor_and_take_it_again(serve: Serve, tcp: socket.socket) -> None:
    """Nobody could pass it a second time."""
    with socket.create_server(("127.0.0.1", 0)) as second:
        # The variables tell of one; the second is a supervisor's own way.
        server = serve(
            bind=(),
            app=REPORT,
            config='bind = ["systemd:*", "fd://4"]',
            sockets=[("http", tcp), ("x", second)],
            env={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"},
        )
        assert environ_at(second)
        for round_, text in enumerate(('bind = ["fd://3"]', 'bind = ["fd://3", "fd://4"]'), 1):
            (server.directory / "wsgid.toml").write_text(text)
            server.signal(signal.SIGHUP)
            server.expect("reload done", count=round_)

        assert environ_at(second)


def test_reload_adopts_no_descriptor_of_the_servers_own(serve: Serve, tcp: socket.socket) -> None:
    """Its control socket listens too."""
    server = serve(
        bind=(),
        config='bind = ["systemd:*"]\ncontrol_socket = "control"',
        sockets=[("http", tcp)],
    )
    number = next(
        number
        for number, link in descriptors(server.pid).items()
        if number > 3 and link.startswith("socket:")
    )
    (server.directory / "wsgid.toml").write_text(
        f'bind = ["systemd:*", "fd://{number}"]\ncontrol_socket = "control"'
    )
    server.signal(signal.SIGHUP)

    server.expect(rf"fd://{number} .* was not adopted at the start")
    server.expect("reload refused")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            'bind = ["systemd:htp"]',
            [
                "no socket with the name `htp` was passed",
                "did you mean `systemd:http`?",
                "--> wsgid.toml:1:9",
            ],
        ),
        ('bind = ["127.0.0.1:0"]', ["is not in `bind`", "add `systemd:http`, or `systemd:*` for all"]),
        ('bind = ["systemd:*", "fd://0"]', ["the passed socket fd://0 (descriptor 0) is no socket"]),
        ('bind = ["systemd:*", "fd://99"]', ["the passed socket fd://99 (descriptor 99) is not open"]),
    ],
)
def test_what_does_not_fit_ends_the_start(
    serve: Serve, tcp: socket.socket, config: str, said: list[str]
) -> None:
    server = serve(bind=(), config=config, sockets=[("http", tcp)], ready=False)

    assert 78 == server.wait()
    assert [] == [text for text in said if text not in server.log]
    assert "Traceback" not in server.log


def test_what_is_no_listening_stream_socket_is_told_by_its_name(serve: Serve, tcp: socket.socket) -> None:
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        connected = stack.enter_context(socket.create_connection(tcp.getsockname()))
        netlink = stack.enter_context(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
        sockets = [("http", tcp), ("udp", udp), ("accepted", connected), ("netlink", netlink)]
        server = serve(bind=(), sockets=sockets, ready=False)

        assert 78 == server.wait()
    assert "the passed socket `udp` (descriptor 4) is no stream" in server.log
    assert "the passed socket `accepted` (descriptor 5) does not listen" in server.log
    assert "the passed socket `netlink` (descriptor 6) is neither TCP nor Unix" in server.log


@pytest.mark.parametrize("pid", ["1", None])
def test_none_passed_is_what_a_restart_may_heal(serve: Serve, tcp: socket.socket, pid: str | None) -> None:
    sockets = [("http", tcp)] if pid else []
    server = serve(
        bind=(),
        config='bind = ["127.0.0.1:0", "systemd:http"]',
        sockets=sockets,
        env={"LISTEN_PID": pid} if pid else {},
        ready=False,
    )

    assert 69 == server.wait()
    assert "cannot listen at systemd:http (bind, wsgid.toml:1:24): " in server.log
    assert ("passed to process 1" if pid else "no sockets were passed; ") in server.log


def test_checker_looks_at_no_socket_that_systemd_will_pass(tmp_path: Path) -> None:
    (tmp_path / "wsgid.toml").write_text('bind = ["systemd:http", "fd://3"]')
    words = ("--check-config", "-c", "wsgid.toml", "tests.apps.echo:application")
    done = subprocess.run(
        [sys.executable, "-m", "wsgid", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert "not looked at: systemd:http, fd://3, which are passed to the server" in done.stdout
