"""How a log is opened: as root, no link that somebody else could have laid."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING

import pytest

from wsgid.log.opening import open_log

if TYPE_CHECKING:
    from pathlib import Path

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be tricked so")

NOBODY = 65534


def opened(path: Path) -> bytes:
    """Open a log, append to it, and return what is in it."""
    descriptor = open_log(str(path), 1)
    try:
        os.write(descriptor, b"line\n")
    finally:
        os.close(descriptor)
    return path.read_bytes()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a directory that belongs to an application's user."""
    tmp_path.chmod(0o755)
    directory = tmp_path / "shop"
    directory.mkdir()
    os.chown(directory, NOBODY, NOBODY)
    return directory


@as_root
def test_a_plain_path_is_appended_to(shop: Path) -> None:
    (shop / "log").write_bytes(b"before\n")

    assert b"before\nline\n" == opened(shop / "log")


@as_root
@pytest.mark.parametrize("target", ["/etc/passwd", "passwd", "../secret", "nothing"])
def test_a_link_laid_by_an_application_is_not_followed(shop: Path, target: str) -> None:
    (shop / "log").symlink_to(target)

    with pytest.raises(OSError, match="others than root may write") as caught:
        open_log(str(shop / "log"), 1)
    assert errno.ELOOP == caught.value.errno
    assert not (shop.parent / "secret").exists()


@as_root
def test_a_directory_that_is_such_a_link_is_not_entered(shop: Path) -> None:
    (shop / "logs").symlink_to(shop.parent)

    with pytest.raises(OSError, match="others than root may write"):
        open_log(str(shop / "logs" / "log"), 1)
    assert not (shop.parent / "log").exists()


@as_root
def test_a_hard_link_laid_by_an_application_is_refused(shop: Path) -> None:
    secret = shop.parent / "secret"
    secret.write_bytes(b"kept\n")
    os.link(secret, shop / "log")

    with pytest.raises(OSError, match="others than root may write"):
        open_log(str(shop / "log"), 1)
    assert b"kept\n" == secret.read_bytes()


@as_root
@pytest.mark.parametrize("link", ["real/log", "{}/real/log", "./real/../real/log"])
def test_a_link_in_roots_own_directory_is_followed(tmp_path: Path, link: str) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "real").mkdir()
    (tmp_path / "log").symlink_to(link.format(tmp_path))

    assert b"line\n" == opened(tmp_path / "log")
    assert stat.S_ISREG((tmp_path / "real" / "log").stat().st_mode)


@as_root
def test_links_in_a_circle_are_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    with pytest.raises(OSError, match=re.escape(str(tmp_path / "a"))) as caught:
        open_log(str(tmp_path / "a"), 1)
    assert errno.ELOOP == caught.value.errno


def test_a_relative_path_begins_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    monkeypatch.chdir(tmp_path / "logs")
    os.close(open_log("../log", 1))

    assert (tmp_path / "log").exists()


def test_a_pipe_without_a_reader_is_an_error_and_no_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")

    with pytest.raises(OSError, match="No such device") as caught:
        open_log(str(tmp_path / "log"), 1)
    assert errno.ENXIO == caught.value.errno


def test_o_nonblock_is_not_set_for_those_who_share_a_pipe_with_us() -> None:
    reader, writer = os.pipe()
    kept = os.dup(1)
    os.dup2(writer, 1)
    try:
        descriptor = open_log("-", 1)
        shared = os.get_blocking(1)
    finally:
        os.dup2(kept, 1)
        os.close(kept)

    assert shared
    assert not os.get_blocking(descriptor)
    for one in (reader, writer, descriptor):
        os.close(one)
