"""The shipped units: each directive is one that systemd knows, explained, and the service is a closed one."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from wsgid.cli.units import unit_text

if TYPE_CHECKING:
    from pathlib import Path

UNITS = ROOT / "systemd"
SHIPPED = ("wsgid@.service", "wsgid@.socket", "wsgid.target")
EXAMPLES = sorted(path.name for path in (UNITS / "examples").iterdir())

# What our systemd must know for a drop-in to be one for it.
NEEDS = {"notify-reload.conf": 253, "descriptor-store.conf": 254}


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    return subprocess.run([tool, *words], capture_output=True, text=True, timeout=60, check=False)


def version() -> int:
    found = re.search(r"systemd (\d+)", analyze("--version").stdout)
    assert found is not None
    return int(found[1])


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Give a directory with the units as they are installed, but run by an interpreter that is there."""
    for kind, name in zip(("service", "socket", "target"), SHIPPED, strict=True):
        text = unit_text(kind, sys.executable)
        (tmp_path / name).write_text(text)
    return tmp_path


def verify(directory: Path) -> None:
    paths = [str(directory / name) for name in SHIPPED]
    # Without the option a directive that nobody knows is a warning. The manual is not installed here.
    done = analyze("verify", "--man=no", "--recursive-errors=yes", *paths)

    # Units of this machine are loaded on the way, and are not ours.
    ours = [line for line in done.stderr.splitlines() if str(directory) in line or "wsgid" in line]
    assert [] == ours
    assert 0 == done.returncode, done.stderr


def test_systemd_understands_every_line(units: Path) -> None:
    verify(units)


def test_the_verification_finds_a_directive_that_nobody_knows(units: Path) -> None:
    with (units / "wsgid@.service").open("a") as file:
        file.write("\n[Service]\nProtectEverything=yes\n")

    with pytest.raises(AssertionError, match="ProtectEverything"):
        verify(units)


@pytest.mark.parametrize("name", EXAMPLES)
def test_systemd_understands_every_drop_in(units: Path, name: str) -> None:
    if version() < NEEDS.get(name, 0):
        pytest.skip(f"for systemd {NEEDS[name]} and newer; test_drop_ins.py asks one, this is {version()}")
    text = (UNITS / "examples" / name).read_text()
    unit = "wsgid@.socket" if "[Socket]" in text else "wsgid@.service"
    directory = units / f"{unit}.d"
    directory.mkdir()
    # The interpreter of the example is nowhere but there.
    (directory / name).write_text(text.replace("/srv/%i/venv/bin/python", sys.executable))

    verify(units)


@pytest.mark.parametrize("name", ["", "user-per-instance.conf", "privileged-port.conf"])
def test_the_service_is_closed(units: Path, name: str) -> None:
    """Common services have an exposure of 9 and more; 20 means 2.0."""
    path = units / "wsgid@.service"
    if name:
        path.write_text(f"{path.read_text()}\n{(UNITS / 'examples' / name).read_text()}")
    done = analyze("security", "--offline=true", "--threshold=20", str(path))

    assert 0 == done.returncode, done.stdout[-2000:]


def test_every_directive_is_explained() -> None:
    """A comment stands above it, or above the paragraph that it is in."""
    unexplained = []
    for name in SHIPPED:
        for paragraph in (UNITS / name).read_text().split("\n\n"):
            lines = [line for line in paragraph.splitlines() if line and not line.startswith("[")]
            known = "ExecStart=", "Description=", "Documentation=", "WantedBy=", "ListenStream="
            first = next((line for line in lines if not line.startswith(known)), "#")
            if not first.startswith("#"):
                unexplained.append(first)

    assert [] == unexplained


def test_the_socket_has_the_name_that_the_messages_and_the_comments_use() -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(UNITS / "wsgid@.socket")

    assert "http" == parser["Socket"]["FileDescriptorName"]
    assert "/run/wsgid/%i.sock" == parser["Socket"]["ListenStream"]


def test_examples_say_where_they_belong() -> None:
    for name in EXAMPLES:
        first = (UNITS / "examples" / name).read_text().splitlines()[0]
        assert re.fullmatch(
            rf"# /etc/systemd/system/wsgid@(shop)?\.(service|socket)\.d/{re.escape(name)}", first
        )
