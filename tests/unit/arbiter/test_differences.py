"""A reload says what it changes, and where that was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.arbiter.differences import differences, keep_what_must_wait, place, place_of_address
from wsgid.config.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.load import Loaded


class Disk:
    """Loads ./wsgid.toml from a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, text: str, *argv: str) -> Loaded:
        (self.directory / "wsgid.toml").write_text(text)
        return load([*argv, "shop:app"], {}, str(self.directory))

    def between(self, former: str, new: str) -> list[str]:
        return differences(self.load(former), self.load(new))


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.mark.parametrize(
    ("former", "new", "line"),
    [
        ("workers = 4", "workers = 8", "workers 4 -> 8 (wsgid.toml:1:11)"),
        ("workers = 4", "", "workers 4 -> 1 (default)"),
        ("timeout = 1", 'timeout = "90s"', "timeout 1 -> 90 (wsgid.toml:1:11)"),
        ("", "sendfile = false", "sendfile true -> false (wsgid.toml:1:12)"),
        ("", 'accesslog = "-"', "accesslog (none) -> - (wsgid.toml:1:13)"),
        ("", 'server_header = "a b"', "server_header wsgid -> 'a b' (wsgid.toml:1:17)"),
        (
            'bind = ["unix:a"]',
            'bind = ["unix:a", "127.0.0.1:9000"]',
            "bind + 127.0.0.1:9000 (wsgid.toml:1:19)",
        ),
        ('bind = ["unix:a"]', 'bind = ["unix:b"]', "bind + unix:b, - unix:a (wsgid.toml:1:9)"),
        (
            'bind = ["unix:a", "unix:b"]',
            'bind = ["unix:b", "unix:a"]',
            "bind unix:a, unix:b -> unix:b, unix:a (wsgid.toml:1:8)",
        ),
        (
            'secure_scheme_headers = { X-A = "on", X-B = "1" }',
            'secure_scheme_headers = { X-A = "yes", X-C = "1" }',
            "secure_scheme_headers + X-C=1, - X-B, X-A on -> yes (wsgid.toml:1:33)",
        ),
    ],
)
def test_a_change_is_one_line_with_its_place(disk: Disk, former: str, new: str, line: str) -> None:
    assert [line] == disk.between(former, new)


def test_values_of_env_are_never_shown(disk: Disk) -> None:
    """They are passwords of databases, and keys that sign sessions."""
    former = 'env = { OLD = "one", KEY = "two", SAME = "same" }'
    new = 'env = { KEY = "three", NEW = "four", SAME = "same" }'
    shown = "env + NEW=<redacted>, - OLD, KEY <redacted> -> <redacted> (wsgid.toml:1:15)"

    assert [shown] == disk.between(former, new)


def test_no_change_is_said_too(disk: Disk) -> None:
    """Whoever edited the wrong file learns of it."""
    assert ["no setting has changed"] == disk.between("workers = 4", "\n\nworkers = 4  # four")


def test_lines_are_in_the_order_of_the_settings(disk: Disk) -> None:
    lines = disk.between("", 'timeout = 5\nworkers = 2\nbind = ["unix:a"]')

    assert ["bind", "workers", "timeout"] == [line.split()[0] for line in lines]


def test_a_long_value_is_cut(disk: Disk) -> None:
    (line,) = disk.between("", f'access_log_format = "{"x" * 500}"')

    assert len(line) < 200
    assert line.endswith("x... (wsgid.toml:1:21)")


def test_what_needs_a_restart_waits_and_is_told_until_then(disk: Disk) -> None:
    former = disk.load('proc_name = "shop"\nworkers = 1')
    new = disk.load('workers = 2\nproc_name = "store"')
    kept = keep_what_must_wait(former, new)
    line = "proc_name shop -> store waits for a restart (wsgid.toml:2:13)"

    assert ["workers 1 -> 2 (wsgid.toml:1:11)", line] == differences(former, new)
    assert ("shop", 2) == (kept.settings.proc_name, kept.settings.workers)
    assert "wsgid.toml:1:13" == place(kept, "proc_name")
    # At the next reload, as long as the file says so; and no more once it does not.
    assert [line] == differences(kept, new)
    assert ["workers 2 -> 1 (wsgid.toml:2:11)"] == differences(
        kept, disk.load('proc_name = "shop"\nworkers = 1')
    )


def test_what_waits_and_was_a_default_stays_one(disk: Disk) -> None:
    kept = keep_what_must_wait(disk.load(""), disk.load('proc_name = "store"'))

    assert ("", "default") == (kept.settings.proc_name, place(kept, "proc_name"))


def test_nothing_that_waits_leaves_the_new_one_as_it_is(disk: Disk) -> None:
    new = disk.load("workers = 2")

    assert new is keep_what_must_wait(disk.load(""), new)


def test_reuse_port_waits_at_the_addresses_that_are_kept(disk: Disk) -> None:
    """The kernel takes it before bind(2) only; a new address has it at once."""
    kept = 'bind = ["127.0.0.1:80", "unix:a"]\n'
    (line,) = disk.between(kept, f"{kept}reuse_port = true")
    assert line == "reuse_port false -> true waits for a restart at 127.0.0.1:80 (wsgid.toml:2:14)"

    lines = disk.between('bind = ["127.0.0.1:80"]', 'bind = ["127.0.0.1:81"]\nreuse_port = true')
    assert lines[1] == "reuse_port false -> true (wsgid.toml:2:14)"


def test_each_address_has_its_own_place(disk: Disk) -> None:
    text = 'bind = ["unix:a",\n  "unix:b"]'

    assert "wsgid.toml:2:3" == place_of_address(disk.load(text), "unix:b")
    assert "command line" == place_of_address(disk.load(text, "-b", "unix:c"), "unix:c")
    assert "default" == place_of_address(disk.load(""), "127.0.0.1:8000")


def test_octal_settings_are_shown_as_they_are_written(disk: Disk) -> None:
    lines = disk.between("", "socket_mode = 0o600")

    assert ["socket_mode 0o660 -> 0o600 (wsgid.toml:1:15)"] == lines
