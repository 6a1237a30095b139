"""Which environment is asked for, as far as that can be seen at a glance."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wsgid.config.early import virtualenv
from wsgid.config.options import parse_command

if TYPE_CHECKING:
    from pathlib import Path


def asked(path: Path, *argv: str, **variables: str) -> str | None:
    """Ask in a start directory; below it is the answer, as it is told from there."""
    found = virtualenv(parse_command(argv), variables, str(path), directory=str(path / "etc"))
    return None if found is None else os.path.relpath(found, path)


def test_the_higher_layer_says_it(tmp_path: Path) -> None:
    (tmp_path / "wsgid.toml").write_text('virtualenv = "file"\n')

    assert "file" == asked(tmp_path)
    assert "variable" == asked(tmp_path, WSGID_VIRTUALENV="variable")
    assert "more" == asked(tmp_path, WSGID_VIRTUALENV="variable", WSGID_CMD_ARGS="--virtualenv more")
    assert "typed" == asked(tmp_path, "--virtualenv=typed", WSGID_CMD_ARGS="--virtualenv more")
    assert asked(tmp_path, WSGID_VIRTUALENV="") is None


def test_an_instances_files_are_asked_from_the_last_to_the_first(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    (etc / "shop.d").mkdir(parents=True)
    (etc / "wsgid.toml").write_text('virtualenv = "host"\n')
    (etc / "shop.toml").write_text('app = "shop"\n')
    assert "host" == asked(tmp_path, "--instance", "shop")

    (etc / "shop.d" / "10.yaml").write_text("virtualenv: drop-in\n")
    assert "drop-in" == asked(tmp_path, WSGID_CMD_ARGS="--instance shop")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.toml", 'virtualenv = "/srv/venv"', "/srv/venv"),
        ("a.toml", '[env]\nvirtualenv = "/srv/venv"', None),
        ("a.toml", "virtualenv = 3", None),
        ("a.toml", 'virtualenv = "unfinished', None),
        ("a.yaml", "virtualenv: /srv/venv", "/srv/venv"),
        ("a.yaml", "- virtualenv", None),
        ("a.py", 'virtualenv = "/srv/venv"', "/srv/venv"),
        ("a.py", 'import os\nvirtualenv = os.environ["VENV"]', None),
        ("a.py", 'if 1:\n    virtualenv = "/srv/venv"', None),
        ("a.py", 'virtualenv = "/a"\nvirtualenv = "/b"', None),
        ("a.py", "virtualenv =", None),
        # There it is a variable like any other.
        ("gunicorn.conf.py", 'virtualenv = "/srv/venv"', None),
        ("missing.toml", None, None),
    ],
)
def test_a_file_says_it_plainly_or_is_left_to_the_load(
    tmp_path: Path, name: str, text: str | None, expected: str | None
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    found = virtualenv(parse_command(["-c", name]), {}, str(tmp_path))

    assert expected == found


def test_who_cannot_be_understood_hides_what_is_below(tmp_path: Path) -> None:
    """A Python file that computes it comes above a host-wide file that names another."""
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "wsgid.toml").write_text('virtualenv = "host"\n')
    (etc / "shop.py").write_text('virtualenv = "/srv/" + "venv"\n')

    assert asked(tmp_path, "--instance", "shop") is None


def test_a_mistake_is_not_told_here(tmp_path: Path) -> None:
    assert asked(tmp_path, "--instance", "wsgid") is None
    assert asked(tmp_path, WSGID_CMD_ARGS="'unfinished") is None
    assert asked(tmp_path, WSGID_CMD_ARGS="--no-such-flag") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "wsgid.toml")

    assert asked(tmp_path) is None
