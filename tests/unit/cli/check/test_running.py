"""When two command lines are the same service, and which processes are ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wsgid.cli.check.running import Service, after_command, is_of, service

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["/usr/bin/python3", "-m", "wsgid", "-w", "2"], ["-w", "2"]),
        (["/usr/bin/python3", "/usr/bin/wsgid", "a:b"], ["a:b"]),
        (["/srv/venv/bin/wsgid"], []),
        (["python3.11", "-X", "dev", "-m", "wsgid", "a"], ["a"]),
        (
            ["/srv/venv/bin/python", "/srv/venv/bin/wsgid-paster", "a.ini"],
            ["--as-program=wsgid-paster", "a.ini"],
        ),
        (["python", "-m", "wsgid.cli.django", "-w", "2"], ["--as-program=wsgid-django", "-w", "2"]),
        (["/usr/bin/gunicorn", "wsgid"], None),
        (["vim", "/etc/wsgid"], None),
        ([], None),
    ],
)
def test_the_arguments_of_our_command_are_found(words: list[str], arguments: list[str] | None) -> None:
    assert arguments == after_command(words)


def test_an_instance_is_the_same_wherever_it_is_checked() -> None:
    serving = service(["--instance", "shop", "-w", "4"], "", "/")
    checking = service(["--check-config", "--instance", "shop"], "", "/root")

    assert serving == checking == Service(instance="shop")
    assert service(["--check-config"], "--instance shop", "/root") == serving
    assert service(["--instance", "other"], "", "/") != serving


def test_a_file_is_the_same_by_whatever_path(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    one = service(["-c", "wsgid.toml", "a"], "", str(tmp_path))

    assert one == service(["a", "-c", f"{tmp_path}/link/wsgid.toml"], "", "/")
    assert one == service(["a", "-c", "file:wsgid.toml"], "", str(tmp_path))
    assert one != service(["-c", "wsgid.toml", "b"], "", str(tmp_path))
    assert one != service(["-c", "wsgid.toml", "a"], "", "/")


def test_a_project_is_known_by_its_command() -> None:
    """Without an argument each of them serves what is in its directory, and not the same."""
    words = ["--as-program=wsgid-django"]
    one = service(words, "", "/srv")

    assert one == service([*words, "--check-config"], "", "/srv")
    assert one != service([], "", "/srv")
    assert service([*words, "a.settings"], "", "/srv") == service(["--django", "a.settings"], "", "/srv")


def test_without_either_directory_and_application_tell() -> None:
    one = service(["a"], "", "/srv")

    assert one == service(["--check-config", "a", "-b", ":80"], "", "/srv")
    assert one != service(["a"], "", "/tmp")
    assert one != service(["b"], "", "/srv")


def test_what_is_no_command_line_is_no_service() -> None:
    assert service(["--wokers"], "", "/") is None
    assert service([], "'", "/") is None


def test_this_process_serves_nothing() -> None:
    assert not is_of(os.getpid(), Service(directory=os.getcwd()))  # noqa: PTH109  the text is what is compared
    assert not is_of(2**22 + 1, Service())
