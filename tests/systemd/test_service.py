"""The shipped units in a systemd that really runs: started, reloaded, restarted, watched.

Each test boots a machine of its own (`box`, in this directory), and says in a shell's words what an
administrator would type. It is this machine's systemd, or the one in the directory that the variable
SYSTEMD_LAYER names (`box -l`).
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

BOX: Final = Path(__file__).with_name("box")
# The exit status of the box itself, as opposed to that of what ran in it.
BROKEN: Final = 125
# What no service sees, for its account's rights or for PrivateTmp=.
HIDDEN: Final = ("/root/", "/home/", "/tmp/", "/var/tmp/")

APP: Final = """
import os, time
def application(environ, start_response):
    if environ["PATH_INFO"] == "/hang":
        time.sleep(3600)
    start_response("200 OK", [("Content-Length", "3")])
    return [b"ok\\n"]
"""

# What an installation would have done; then one instance, shop, behind its socket.
INSTALLED: Final = f"""
set -eu
export PYTHONPATH=/opt/wsgid
mkdir -p /etc/wsgid /srv/shop
systemd-sysusers {ROOT}/systemd/sysusers.d/wsgid.conf
for unit in service:wsgid@.service socket:wsgid@.socket target:wsgid.target; do
    $PYTHON -m wsgid --print-unit ${{unit%%:*}} > /etc/systemd/system/${{unit#*:}}
done
echo PYTHONPATH=$PYTHONPATH > /etc/default/wsgid
cat > /srv/shop/shop.py <<'END'
{APP}
END
printf 'app = "shop"\\nchdir = "/srv/shop"\\nworkers = 2\\n' > /etc/wsgid/shop.toml
mkdir -p /etc/systemd/system/wsgid@shop.service.d
drop_in() {{ cat > /etc/systemd/system/wsgid@shop.service.d/$1.conf; systemctl daemon-reload; }}
drop_in socket < {ROOT}/systemd/examples/socket.conf
ask() {{ curl -sS -m 20 --unix-socket /run/wsgid/shop.sock http://shop$1; }}
show() {{ systemctl show -P $1 wsgid@shop.service; }}
wait_for() {{ for _ in $(seq 600); do if [ "$(show $1)" = "$2" ]; then return; fi; sleep 0.05; done
    echo "$1 is not $2, but $(show $1)"; return 1; }}
"""


def python_for_a_service() -> str:
    """Give an interpreter that a service can run and that has what ours has compiled."""
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        if path.startswith(HIDDEN) or not Path(path).exists():
            continue
        code = "import sys; print(*sys.version_info[:2])"
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
        if done.stdout.split() == [str(number) for number in sys.version_info[:2]]:
            return path
    pytest.skip("no interpreter of this version lies where a service may run it")


def needed(name: str = "wsgid-server") -> Iterator[importlib.metadata.Distribution]:
    """Yield what an installation needs, and what that needs."""
    for requirement in importlib.metadata.requires(name) or ():
        if ";" not in requirement:
            found = re.match(r"[\w.-]+", requirement)
            assert found is not None
            yield importlib.metadata.distribution(found[0])
            yield from needed(found[0])


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with wsgid and what it needs, to be shown in the box."""
    path = tmp_path_factory.mktemp("wsgid")
    ignored = shutil.ignore_patterns("__pycache__")
    for distribution in needed():
        for entry in {file.parts[0] for file in distribution.files or () if ".." not in file.parts}:
            source = Path(str(distribution.locate_file(entry)))
            if source.is_dir() and not (path / entry).exists():
                shutil.copytree(source, path / entry, ignore=ignored)
            elif source.is_file():
                shutil.copy(source, path)
    shutil.copytree(ROOT / "wsgid", path / "wsgid", ignore=ignored)
    shutil.copytree(ROOT / "systemd", path / "wsgid" / "cli" / "systemd", dirs_exist_ok=True)
    return path


class Machine:
    """Runs shell scripts, each in a machine that has just been booted and has wsgid installed."""

    def __init__(self, installation: Path) -> None:
        self._installation = installation
        self._python = python_for_a_service()

    def run(self, script: str) -> str:
        """Run a script that must succeed, and give what it printed."""
        command = f"mkdir -p /opt\ncp -r {self._installation} /opt/wsgid\nchmod -R a+rX /opt/wsgid\n"
        text = f"{command}PYTHON={self._python}\n{INSTALLED}\nset -x\n{script}"
        options = ["-p", str(ROOT), "-m", str(self._installation), "-t", "90"]
        if layer := os.environ.get("SYSTEMD_LAYER"):
            options += ["-l", layer]
        done = subprocess.run(
            [str(BOX), *options, "--", "bash", "-c", text],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        if done.returncode == BROKEN and "CI" not in os.environ:
            pytest.skip(f"no systemd can be booted here: {done.stderr.strip()}")
        assert 0 == done.returncode, f"{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def machine(installation: Path) -> Machine:
    if os.geteuid() != 0:
        pytest.skip("only root can boot a systemd of its own")
    has_all = shutil.which("systemd-nspawn") is not None and shutil.which("curl") is not None
    if not has_all and "CI" not in os.environ:
        pytest.skip("systemd-nspawn or curl is not installed (Debian: systemd-container, curl)")
    return Machine(installation)


def test_a_service_is_checked_started_and_asked(machine: Machine) -> None:
    """The whole of a first use: edit, check, start."""
    told = machine.run("""
        $PYTHON -m wsgid --check-config --instance shop
        systemctl start wsgid@shop
        ask /
        systemctl status --no-pager wsgid@shop
        ps -o user= -p $(show MainPID)
    """)

    assert "OK: 1 file" in told
    assert "\nok\n" in told
    assert 'Status: "2 workers, 0 busy, ' in told
    assert "listening at unix:/run/wsgid/shop.sock (bind, environment variable LISTEN_FDS)" in told
    assert "passed as systemd:http mode=0660 owner=wsgid:wsgid" in told
    assert told.endswith("\nwsgid\n")


def test_a_reload_waits_for_its_outcome_and_fails_with_it(machine: Machine) -> None:
    """And in both cases the unit is active again, and not "reloading" for ever."""
    told = machine.run("""
        systemctl start wsgid@shop
        echo 'server_header = "new"' >> /etc/wsgid/shop.toml
        systemctl reload wsgid@shop
        curl -sS --unix-socket /run/wsgid/shop.sock -D - -o /dev/null http://shop/
        echo 'tiemout = 3' >> /etc/wsgid/shop.toml
        ! systemctl reload wsgid@shop
        show ActiveState; show StatusText
        sed -i /tiemout/d /etc/wsgid/shop.toml
        systemctl reload wsgid@shop
        show ActiveState; show StatusText; show NRestarts
    """)

    assert "Server: new" in told
    refused, _, after = told.rpartition("active\n")
    assert "active\nreload refused: /etc/wsgid/shop.toml:5:1: error[unknown-setting]: unknown" in refused
    assert re.fullmatch(r"2 workers, 0 busy, \d requests\n0\n", after)


def test_a_restart_behind_the_socket_loses_nothing_and_its_path_lives(machine: Machine) -> None:
    told = machine.run("""
        systemctl start wsgid@shop
        stat -c %i /run/wsgid/shop.sock
        set +x
        (for _ in $(seq 150); do ask / || echo lost; done) > /srv/answers 2>&1 &
        set -x
        for _ in 1 2 3; do systemctl restart wsgid@shop; done
        wait
        sort /srv/answers | uniq -c
        stat -c %i /run/wsgid/shop.sock
    """)

    assert ["150", "ok"] == told.splitlines()[1].split()
    assert told.splitlines()[0] == told.splitlines()[2]


def test_a_connection_starts_the_service(machine: Machine) -> None:
    told = machine.run("""
        systemctl start wsgid@shop.socket
        show ActiveState
        ask /
        wait_for ActiveState active
    """)

    assert "inactive\nok\n" == told


def test_without_its_socket_unit_a_start_says_what_is_missing_and_goes_on_trying(machine: Machine) -> None:
    told = machine.run("""
        rm /etc/systemd/system/wsgid@shop.service.d/socket.conf /etc/systemd/system/wsgid@.socket
        systemctl daemon-reload
        echo 'bind = ["systemd:http"]' >> /etc/wsgid/shop.toml
        ! systemctl start wsgid@shop
        show ExecMainStatus; show SubState
        journalctl --no-pager -u wsgid@shop
    """)

    assert told.startswith("69\nauto-restart\n")
    assert "cannot listen at systemd:http (bind, /etc/wsgid/shop.toml:4:9): no sockets were passed" in told


def test_a_bad_configuration_is_not_tried_again_and_a_crash_is(machine: Machine) -> None:
    told = machine.run("""
        systemctl start wsgid@shop
        kill -KILL $(show MainPID)
        wait_for NRestarts 1
        wait_for ActiveState active
        echo 'tiemout = 3' >> /etc/wsgid/shop.toml
        kill -KILL $(show MainPID)
        wait_for ActiveState failed
        show NRestarts; show ExecMainStatus
        journalctl --no-pager -u wsgid@shop
    """)

    assert told.startswith("2\n78\n")
    assert "did you mean `timeout`?" in told


def test_an_arbiter_that_stands_still_is_replaced_and_an_application_that_does_is_not(
    machine: Machine,
) -> None:
    told = machine.run("""
        printf '[Service]\\nWatchdogSec=1\\n' | drop_in watchdog
        systemctl start wsgid@shop
        ! curl -s -m 2.5 --unix-socket /run/wsgid/shop.sock http://shop/hang
        show NRestarts
        kill -STOP $(show MainPID)
        wait_for NRestarts 1
        wait_for ActiveState active
        ask /
    """)

    assert "0\nok\n" == told


def test_notify_reload_where_systemd_knows_it(machine: Machine) -> None:
    """There systemd sends the signal itself, and waits for the word that the reload is over."""
    told = machine.run(f"""
        if [ $(systemctl --version | sed -nE '1s/systemd ([0-9]+).*/\\1/p') -lt 253 ]; then
            echo old; exit
        fi
        drop_in notify-reload < {ROOT}/systemd/examples/notify-reload.conf
        systemctl start wsgid@shop
        systemctl reload wsgid@shop
        journalctl --no-pager -u wsgid@shop
    """)
    if told == "old\n":
        pytest.skip("Type=notify-reload is for systemd 253 and newer")

    assert "reload done generation=2" in told
