"""A log file: appended to, opened anew, never in the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wsgid.log.file import LogFile

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_file_cannot_be_written_by_others(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        file = LogFile(str(tmp_path / "log"), 1)
    finally:
        os.umask(previous)
    file.close()

    assert 0o644 == (tmp_path / "log").stat().st_mode & 0o777


def test_descriptor_keeps_its_number(tmp_path: Path) -> None:
    """Whoever was given the number keeps writing to the right file."""
    file = LogFile(str(tmp_path / "log"), 1)
    fd = file.fileno()
    (tmp_path / "log").rename(tmp_path / "old")
    file.reopen()
    os.write(fd, b"new\n")

    assert fd == file.fileno()
    assert "new\n" == (tmp_path / "log").read_text()
    assert not os.get_inheritable(fd)
    file.close()


def test_a_directory_that_is_gone_keeps_the_old_file(tmp_path: Path) -> None:
    directory = tmp_path / "logs"
    directory.mkdir()
    file = LogFile(str(directory / "log"), 1)
    directory.rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        file.reopen()
    file.write(b"still here\n")
    file.close()

    assert "still here\n" == (tmp_path / "moved" / "log").read_text()


def test_a_full_disk_costs_the_line_and_nothing_else() -> None:
    file = LogFile("/dev/full", 1)
    file.write(b"lost\n")
    file.close()

    assert 1 == file.lost


def test_standard_stream_is_a_descriptor_of_our_own() -> None:
    """An application that closes 1 or 2 must not make the next socket our log."""
    file = LogFile("-", 1)
    file.reopen()

    assert file.fileno() > 2
    file.close()


def test_a_path_that_cannot_be_opened_is_the_callers_to_tell(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        LogFile(str(tmp_path), 1)
