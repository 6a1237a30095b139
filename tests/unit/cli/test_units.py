"""The units that are printed are those that are shipped, for the interpreter that prints them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wsgid.cli.units import unit_text, why_not_for_a_service

SHIPPED = Path(__file__).parents[3] / "systemd"


def test_commands_are_run_by_this_interpreter() -> None:
    """A server that lives in an application's environment has no /usr/bin/wsgid."""
    shipped = (SHIPPED / "wsgid@.service").read_text()
    printed = unit_text("service").splitlines()
    changed = [(a, b) for a, b in zip(shipped.splitlines(), printed, strict=True) if a != b]

    assert [
        ("ExecStart=/usr/bin/wsgid --instance %i", f"ExecStart={sys.executable} -m wsgid --instance %i"),
        (
            "ExecReload=/usr/bin/wsgidctl --instance %i reload",
            f"ExecReload={sys.executable} -m wsgid.cli.ctl --instance %i reload",
        ),
    ] == changed


@pytest.mark.parametrize(("kind", "file"), [("socket", "wsgid@.socket"), ("target", "wsgid.target")])
def test_what_runs_no_command_is_printed_as_it_is(kind: str, file: str) -> None:
    assert (SHIPPED / file).read_text() == unit_text(kind)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/srv/shop/venv/bin/python3", "/srv/shop/venv/bin/python3"),
        ("/srv/50%/bin/python", "/srv/50%%/bin/python"),
        ("/srv/$shop/bin/python", "/srv/$$shop/bin/python"),
        ("/srv/my shop/bin/python", '"/srv/my shop/bin/python"'),
        ('/srv/a "b" \\c/python', '"/srv/a \\"b\\" \\\\c/python"'),
    ],
)
def test_a_path_is_written_as_systemd_reads_it_back(path: str, word: str) -> None:
    assert f"ExecStart={word} -m wsgid --instance %i\n" in unit_text("service", path)


@pytest.mark.parametrize(
    ("path", "is_told"),
    [
        ("/srv/shop/venv/bin/python", False),
        ("/home/shop/venv/bin/python", False),
        ("/tmpfiles/python", False),
        ("/tmp/venv/bin/python", True),
        ("/var/tmp/venv/bin/python", True),
        ("/root/venv/bin/python", True),
    ],
)
def test_an_interpreter_that_a_service_cannot_see_is_told(path: str, is_told: bool) -> None:  # noqa: FBT001
    """All that systemd says of it is "203/EXEC"."""
    assert is_told == bool(why_not_for_a_service(path))
