"""The command, as far as it goes without a server: where it was started, and how mistakes end it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import wsgid
from wsgid.cli.main import main, start_directory
from wsgid.errors import ExitCode, WsgidError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_start_directory_keeps_the_link_that_led_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment turns `current` to the next release, and a reload is to find that one."""
    (tmp_path / "release-1").mkdir()
    (tmp_path / "current").symlink_to("release-1")
    monkeypatch.chdir(tmp_path / "current")

    monkeypatch.setenv("PWD", str(tmp_path / "current"))
    assert str(tmp_path / "current") == start_directory()
    for wrong in (str(tmp_path), str(tmp_path / "nowhere"), ".", ""):
        monkeypatch.setenv("PWD", wrong)
        assert str(tmp_path / "release-1") == start_directory()


def test_a_start_directory_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with pytest.raises(WsgidError, match="the start directory is gone"):
        start_directory()


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["--wokers"], ExitCode.USAGE, "wsgid: there is no option --wokers, did you mean --workers?"),
        ([], ExitCode.USAGE, "wsgid: no application is named\nusage: wsgid [OPTIONS] APP_MODULE"),
        (["a:b", "-w", "0"], ExitCode.CONFIGURATION, "expected at least 1"),
        (["a b"], ExitCode.APPLICATION, "wsgid: application `a b`: `a b` cannot be the name of a module"),
    ],
)
def test_a_mistake_ends_the_command_with_its_status(
    argv: list[str],
    status: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert status == main(argv)
    assert message in capsys.readouterr().err


def test_a_server_is_not_started_in_a_thread(capsys: pytest.CaptureFixture[str]) -> None:
    """Signals reach the main thread only: the server could neither be stopped nor reloaded."""
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(wsgid.serve("a:b")))
    thread.start()
    thread.join()

    assert [ExitCode.USAGE] == statuses
    assert "call it in the main thread" in capsys.readouterr().err


def test_a_callable_is_not_loaded_before_the_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each generation is to load the application anew, and nobody knows where a callable came from."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wsgid.toml").write_text("preload_app = true\n")

    assert ExitCode.CONFIGURATION == wsgid.serve(lambda _environ, _start_response: [])
    error = capsys.readouterr().err
    assert "error[conflict]: `preload_app` with an application that is a callable" in error
    assert "--> wsgid.toml:1:15" in error
