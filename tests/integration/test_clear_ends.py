"""A server that cannot start says why, once, ends with the status for it, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.rows import again
from wsgid.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

# Longer than any name can be (RFC 1035, 2.3.4), so that no name server is asked.
NOBODYS_NAME = ".".join(["x" * 63] * 5)

HELLO = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n"


def end(server: ServerProcess) -> tuple[int, str]:
    """Wait for the end; `wait` itself fails if a process is left behind."""
    status = server.wait()
    assert () == server.notifications or "READY=1" not in {note.text for note in server.notifications}
    assert not re.search(r'wsgid/cli/main.py", line \d+, in', server.log), "a traceback of ours"
    assert "pip install wsgid" not in server.log
    return status, server.log


@pytest.mark.parametrize(
    ("app", "files", "expected"),
    [
        (
            "mycite:application",
            {"mysite.py": HELLO},
            r"there is no module `mycite` in .*\ndid you mean `mysite:application`\?",
        ),
        again("site_:app", {"src/site_.py": HELLO}, r"It is in (.*)/src: start with --chdir \1/src"),
        again("mysite:app", {"mysite.py": HELLO}, r"no `app` in `mysite` \(.*/mysite.py\)\ndid you mean"),
        ("mysite", {"mysite.py": "raise RuntimeError('no database')\n"}, "RuntimeError: no database"),
        ("mysite", {"mysite.py": "import sys\nsys.exit(0)\n"}, r"it called sys.exit\(0\)"),
        # What is said of these, the loader says (tests/unit/apps/test_loader.py).
        again("mysite:x", {"mysite.py": HELLO + "x = 3\n"}, "it is of type int, which cannot be called"),
        again("mysite:f(3)", {"mysite.py": "def f(): pass\n"}, "these arguments do not fit: f.. takes 0"),
        again("mysite:f()", {"mysite.py": "def f(): 1 / 0\n"}, "the factory failed:\nTraceback(.*\n)+Zero"),
        again("mysite", {"mysite.py": "import flassk\n"}, "finds no module `flassk`: is it installed there"),
        again("mysite", {"mysite.py": "x = (\n"}, "SyntaxError: "),
        again("mysite.py", {"mysite.py": HELLO}, "write `mysite:VARIABLE`"),
        again("mysite:", {"mysite.py": HELLO}, "after the colon comes a variable"),
    ],
)  # fmt: skip
def test_an_application_that_does_not_load_ends_with_3(
    serve: Serve, app: str, files: dict[str, str], expected: str
) -> None:
    server = serve("-w", "2", app=app, files=files, ready=False)
    status, log = end(server)

    assert ExitCode.APPLICATION == status
    assert re.search(expected, log)
    assert 1 == len(re.findall(expected, log)), "said once, however many workers have tried"


def test_a_worker_that_dies_while_it_loads_ends_with_3(serve: Serve) -> None:
    server = serve(app="mysite", files={"mysite.py": "import os\nos._exit(7)\n"}, ready=False)
    status, log = end(server)

    assert ExitCode.APPLICATION == status
    assert "the application does not boot" in log


def test_an_application_that_loads_for_ever_ends_with_3(serve: Serve) -> None:
    files = {"mysite.py": "import time\ntime.sleep(3600)\n"}
    server = serve("--boot-timeout", "500ms", app="mysite", files=files, ready=False)
    status, log = end(server)

    assert ExitCode.APPLICATION == status
    assert "not loaded within boot_timeout (0.5 s)" in log


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        again(["--chdir", "nowhere"], "/nowhere: No such file or directory"),
        (["--pythonpath", "lib"], "there is no module `mysite`"),
    ],
)
def test_a_place_that_is_not_there_ends_with_3(serve: Serve, args: list[str], expected: str) -> None:
    status, log = end(serve(*args, app="mysite", ready=False))

    assert ExitCode.APPLICATION == status
    assert expected in log


def test_a_port_in_use_ends_with_69_and_names_its_holder(serve: Serve) -> None:
    first = serve()
    second = serve(bind=[f"127.0.0.1:{first.port}"], ready=False)
    status, log = end(second)

    assert ExitCode.UNAVAILABLE == status
    pid = re.search(r"in use by pid (\d+) \((.*)\); stop it, or choose another address", log)
    assert pid is not None
    assert int(pid[1]) in {first.pid, *first.children()}
    assert "-m wsgid" in pid[2]


def test_a_unix_path_of_a_living_server_ends_with_69(serve: Serve) -> None:
    first = serve(bind=["unix:s"])
    second = serve(bind=[f"unix:{first.directory}/s"], ready=False)

    assert ExitCode.UNAVAILABLE == end(second)[0]
    with first.connect() as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_a_unix_path_is_taken_away_at_the_end_and_where_the_start_fails(serve: Serve) -> None:
    server = serve(bind=["unix:s"])
    path = server.directory / "s"

    assert path.is_socket()
    assert 0 == server.stop()
    assert not path.exists()
    failed = serve(bind=[f"unix:{path}", "192.0.2.1:80"], ready=False)
    assert ExitCode.UNAVAILABLE == end(failed)[0]
    assert not path.exists()


def test_what_a_killed_server_left_behind_is_no_obstacle(serve: Serve) -> None:
    first = serve(bind=["unix:s"])
    path = first.directory / "s"
    first.kill()

    assert path.is_socket()
    serve(bind=[f"unix:{path}"])


def test_an_address_of_another_machine_ends_with_69(serve: Serve) -> None:
    # RFC 5737: nobody's.
    status, log = end(serve(bind=["192.0.2.1:0"], ready=False))

    assert ExitCode.UNAVAILABLE == status
    assert "this machine has no address 192.0.2.1" in log


@pytest.mark.parametrize(
    ("setting", "value"), [("statsd_host", f"{NOBODYS_NAME}:8125"), ("syslog_addr", f"udp://{NOBODYS_NAME}")]
)
def test_a_receiver_that_nobody_knows_ends_with_69(serve: Serve, setting: str, value: str) -> None:
    """A name server may be back: a unit tries again."""
    config = f'syslog = {str(setting == "syslog_addr").lower()}\n{setting} = "{value}"\n'
    status, log = end(serve(config=config, ready=False))

    assert ExitCode.UNAVAILABLE == status
    assert f"wsgid: {setting}: the host of `{value}` is not known (" in log


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen at any port")
def test_a_port_that_is_not_allowed_ends_with_69(serve: Serve) -> None:
    status, log = end(serve(bind=["127.0.0.1:1"], ready=False))

    assert ExitCode.UNAVAILABLE == status
    assert "CAP_NET_BIND_SERVICE" in log


@pytest.mark.parametrize(
    ("config", "place", "expected"),
    [
        ("workers = 2\ntiemout = 3\n", "wsgid.toml:2:1", "did you mean `timeout`?"),
        again('socket_group = "no-such"\n', "socket_group", "there is no group `no-such`"),
        ('errorlog = "no/directory/here"\n', "errorlog", "cannot open no/directory/here"),
        again("workers = 2\nbind = foo\n", "wsgid.toml:2:8", "a text stands in quotes"),
        again("workers = 'two'\n", "wsgid.toml:1:11", 'expected an integer, or "auto", found string'),
        again('access_log_format = "%(nonsense)x"\naccesslog = "-"\n', "access_log_format", "nonsense"),
        again('accesslog = "no/directory/here"\n', "accesslog", "cannot open no/directory/here"),
        ('tmp_upload_dir = "no/directory"\n', "tmp_upload_dir", "there is no directory"),
        # Which cannot even be looked at, as one that is closed to the user.
        again(f'tmp_upload_dir = "{"x" * 300}"\n', "tmp_upload_dir", "there is no directory"),
    ],
)
def test_a_bad_file_ends_with_78(serve: Serve, config: str, place: str, expected: str) -> None:
    status, log = end(serve(config=config, ready=False))

    assert ExitCode.CONFIGURATION == status
    assert place in log
    assert expected in log


def test_a_file_that_is_not_there_ends_with_78(serve: Serve) -> None:
    status, log = end(serve("-c", "none.toml", ready=False))

    assert ExitCode.CONFIGURATION == status
    assert "cannot read `none.toml`: No such file or directory" in log


def test_no_application_ends_with_2(serve: Serve) -> None:
    status, log = end(serve(app=None, ready=False))

    assert ExitCode.USAGE == status
    assert log.startswith("wsgid: no application is named\nusage: wsgid [OPTIONS] APP_MODULE")


def test_a_server_that_is_told_to_stop_before_it_serves_stops(serve: Serve) -> None:
    """An impatient Ctrl-C, or a unit that is stopped while it starts, is no failure of the application."""
    # A FIFO that nobody opens: the import waits for ever.
    loading = "import os\nos.mkfifo('go')\nprint('loading', flush=True)\nopen('go').read()\n"
    server = serve(app="mysite", files={"mysite.py": loading}, ready=False)
    server.expect("loading")
    server.signal(signal.SIGTERM)
    status, log = end(server)

    assert ExitCode.OK == status, log
