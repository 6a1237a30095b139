"""A log file: appended to, opened anew, never in the way."""

from __future__ import annotations

import fcntl
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from wsgid.log.file import LogFile

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def test_a_relative_path_is_opened_anew_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has entered the application's directory since."""
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path)
    file = LogFile("log", 1)
    file.move("other")
    monkeypatch.chdir("app")
    file.reopen()
    file.write(b"here\n")
    file.close()

    assert "here\n" == (tmp_path / "other").read_text()
    assert [] == list((tmp_path / "app").iterdir())


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


class Losses(list[tuple[int, str]]):
    """What was said of lost lines."""

    def note(self, lost: int, reason: str) -> None:
        self.append((lost, reason))


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """Give a pipe of the least size with a reader that does not read, and its path."""
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    yield reader, path
    os.close(reader)


def test_a_pipe_that_nobody_reads_keeps_one_line_waiting_and_no_other(pipe: tuple[int, str]) -> None:
    reader, path = pipe
    losses = Losses()
    file = LogFile(path, 1, losses.note, patience_s=0.05)
    began = monotonic()
    for _ in range(100):
        file.write(b"x" * 999 + b"\n")
    took_s = monotonic() - began

    assert 96 == file.lost
    assert 0.05 <= took_s < 2.4  # one wait, and not 96 of them, which were 4.8 s
    assert 4000 == len(os.read(reader, 5000))
    assert [] == losses
    file.write(b"again\n")
    assert [(96, "nobody reads it")] == losses
    assert b"again\n" == os.read(reader, 5000)
    file.close()


def test_a_reader_that_is_only_late_loses_nothing(pipe: tuple[int, str]) -> None:
    reader, path = pipe
    file = LogFile(path, 1, patience_s=10)
    file.write(b"x" * 4095 + b"\n")
    late = threading.Timer(0.05, os.read, (reader, 4096))
    late.start()
    file.write(b"late\n")
    late.join()
    file.close()

    assert 0 == file.lost
    assert b"late\n" == os.read(reader, 5000)


def test_a_line_that_is_cut_does_not_run_into_the_next(pipe: tuple[int, str]) -> None:
    """One that is longer than the pipe has room for (PIPE_BUF, pipe(7)) is written in parts."""
    reader, path = pipe
    file = LogFile(path, 1, patience_s=0.01)
    file.write(b"long" * 2000 + b"\n")
    cut = os.read(reader, 10_000)
    file.write(b"next\n")

    assert b"long" * 1024 == cut
    assert b"\nnext\n" == os.read(reader, 100)
    file.close()


def test_losses_of_a_full_disk_are_told_with_the_reason(tmp_path: Path) -> None:
    losses = Losses()
    begun: list[str] = []
    file = LogFile("/dev/full", 1, losses.note, on_loss=begun.append)
    file.write(b"lost\n")
    file.write(b"lost\n")
    assert ["No space left on device"] == begun
    file.move(str(tmp_path / "log"))
    file.write(b"one\n")
    file.write(b"two\n")
    file.close()

    assert [(2, "No space left on device")] == losses
    assert "one\ntwo\n" == (tmp_path / "log").read_text()
