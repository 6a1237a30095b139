"""SIGUSR2 without a terminal, where SIGWINCH too means what gunicorn's administrators know it for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.test_daemon import Place, wait_end
from tests.support import children

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

APP = """
import os
def application(environ, start_response):
    start_response("200 OK", [])
    return [str(os.getppid()).encode()]
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path.resolve())
    (place.directory / "app.py").write_text(APP)
    yield place
    place.end()


def ctl(place: Place, command: str, socket: str = "s.pid.control") -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "wsgid.cli.ctl", "-s", str(place.directory / socket), command]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def successor_of(place: Place) -> int:
    """Upgrade; give the pid of the one who serves, too."""
    done = ctl(place, "upgrade")
    assert 0 == done.returncode, done.stderr
    return int(done.stdout.split()[1])


def winch(place: Place, pid: int, *, but_for: int) -> None:
    """Send WINCH; wait until the workers have gone."""
    workers = [child for child in children(pid) if child != but_for]
    os.kill(pid, signal.SIGWINCH)
    for worker in workers:
        wait_end(worker)


def log(place: Place) -> str:
    return (place.directory / "error.log").read_text()


def test_the_former_is_kept_without_workers_until_it_is_wanted_again(place: Place) -> None:
    """Gunicorn's walk: USR2, WINCH to the former; then, back, HUP to it and QUIT to the new one."""
    assert 0 == place.run("-w", "2", "--error-logfile", "error.log").returncode
    former = place.pid
    successor = successor_of(place)
    winch(place, former, but_for=successor)
    assert {str(successor)} == {place.ask() for _ in range(10)}
    assert 2 == len(children(successor))

    assert 0 == ctl(place, "reload").returncode
    os.kill(successor, signal.SIGQUIT)
    wait_end(successor)
    assert {str(former)} == {place.ask() for _ in range(10)}
    assert former == place.pid
    assert place.wait_left(3)


def test_the_former_is_ended_when_the_new_one_has_proved_itself(place: Place) -> None:
    assert 0 == place.run("-w", "2", "--error-logfile", "error.log").returncode
    former = place.pid
    successor = successor_of(place)
    winch(place, former, but_for=successor)
    os.kill(former, signal.SIGTERM)
    wait_end(former)

    assert str(successor) == place.ask()
    assert 0 == ctl(place, "stop").returncode or successor == place.pid


def test_what_keeps_a_successor_from_its_start_is_in_the_log(place: Place) -> None:
    """Its standard error would lead nowhere; what an interpreter says that finds no server is needed most."""
    assert 0 == place.run("--error-logfile", "error.log").returncode
    (place.directory / "wsgid").mkdir()
    (place.directory / "wsgid" / "__init__.py").write_text("raise ImportError('half installed')")
    done = ctl(place, "upgrade")

    assert done.stderr.startswith("the successor ended before it served; standard error")
    assert "ImportError: half installed" in log(place)
    assert str(place.pid) == place.ask()


def test_a_successor_has_left_the_terminal_too(place: Place) -> None:
    assert 0 == place.run("--error-logfile", "error.log", "--upgrade", "auto").returncode
    former = place.pid
    successor = successor_of(place)
    wait_end(former)

    assert ["/dev/null"] * 3 == [str(Path(f"/proc/{successor}/fd/{fd}").readlink()) for fd in range(3)]
    assert os.getsid(successor) != successor
    assert str(successor) == place.ask()
