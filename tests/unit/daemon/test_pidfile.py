"""A pidfile is there, whole and true, or it is not there."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from wsgid.daemon.pidfile import Pidfile
from wsgid.errors import BusyError, ConfigurationError, ExitCode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "server.pid"


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_it_has_the_pid_until_it_is_released(path: Path) -> None:
    pidfile = Pidfile()
    pidfile.take(str(path))
    assert f"{os.getpid()}\n" == path.read_text()
    assert 0o644 == path.stat().st_mode & 0o777 | 0o044  # less the umask
    assert ["server.pid"] == names(path)

    pidfile.release()
    assert [] == names(path)
    pidfile.release()


@pytest.mark.parametrize(
    "content", ["", "1\n", f"{os.getpid()}", " 99999999 \n"], ids=["empty", "init", "ours", "nobody"]
)
def test_a_stale_one_is_replaced_whoever_has_its_number_now(path: Path, content: str) -> None:
    """Pid 1 lives, and so do we; neither has locked the file."""
    path.write_text(content)
    pidfile = Pidfile()
    pidfile.take(str(path))

    assert f"{os.getpid()}\n" == path.read_text()
    assert ["server.pid"] == names(path)
    pidfile.release()


def test_that_of_a_living_server_is_left_alone(path: Path) -> None:
    other = Pidfile()
    other.take(str(path))

    with pytest.raises(BusyError, match=f"another server that runs, pid {os.getpid()}") as raised:
        Pidfile().take(str(path))
    assert ExitCode.UNAVAILABLE == raised.value.exit_code
    assert ["server.pid"] == names(path)
    other.release()


def test_no_link_is_followed(path: Path) -> None:
    """Root's server in a directory that others may write in."""
    precious = path.parent / "precious"
    precious.write_text("1\n")
    path.symlink_to(precious)

    with pytest.raises(ConfigurationError, match="is a symbolic link"):
        Pidfile().take(str(path))
    assert "1\n" == precious.read_text()
    assert path.is_symlink()


def test_a_link_that_leads_nowhere_is_not_followed_either(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")

    with pytest.raises(ConfigurationError, match="is a symbolic link"):
        Pidfile().take(str(path))
    assert ["server.pid"] == names(path)


@pytest.mark.parametrize("content", ["root:x:0:0\n", "1" * 33, "12 13"])
def test_what_is_no_pidfile_is_not_replaced(path: Path, content: str) -> None:
    """A slip in the configuration must not cost a file."""
    path.write_text(content)

    with pytest.raises(ConfigurationError, match="holds something else than a pid"):
        Pidfile().take(str(path))
    assert content == path.read_text()
    assert ["server.pid"] == names(path)


def test_neither_is_a_fifo(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(ConfigurationError, match="holds something else than a pid"):
        Pidfile().take(str(path))


def test_nor_a_directory(path: Path) -> None:
    path.mkdir()

    with pytest.raises(ConfigurationError, match="Is a directory"):
        Pidfile().take(str(path))


def test_a_directory_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot write .*/nowhere/server.pid: No such file"):
        Pidfile().take(str(path.parent / "nowhere" / "server.pid"))


def test_another_ones_file_is_not_removed(path: Path) -> None:
    """Somebody has put his own there meanwhile."""
    pidfile = Pidfile()
    pidfile.take(str(path))
    path.unlink()
    path.write_text("4711\n")
    pidfile.release()

    assert "4711\n" == path.read_text()


def test_it_moves_only_to_where_it_can(path: Path) -> None:
    """A reload is a transaction."""
    pidfile = Pidfile()
    pidfile.take(str(path))
    with pytest.raises(ConfigurationError):
        pidfile.take(str(path.parent / "nowhere" / "server.pid"))
    assert ["server.pid"] == names(path)

    pidfile.take(str(path.parent / "other.pid"))
    assert ["other.pid"] == names(path)
    pidfile.take(str(path.parent / "other.pid"))
    assert ["other.pid"] == names(path)
    pidfile.take(None)
    assert [] == names(path)


def test_its_lock_is_that_of_the_file(path: Path) -> None:
    """So anybody may ask whether the server lives: flock -n FILE true."""
    pidfile = Pidfile()
    pidfile.take(str(path))
    with path.open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    pidfile.leave()
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_successor_puts_its_own_in_the_place_of_one_that_is_unlocked(path: Path) -> None:
    former, successor = Pidfile(), Pidfile()
    former.take(str(path))
    with pytest.raises(BusyError):
        successor.take(str(path))
    former.unlock()
    inode = path.stat().st_ino
    successor.take(str(path))
    former.release()

    assert (True, ["server.pid"]) == (path.stat().st_ino != inode, names(path))
