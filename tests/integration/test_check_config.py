"""`wsgid --check-config`: what keeps a server from serving is told before it is asked to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration import checking
from tests.integration.checking import NOBODY, Project, closed_directory, needs_root, open_to_all, project
from tests.rows import again
from tests.support import ROOT
from tests.template import start_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve
    from tests.template import Template

pytestmark = pytest.mark.slow

APP = "def application(environ, start_response):\n    pass\n"
TLS = ROOT / "tests/integration/tls"


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with start_template(open_to_all()) as started:
        yield started


@pytest.fixture
def site(template: Template) -> Iterator[Project]:
    """Give a directory with an application `site_`, and with a user who may serve it where we are root."""
    with project(template) as made:
        made.write("site_.py", APP)
        yield made


def configured(site: Project, text: str = "", app: str = "site_") -> None:
    """Write the configuration: an import wants a user, where root runs the tests."""
    user = f'user = "{NOBODY}"\n' if os.geteuid() == 0 else ""
    site.write("wsgid.toml", f'app = "{app}"\nbind = ["127.0.0.1:0"]\n{user}{text}')


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


# What is right


def test_what_is_right_is_one_line_and_0(site: Project) -> None:
    site.write("wsgid.toml", 'app = "site_"\nbind = ["127.0.0.1:0"]\n')
    done = site.run("--check-config", "--no-app", env={"WSGID_WORKERS": "2", "WEB_CONCURRENCY": "3"})

    assert (0, "OK: 1 file, 2 variables, 0 warnings\n", "") == (done.status, done.out, done.error)


def test_an_application_that_can_be_imported_is_no_mistake(site: Project) -> None:
    configured(site)
    done = site.run("--check-config")

    assert 0 == done.status
    assert "OK: 1 file, 0 variables" in done.out + done.error


# Imports


@pytest.mark.parametrize(
    ("app", "files", "lines"),
    [
        ("sit_", {}, ["error[cannot-import]: application `sit_`: there is no module `sit_`", "did you mean"]),
        (
            "broken",
            {"broken.py": "import os\n1 / 0\n"},
            ["error[cannot-import]: application `broken` cannot be imported\n", "ZeroDivisionError"],
        ),
        ("site_:factory()", {}, ["there is no `factory` in `site_`"]),
        ("exits", {"exits.py": "import sys\nsys.exit(3)"}, ["it called sys.exit(3)"]),
        ("dies", {"dies.py": "import os\nos._exit(5)"}, ["its import ended the process with exit status 5"]),
        ("kills", {"kills.py": "import os\nos.kill(os.getpid(), 9)"}, ["its import ended by SIGKILL"]),
        again("real", {"real.py": "import os\nos.kill(os.getpid(), 40)"}, ["its import ended by signal 40"]),
    ],
)
def test_an_application_that_cannot_be_imported_is_a_mistake(
    site: Project, app: str, files: dict[str, str], lines: list[str]
) -> None:
    for name, text in files.items():
        site.write(name, text)
    configured(site, app=app)
    done = site.check()

    assert (78, "") == (done.status, done.out)
    assert " --> wsgid.toml:1:7\n" in done.error
    assert all(line in done.error for line in lines), done.error
    assert "wsgid/cli" not in done.error
    assert done.error.splitlines()[-1].startswith("wsgid.toml: 1 error, ")


def test_an_import_that_hangs_is_ended_and_shown_where(site: Project) -> None:
    """A connection to a database that does not answer is the commonest: the file and line name it."""
    hangs = "import os, subprocess, sys, time\nsubprocess.Popen(['sleep', '300'])\n"
    hangs += "os.write(2, b'%d\\n' % os.getpid())\ntime.sleep(300)\n"
    site.write("hangs.py", hangs)
    configured(site, 'boot_timeout = "500ms"\n', app="hangs")
    done = site.check()

    assert 78 == done.status
    assert "application `hangs`: its import was not done within 0.5 s" in done.error
    assert "see the setting `boot_timeout`" in done.error
    assert f'File "{site.root}/hangs.py", line 4 in <module>' in done.error
    assert "importlib" not in done.error
    # Whatever it has started is gone with it.
    pid = int(done.error.splitlines()[0])
    found = [path / "stat" for path in Path("/proc").iterdir() if path.name.isdecimal()]
    alive = [path.read_text().rpartition(")")[2].split() for path in found if path.exists()]
    assert [] == [fields for fields in alive if int(fields[3]) == pid and fields[0] != "Z"]


def test_an_import_that_ends_the_process_is_told_of_by_the_file_that_names_it(site: Project) -> None:
    site.write("dies.py", "import os\nos._exit(5)\n")
    site.write("shop.ini", "[app:main]\npaste.app_factory = dies:make\n")
    user = f'user = "{NOBODY}"\n' if os.geteuid() == 0 else ""
    site.write("wsgid.toml", f'paste = "shop.ini"\nbind = ["127.0.0.1:0"]\n{user}')
    done = site.check()

    assert 78 == done.status
    assert f"paste `{site.root}/shop.ini`: its import ended the process with exit status 5" in done.error
    assert " --> wsgid.toml:1:9\n" in done.error


def test_a_check_that_is_interrupted_leaves_nothing(site: Project) -> None:
    hangs = "import os, time\nos.write(2, b'%d\\n' % os.getpid())\ntime.sleep(300)\n"
    site.write("hangs.py", hangs)
    configured(site, app="hangs")
    with site.start("--check-config") as check:
        assert check.stderr is not None
        child = int(check.stderr.readline())
        check.send_signal(signal.SIGINT)
        rest = check.stderr.read()
        status = check.wait()

    assert (130, "") == (status, rest)
    assert not Path(f"/proc/{child}").exists()


def test_what_the_environment_and_paths_settings_say_is_there_for_the_import(site: Project) -> None:
    site.write("src/pkg/app_.py", "import os, lib_\nassert os.environ['A'] == 'b'\n" + APP)
    site.write("src/lib/lib_.py", "")
    configured(site, 'chdir = "src"\npythonpath = ["lib"]\n[env]\nA = "b"\n', app="pkg.app_")

    assert 0 == site.check().status
    assert "AssertionError" in site.check("-e", "A=c").error


def test_hooks_and_a_worker_class_are_imported_too(site: Project) -> None:
    text = 'worker_class = "site_:Missing"\n[hooks]\nwhen_ready = "site_:ready"\non_exit = "nowhere:f"\n'
    configured(site, text)
    done = site.check()

    assert 78 == done.status
    assert "error[cannot-import]: worker class `site_:Missing`: there is no `Missing`" in done.error
    assert "error[cannot-import]: hook `site_:ready`: there is no `ready`" in done.error
    assert "error[cannot-import]: hook `nowhere:f`: there is no module `nowhere`" in done.error
    assert " --> wsgid.toml:6:14\n" in done.error or " --> wsgid.toml:5:14\n" in done.error


def test_no_application_is_a_mistake_but_for_who_does_not_import(site: Project) -> None:
    site.write("wsgid.toml", 'bind = ["127.0.0.1:0"]\n')

    assert 78 == site.check().status
    assert "error[invalid-value]: no application is named" in site.check().error
    assert 0 == site.check("--no-app").status


# As whom


@needs_root
def test_the_application_is_imported_as_the_user_that_will_serve(site: Project) -> None:
    site.write(
        "who.py", "import os\nraise ValueError(f'{os.getresuid()} {os.getresgid()} {os.getgroups()}')\n"
    )
    configured(site, app="who")

    assert "ValueError: (65534, 65534, 65534) (65534, 65534, 65534) [65534]" in site.check().error
    assert "note: checked as nobody (the setting `user`)\n" in site.check().error


@needs_root
@pytest.mark.skipif(closed_directory() is None, reason="every user may read this interpreter")
def test_a_python_that_is_closed_to_the_user_is_a_mistake(
    site: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below /root, where pyenv puts it for root: a unit would end with 203/EXEC."""
    monkeypatch.setattr(checking, "open_to_all", tuple)
    configured(site)
    done = site.run("--check-config")

    assert 78 == done.status
    assert "error[cannot-import]: Python's library is closed to the user that will serve: " in done.error


@needs_root
def test_a_start_directory_that_is_closed_to_the_user_is_a_mistake(site: Project) -> None:
    """As /root is, where root types the command."""
    configured(site)
    site.root.chmod(0o700)
    done = site.check()

    assert 78 == done.status
    assert f"not allowed to enter `{site.root}` (the default of `chdir`)" in done.error
    assert "Traceback" not in done.error


@needs_root
def test_no_file_appears_where_root_checks(site: Project) -> None:
    """An import as root would leave root's __pycache__, and the service could not write to its own log."""
    site.write("conf.py", f'import helper\napp = "pkg.app_"\nuser = "{NOBODY}"\nbind = ["127.0.0.1:0"]\n')
    site.write("helper.py", "")
    site.write("pkg/__init__.py", "")
    site.write("pkg/app_.py", "import pkg.more, logging\nlogging.FileHandler('app.log')\n" + APP)
    site.write("pkg/more.py", "")
    # So that nothing but the rights of files would be in the way.
    site.root.chmod(0o777)
    (site.root / "pkg").chmod(0o777)
    before = site.inventory()
    done = site.run("--check-config", "-c", "conf.py")
    after = site.inventory()

    assert 0 == done.status, done.error
    # What the application itself makes is its user's.
    assert (65534, 65534) == after.pop("app.log")[:2]
    assert before == after


@needs_root
def test_root_without_a_user_imports_nothing_and_says_so(site: Project) -> None:
    site.write("marks.py", "open('mark', 'w')\n" + APP)
    site.write("wsgid.toml", 'app = "marks"\nbind = ["127.0.0.1:0"]\n')
    before = site.inventory()
    done = site.check()

    assert 0 == done.status
    assert "warning[cannot-import]: the application was not imported: an import as root" in done.error
    assert before == site.inventory()
    assert 78 == site.check("--strict").status


@needs_root
def test_the_user_of_the_unit_is_the_one_that_serves(site: Project) -> None:
    site.write(
        "who.py", "import os\nraise ValueError(f'{os.getuid()} {os.environ[\"HOME\"]} {os.getcwd()}')\n"
    )
    text = f'app = "who"\nchdir = "{site.root}"\nbind = ["127.0.0.1:0"]\n'
    site.write("etc/shop.toml", text)
    unit = "[Service]\nUser=root\nEnvironmentFile=-/etc/passwd\nEnvironment=WSGID_THREADS=2\n"
    site.write("units/wsgid@.service", unit)
    site.write("units/wsgid@shop.service.d/user.conf", f"[Service]\nUser={NOBODY}\n")
    done = site.check_instances("--instance", "shop", env={"WSGID_WORKERS": "2"})

    assert 78 == done.status
    assert f"ValueError: 65534 /nonexistent {site.root}" in done.error
    assert "note: checked as nobody (User= of wsgid@shop.service)\n" in done.error
    assert "note: wsgid@shop.service does not have WSGID_WORKERS of this environment\n" in done.error
    assert "note: wsgid@shop.service sets WSGID_THREADS, which this check did not see\n" in done.error
    assert "note: wsgid@shop.service also reads /etc/passwd, which this check did not\n" in done.error


def test_what_a_unit_names_may_be_hidden_from_who_asks(site: Project) -> None:
    """Below a directory of the service's user, say; a name that is too long is hidden from root, too."""
    hidden = f"/{'x' * 300}"
    site.write("etc/shop.toml", f'app = "site_"\nchdir = "{site.root}"\nbind = ["127.0.0.1:0"]\n')
    text = f"[Service]\nWorkingDirectory={hidden}\nEnvironmentFile={hidden}\n"
    site.write("units/wsgid@.service", text)
    done = site.check_instances("--instance", "shop", "--no-app")

    assert (0, "") == (done.status, done.error)
    assert "start directory" not in done.out


def test_a_user_and_a_group_that_are_not_there_are_mistakes(site: Project) -> None:
    text = 'app = "site_"\nbind = ["127.0.0.1:0"]\nuser = "nobdy"\nsocket_group = "no-such-group"\n'
    site.write("wsgid.toml", text)
    done = site.check()

    assert 78 == done.status
    assert "there is no user `nobdy` on this machine\n --> wsgid.toml:3:8" in done.error
    assert "did you mean `nobody`?" in done.error
    assert "there is no group `no-such-group` on this machine" in done.error


# Addresses


def test_a_free_address_is_left_free(site: Project) -> None:
    port = free_port()
    configured(site)
    done = site.check("-b", f"127.0.0.1:{port}", "-b", "unix:s")

    assert 0 == done.status, done.error
    assert not (site.root / "s").exists()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", port))


def test_who_holds_an_address_is_told(site: Project) -> None:
    configured(site)
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = site.check("-b", f"127.0.0.1:{other.getsockname()[1]}")

    assert 78 == done.status
    assert "error[cannot-bind]: cannot listen at http://127.0.0.1:" in done.error
    assert f"it is in use by pid {os.getpid()} (" in done.error


@needs_root
def test_who_cannot_be_seen_is_a_warning(site: Project) -> None:
    """It may be this very server, and a check that failed for it would keep deployments from going on."""
    site.write("wsgid.toml", 'app = "site_"\n')
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = site.run("--check-config", "-b", f"127.0.0.1:{other.getsockname()[1]}", user=NOBODY)

    assert 0 == done.status, done.error
    assert "warning[cannot-bind]" in done.error
    assert "it is in use by a process of root; which process that is" in done.error


def test_a_server_that_serves_is_no_obstacle_to_itself(serve: Serve, template: Template) -> None:
    port = free_port()
    bind = f'["127.0.0.1:{port}", "unix:s"]'
    config = f'bind = {bind}\napp = "site_"\n'
    server = serve(app=None, bind=[], config=config, files={"site_.py": APP})
    there = Project(server.directory, template)
    same = there.check("--config", "wsgid.toml")
    other = there.check("--config", "wsgid.toml", "site_:application")

    assert 0 == same.status, same.error
    assert 78 == other.status
    assert other.error.count("it is in use by pid") == 2
    # The check has taken nothing from it.
    assert (server.directory / "s").is_socket()
    with server.connect(f"unix:{server.directory}/s") as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 ")


def test_a_server_with_a_control_socket_is_known_by_it(serve: Serve, template: Template) -> None:
    """Its command line may say something else: here the addresses are in another file now."""
    port = free_port()
    config = f'bind = ["127.0.0.1:{port}"]\napp = "site_"\ncontrol_socket = "control"\n'
    files = {"site_.py": APP, "new.toml": config}
    server = serve(app=None, bind=[], config=config, files=files)
    there = Project(server.directory, template)

    assert 0 == there.check("-c", "new.toml").status
    assert 78 == there.check("-c", "new.toml", "--control-socket", "other").status


@needs_root
def test_a_server_of_another_user_is_perhaps_this_one(serve: Serve) -> None:
    """Its command line can be read by everybody, its start directory cannot."""
    config = 'bind = ["unix:s"]\napp = "site_"\nsocket_mode = "0666"\n'
    server = serve(app=None, bind=[], config=config, files={"site_.py": APP}, ready=False)
    server.directory.chmod(0o777)
    server.wait_ready()
    done = Project(server.directory).run("--check-config", "-c", "wsgid.toml", user=NOBODY)

    assert 0 == done.status, done.error
    assert f"it is in use by pid {server.pid} (" in done.error
    assert "), perhaps this very server" in done.error


@needs_root
@pytest.mark.skipif(
    int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) < 81, reason="every port is free"
)
def test_a_privileged_port_is_told_to_who_may_not(site: Project) -> None:
    site.write("wsgid.toml", 'app = "site_"\nbind = ["127.0.0.1:80"]\n')
    done = site.run("--check-config", user=NOBODY)

    assert 78 == done.status
    assert "want root, CAP_NET_BIND_SERVICE or a socket that systemd passes" in done.error


def test_a_unit_that_may_bind_low_ports_may(site: Project) -> None:
    site.write("etc/shop.toml", f'app = "site_"\nchdir = "{site.root}"\nbind = ["127.0.0.1:81"]\n')
    unit = f"[Service]\nUser={NOBODY}\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"
    site.write("units/wsgid@.service", unit)
    done = site.check_instances("--instance", "shop")

    assert "cannot-bind" not in done.error


def test_what_is_in_the_way_of_a_unix_socket_is_told(site: Project) -> None:
    configured(site)
    site.write("file", "")
    done = site.check("-b", "unix:file", "-b", "unix:nowhere/s")

    assert 78 == done.status
    assert "there is something else than a socket; remove it, or choose another path" in done.error
    assert "there is no directory nowhere" in done.error
    assert (site.root / "file").is_file()


def test_the_path_of_a_dead_server_is_no_obstacle_and_stays(site: Project) -> None:
    configured(site)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(site.root / "s"))
    done = site.check("-b", "unix:s")

    assert 0 == done.status, done.error
    assert (site.root / "s").is_socket()


def test_two_addresses_of_one_server_may_be_in_each_others_way(site: Project) -> None:
    configured(site)
    port = free_port()
    done = site.check("-b", f"0.0.0.0:{port}", "-b", f"[::]:{port}")

    assert 78 == done.status
    assert f"http://0.0.0.0:{port} takes http://[::]:{port} too" in done.error


@needs_root
def test_a_proxy_that_could_not_connect_is_told(site: Project) -> None:
    pytest.importorskip("pwd").getpwnam("www-data")
    configured(site)
    closed = site.check("-b", "unix:s")
    opened = site.check("-b", "unix:s", "--socket-mode", "0666")

    assert (
        "www-data (a proxy such as nginx) could not connect to unix:s: mode 0660, owner nobody:nogroup"
        in (closed.error)
    )
    assert 'set `socket_group = "www-data"`' in closed.error
    assert "could not connect" not in opened.error
    site.root.chmod(0o700)
    assert f"the directory {site.root} is closed to it" in (
        site.check("--no-app", "-b", "unix:s", "--socket-mode", "0666").error
        + site.check("-b", "unix:s", "--socket-mode", "0666").error
    )


# Files


def test_files_that_cannot_be_written_are_mistakes(site: Project) -> None:
    site.write("taken/x", "")
    text = 'pidfile = "nowhere/pid"\naccesslog = "taken"\ntmp_upload_dir = "none"\nlogconfig = "log.ini"\n'
    configured(site, text)
    done = site.check()

    assert 78 == done.status
    assert "there is no directory `nowhere`" in done.error
    assert "`taken` is a directory" in done.error
    assert f"there is no directory `{site.root}/none`" in done.error
    assert "cannot read `log.ini`: No such file or directory" in done.error


def test_a_format_and_files_of_logging_that_cannot_be_read_are_mistakes(site: Project) -> None:
    """The start would be refused for them, and each reload."""
    site.write("log.json", '{"version": 1,}')
    site.write("log.ini", "keys = root\n")
    text = "access_log_format = '%(h)s %(s)d'\naccesslog = '-'\n"
    site.write("wsgid.toml", f'app = "site_"\nbind = ["127.0.0.1:0"]\n{text}')
    json_file = site.check("--no-app", "--log-config-json", "log.json")
    ini_file = site.check("--no-app", "--log-config", "log.ini")

    assert [78, 78] == [json_file.status, ini_file.status]
    assert "%d format: a real number is required, not str\n --> wsgid.toml:3:21\n" in json_file.error
    assert "error[syntax]: `log.json` is no JSON: " in json_file.error
    assert "error[syntax]: `log.ini` is no INI file: File contains no section headers" in ini_file.error


def test_a_pidfile_that_the_server_would_not_take_is_a_mistake(site: Project) -> None:
    """Somebody's file under a wrong name is not overwritten, and no link is followed."""
    site.write("text", "no number\n")
    (site.root / "link").symlink_to("pid")
    (site.root / "stale").write_text("4711\n")
    told = [site.check("--no-app", "--pid", name).error for name in ("text", "link", "stale", "none")]

    assert "error[invalid-value]: `text` holds something else than a pid\n --> command line" in told[0]
    assert (
        "error[invalid-value]: `link` is a symbolic link, and none is followed\n --> command line" in told[1]
    )
    assert ["", ""] == told[2:]


@needs_root
def test_a_log_that_root_would_not_open_through_a_link_is_a_mistake(site: Project) -> None:
    """Whoever may write in that directory could lead root's pen to any file: the start is refused."""
    (site.root / "logs").mkdir()
    (site.root / "logs").chmod(0o777)
    (site.root / "logs" / "log").symlink_to(site.write("real", "line\n"))
    done = site.check("--no-app", "--error-logfile", "logs/log")

    assert 78 == done.status
    assert "`logs/log` cannot be opened: a link in a directory where others than root may write" in done.error
    assert "line\n" == (site.root / "real").read_text()


@needs_root
def test_a_pidfile_is_made_anew_in_its_directory(site: Project) -> None:
    """It is moved to its place whole: that the old one may be written is of no use."""
    (site.root / "run").mkdir(mode=0o755)
    (site.root / "run" / "pid").touch()
    shutil.chown(site.root / "run" / "pid", NOBODY)
    done = site.run("--check-config", "--no-app", "--pid", "run/pid", user=NOBODY)

    assert 78 == done.status
    assert "not allowed to write in `run`" in done.error


@needs_root
def test_what_only_another_user_may_write_is_a_mistake(site: Project) -> None:
    (site.root / "tmp").mkdir(mode=0o755)
    configured(site, 'tmp_upload_dir = "tmp"\nerrorlog = "tmp/log"\n')
    done = site.check()

    # The arbiter stays root, and opens the logs; the workers are nobody, and write long bodies.
    assert f"not allowed to write in `{site.root}/tmp`\n --> wsgid.toml:4:18" in done.error
    assert done.error.splitlines()[-1].startswith("wsgid.toml: 1 error, ")


def test_a_server_that_systemd_keeps_is_no_daemon(site: Project) -> None:
    site.write("etc/shop.toml", f'app = "site_"\nchdir = "{site.root}"\ndaemon = true\n')
    site.write("units/wsgid@.service", f"[Service]\nUser={NOBODY}\n")
    done = site.check_instances("--instance", "shop", "--no-app")

    assert 78 == done.status
    assert "error[conflict]: `daemon` under wsgid@shop.service: systemd would take" in done.error


def test_a_directory_that_the_unit_makes_need_not_be_there(site: Project) -> None:
    text = f'app = "site_"\nchdir = "{site.root}"\nbind = ["unix:/run/no-such-shop/s"]\n'
    site.write("etc/shop.toml", text + 'pidfile = "/run/no-such-shop/pid"\n')
    without = site.check_instances("--instance", "shop")
    site.write("units/wsgid@.service", f"[Service]\nUser={NOBODY}\nRuntimeDirectory=no-such-%i\n")
    made = site.check_instances("--instance", "shop")

    assert "there is no directory /run/no-such-shop" in without.error
    assert "there is no directory `/run/no-such-shop`" in without.error
    assert 0 == made.status, made.error


def test_the_control_socket_is_where_the_unit_has_it(site: Project) -> None:
    """The directory for it is made by systemd, which tells the service alone."""
    text = f'app = "site_"\nchdir = "{site.root}"\nbind = ["127.0.0.1:0"]\n'
    site.write("etc/shop.toml", text + 'pidfile = "/run/no-such-shop/pid"\n')
    site.write("etc/mall.toml", text + 'control_socket = "/run/no-such-shop/control"\n')
    site.write("units/wsgid@.service", f"[Service]\nUser={NOBODY}\nRuntimeDirectory=no-such-%i\n")
    done = site.check_instances("--all", "--no-app")

    assert "instances `mall` and `shop` have the same control_socket, /run/no-such-shop/control" in done.error


# TLS


def certificates_and_keys() -> list[Path]:
    return [*TLS.glob("*.pem"), *TLS.glob("*.key")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('certfile = "one.pem"\nkeyfile = "one.key"\n', ""),
        ('certfile = "one.pem"\nkeyfile = "other.key"\n', "the key in `other.key` is not that of"),
        ('certfile = "one.pem"\nkeyfile = "one.encrypted.key"\n', "has a password"),
        ('certfile = "one.pem"\nkeyfile = "one.encrypted.key"\nkeyfile_password = "word"\n', ""),
        ('certfile = "one.pem"\nkeyfile = "one.encrypted.key"\nkeyfile_password = "no"\n', "does not open"),
        ('certfile = "one.key"\nkeyfile = "one.key"\n', "there is no certificate as PEM in `one.key`"),
        ('certfile = "one.pem"\n', "there is no private key as PEM in `one.pem`"),
        ('certfile = "none.pem"\nkeyfile = "one.key"\n', "cannot read `none.pem`: No such file"),
        ('certfile = "one.pem"\nkeyfile = "one.key"\nca_certs = "one.key"\n', "no certificate as PEM in"),
        ('certfile = "one.pem"\nkeyfile = "one.key"\nciphers = "ROT13"\n', "none of the ciphers `ROT13`"),
    ],
)
def test_certificate_and_key_are_looked_at(site: Project, text: str, message: str) -> None:
    for file in certificates_and_keys():
        site.write(file.name, file.read_text())
    configured(site, text)
    (site.root / "wsgid.toml").chmod(0o640)
    done = site.check()

    assert (78 if message else 0) == done.status, done.error
    assert message in done.error
    assert "word" not in done.error.replace("password", "")


@needs_root
def test_a_key_may_be_roots_alone_whoever_serves(site: Project) -> None:
    """The arbiter reads it, who is whoever starts the server."""
    for file in certificates_and_keys():
        site.write(file.name, file.read_text()).chmod(0o600 if file.name == "one.key" else 0o644)
    configured(site, 'certfile = "one.pem"\nkeyfile = "one.key"\n')
    done = site.check()

    assert 0 == done.status, done.error


# Forms


def test_json_is_one_object_whatever_else_is_printed(site: Project) -> None:
    text = 'print("configuration")\nimport os; os.system("echo more")\napp = "loud"\nbind = ["127.0.0.1:0"]\n'
    site.write("conf.py", text + f'user = "{NOBODY}"\n')
    site.write("loud.py", "print('application')\n1 / 0\n")
    done = site.run("--check-config", "-c", "conf.py", "--output-format", "json")
    found = json.loads(done.out)

    assert 78 == done.status
    assert ("conf.py", ["conf.py"]) == (found["subject"], found["files"])
    if os.geteuid() == 0:
        mistake = next(one for one in found["diagnostics"] if one["code"] == "cannot-import")
        assert (1, "error") == (found["errors"], mistake["severity"])
        assert ("file", "conf.py", 3, 7) == tuple(
            mistake["places"][0][key] for key in ("kind", "name", "line", "column")
        )
        assert "ZeroDivisionError" in mistake["detail"]


def test_a_broken_file_is_one_object_too(site: Project) -> None:
    site.write("wsgid.toml", "workers = 0\ntiemout = 3\n")
    done = site.run("--check-config", "--output-format", "json", "--no-app")
    found = json.loads(done.out)

    assert (78, 2, "") == (done.status, found["errors"], done.error)


def test_the_concise_form_is_a_line_a_mistake(site: Project) -> None:
    site.write("wsgid.toml", "workers = 0\ntiemout = 3\n")
    done = site.check("--output-format", "concise", "--no-app")

    assert (78, "") == (done.status, done.error)
    assert [
        "wsgid.toml:1:11: error[out-of-range]: invalid value for `workers`: expected at least 1",
        "wsgid.toml:2:1: error[unknown-setting]: unknown setting `tiemout`: did you mean `timeout`?",
    ] == sorted(done.out.splitlines())


def test_strict_makes_a_warning_an_error(site: Project) -> None:
    site.write("wsgid.toml", 'app = "site_"\nbind = ["127.0.0.1:0"]\n')
    variable = {"WSGID_WOKERS": "3"}

    assert 0 == site.check("--no-app", env=variable).status
    done = site.check("--no-app", "--strict", env=variable)
    assert 78 == done.status
    assert "error[unknown-setting]: unknown setting: there is no variable `WSGID_WOKERS`" in done.error


def test_what_a_reload_asks_has_nothing_to_do_with_the_running_server(site: Project) -> None:
    """Its addresses are held by the very arbiter that asks."""
    site.write("wsgid.toml", 'app = "nowhere:app"\n')
    with socket.create_server(("127.0.0.1", 0)) as held:
        done = site.check("--no-app", "-b", f"127.0.0.1:{held.getsockname()[1]}")

    assert (0, "OK: 1 file, 0 variables, 0 warnings\n", "") == (done.status, done.out, done.error)


# All instances


def test_what_is_no_virtual_environment_is_told(site: Project) -> None:
    configured(site, 'virtualenv = "none"\n')

    assert "`none` is no virtual environment" in site.check().error


def test_instances_behind_their_sockets_are_not_at_odds_by_a_default(site: Project) -> None:
    """Where systemd passes sockets and `bind` is left out, nobody listens at 127.0.0.1:8000."""
    for name in ("a", "b"):
        site.write(f"etc/{name}.toml", 'app = "site_"\n')
    site.write("units/wsgid@.service", "[Service]\nSockets=wsgid@%i.socket\n")

    assert "cannot both listen" not in site.check_instances("--all", "--no-app").error


def test_instances_are_checked_together(site: Project) -> None:
    site.write("etc/wsgid.toml", 'control_socket = "/tmp/wsgid-no-such-control"\n')
    site.write("etc/a.toml", 'app = "site_"\nbind = ["127.0.0.1:8123"]\npidfile = "/tmp/a.pid"\n')
    site.write("etc/b.toml", 'app = "site_"\nbind = ["unix:/tmp/no-s", ":8123"]\npidfile = "/tmp/b.pid"\n')
    site.write("etc/c.toml", "tiemout = 3\n")
    done = site.check_instances("--all", "--no-app")
    etc = site.root / "etc"

    assert 78 == done.status
    assert "instances `a` and `b` cannot both listen at http://0.0.0.0:8123\n" in done.error
    assert f" --> {etc}/b.toml:2:27\n" in done.error
    assert f" --> {etc}/a.toml:2:9\n" in done.error
    assert "`a` and `b` have the same control_socket, /tmp/wsgid-no-such-control\n" in done.error
    assert "the same pidfile" not in done.error
    assert f"{etc}/c.toml:1:1\n" in done.error
    found = json.loads(site.check_instances("--all", "--no-app", "--output-format", "json").out)
    assert [str(etc), *(str(etc / f"{name}.toml") for name in "abc")] == [
        found["subject"],
        *(one["subject"] for one in found["instances"]),
    ]


def test_no_instances_are_a_usage_error(site: Project) -> None:
    done = site.check_instances("--all")

    assert (2, "") == (done.status, done.out)
    assert f"wsgid: there is no instance in {site.root}/etc\n" == done.error
