"""Root binds, opens the logs and keeps the pidfile; the application never runs as root."""

from __future__ import annotations

import os
import pwd
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another")]

NOBODY = pwd.getpwnam("nobody")

# Imports nothing that is not there: this interpreter's library may be closed to others than root.
APP = """
import os
at_import = (os.getresuid(), os.getresgid(), sorted(os.getgroups()))
def application(environ, start_response):
    try:
        os.setuid(0)
        tried = "root again"
    except PermissionError:
        tried = "refused"
    mask = os.umask(0); os.umask(mask)
    start_response("200 OK", [])
    return [repr((*at_import, tried, oct(mask))).encode()]
"""
FILES = {"app.py": APP}


def answer_of(server: ServerProcess) -> str:
    with server.connect() as client:
        client.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer.partition(b"\r\n\r\n")[2].decode()


def start(serve: Serve, *args: str, **options: object) -> ServerProcess:
    """Start in a directory that others may enter, as every directory of a service is."""
    server = serve("--user", "nobody", *args, app="app", files=FILES, ready=False, **options)
    server.directory.chmod(0o755)
    server.wait_ready()
    return server


def test_the_application_is_imported_and_called_as_the_user(serve: Serve) -> None:
    server = start(serve, "-w", "2")
    uid, gid = NOBODY.pw_uid, NOBODY.pw_gid

    answer = answer_of(server)
    assert answer.startswith(f"(({uid}, {uid}, {uid}), ({gid}, {gid}, {gid}), [{gid}], 'refused', ")
    assert 0 == os.stat(f"/proc/{server.pid}").st_uid  # noqa: PTH116  the arbiter is root


def test_group_is_taken_by_number_and_umask_too(serve: Serve) -> None:
    server = start(serve, "--group", "4242", "--umask", "027")

    assert "(4242, 4242, 4242), [4242], 'refused', '0o27'" in answer_of(server)


def test_the_logs_are_roots_and_are_written_all_the_same(serve: Serve) -> None:
    """Opened anew as well: the worker could not."""
    server = start(serve, "--access-logfile", "access.log")
    path = server.directory / "access.log"
    answer_of(server)
    path.rename(server.directory / "access.log.1")
    server.signal(signal.SIGUSR1)
    server.expect("logs reopened")
    # By the arbiter; a worker takes it from there a moment later, and writes to the former file meanwhile.
    while not path.read_text():
        answer_of(server)
    server.stop()

    assert '"GET /x HTTP/1.1" 200' in path.read_text()
    assert (0, 0) == (path.stat().st_uid, path.stat().st_gid)


def test_a_unix_socket_is_the_users(serve: Serve) -> None:
    server = start(serve, bind=("unix:s.sock",))
    status = (server.directory / "s.sock").stat()

    assert (NOBODY.pw_uid, NOBODY.pw_gid) == (status.st_uid, status.st_gid)


def test_a_reload_and_a_replacement_are_the_users_too(serve: Serve) -> None:
    server = start(serve)
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")
    assert f"(({NOBODY.pw_uid}," in answer_of(server)

    os.kill(server.children()[0], signal.SIGKILL)
    server.expect("worker ready", count=3)
    assert f"(({NOBODY.pw_uid}," in answer_of(server)


def test_a_change_of_user_waits_for_a_restart(serve: Serve) -> None:
    server = serve(
        "-c", "shop.toml", app="app", files={**FILES, "shop.toml": 'user = "nobody"\n'}, ready=False
    )
    server.directory.chmod(0o755)
    server.wait_ready()
    (server.directory / "shop.toml").write_text('user = "root"\n')
    server.signal(signal.SIGHUP)
    server.expect(r"user nobody -> root waits for a restart \(shop.toml:1:8\)")
    server.expect("reload done generation=2")

    assert f"(({NOBODY.pw_uid}," in answer_of(server)


def test_a_user_that_is_not_there_ends_the_start(serve: Serve) -> None:
    server = serve("--user", "no-such-user", ready=False)

    assert 78 == server.wait()
    assert "there is no user `no-such-user`" in server.log
