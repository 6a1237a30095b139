"""Who may connect to a Unix socket, and read what the server writes, is what the settings say."""

from __future__ import annotations

import signal
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess


def mode(server: ServerProcess) -> int:
    return stat.S_IMODE((server.directory / "s").stat().st_mode)


def test_a_reload_changes_the_mode_of_a_socket_that_is_kept(serve: Serve) -> None:
    server = serve(config='bind = ["unix:s"]\nsocket_mode = "0600"\n', bind=())
    server.expect(r"listening at unix:s \(bind, wsgid.toml:1:\d+\) mode=0600 owner=")
    before = mode(server)
    (server.directory / "wsgid.toml").write_text('bind = ["unix:s"]\nsocket_mode = 0o640\n')
    server.signal(signal.SIGHUP)
    server.expect("reload done generation=2")

    assert (0o600, 0o640) == (before, mode(server))


def test_a_reload_that_is_refused_leaves_the_mode_as_it_was(serve: Serve) -> None:
    good = 'bind = ["unix:s"]\nsocket_mode = "0600"\napp = "tests.apps.echo"\n'
    server = serve(config=good, bind=(), app=None)
    broken = good.replace("0600", "0666").replace("echo", "nothing_of_this_name")
    (server.directory / "wsgid.toml").write_text(broken)
    server.signal(signal.SIGHUP)
    server.expect("reload refused")

    assert 0o600 == mode(server)


def test_a_umask_counts_for_sockets_and_files(serve: Serve) -> None:
    """As in gunicorn: a socket, too, has what the umask leaves of 0666."""
    server = serve("--umask", "0027", "--error-logfile", "errors", config='bind = ["unix:s"]\n', bind=())

    assert 0o640 == mode(server)
    assert 0o640 == stat.S_IMODE((server.directory / "errors").stat().st_mode)
