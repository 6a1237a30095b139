"""What a successor is given: numbers for its listeners, variables, and the command line."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING, cast

import pytest

from wsgid.arbiter.upgrade import VARIABLE, Legacy, arrange, environment, program
from wsgid.net.activation import PLACEHOLDER
from wsgid.net.address import Address
from wsgid.net.listener import Listener

if TYPE_CHECKING:
    from pathlib import Path


def listener(name: str = "", inode: tuple[int, int] | None = None) -> Listener:
    address = Address(socket.AF_INET, "127.0.0.1", 1)
    # None of these is opened: they are told apart by their names.
    return Listener(cast("socket.socket", None), address, "", "", inode=inode, kept_as=name)


def test_passed_ones_keep_their_numbers_and_ours_fill_the_gaps() -> None:
    passed = {3: ("http", listener()), 5: (PLACEHOLDER, listener()), 9: (PLACEHOLDER, listener())}
    places = arrange(passed, [listener("wsgid-2"), listener("wsgid-4"), listener("wsgid-7")])

    assert {3: "http", 4: "wsgid-2", 5: PLACEHOLDER, 6: "wsgid-4", 7: "wsgid-7", 9: PLACEHOLDER} == {
        number: name for number, (name, _) in places.items()
    }


def legacy(*names: str) -> Legacy:
    return Legacy({3 + index: (name, listener(name)) for index, name in enumerate(names)}, None)


def test_passed_sockets_are_announced_as_sd_listen_fds_reads_them() -> None:
    environ = environment({"HOME": "/"}, pid=8, predecessor=7, fd=5, legacy=legacy("http", "wsgid-1"))

    assert ("8", "2", "http:wsgid-1", "/") == (
        environ["LISTEN_PID"],
        environ["LISTEN_FDS"],
        environ["LISTEN_FDNAMES"],
        environ["HOME"],
    )


def test_what_lies_apart_is_there_and_not_announced() -> None:
    sockets = {3: ("http", listener()), 9: (PLACEHOLDER, listener())}
    environ = environment({}, pid=8, predecessor=7, fd=10, legacy=Legacy(sockets, None))

    assert ("1", "http") == (environ["LISTEN_FDS"], environ["LISTEN_FDNAMES"])


@pytest.mark.parametrize(("numbers", "top"), [((), 3), ((0,), 3), ((3, 4), 5), ((3, 9), 10)])
def test_the_pair_is_behind_all_sockets_and_no_standard_stream(numbers: tuple[int, ...], top: int) -> None:
    assert top == Legacy({number: ("", listener()) for number in numbers}, None).top


def test_what_was_passed_to_us_is_not_what_we_pass() -> None:
    before = {
        "LISTEN_FDS": "9",
        "LISTEN_PID": "7",
        "LISTEN_FDNAMES": "a",
        "LISTEN_PIDFDID": "3",
        VARIABLE: "x",
    }
    environ = environment(before, pid=8, predecessor=7, fd=3, legacy=legacy())

    assert [VARIABLE] == list(environ)


def test_a_successor_is_told_for_whom_it_is_and_which_files_are_meant() -> None:
    sockets = {3: ("wsgid-1", listener("wsgid-1", inode=(5, 6))), 4: ("wsgid-2", listener("wsgid-2"))}
    environ = environment({}, pid=8, predecessor=7, fd=5, legacy=Legacy(sockets, control=(1, 2)))

    assert {"for": 8, "pid": 7, "fd": 5, "inodes": {"wsgid-1": [5, 6]}, "control": [1, 2]} == json.loads(
        environ[VARIABLE]
    )


@pytest.mark.parametrize(("before", "after"), [("7", "8"), ("1", "1"), ("", "")])
@pytest.mark.parametrize("name", ["WATCHDOG_PID", "SYSTEMD_EXEC_PID"])
def test_what_systemd_says_of_the_server_it_says_of_the_successor_and_not_what_it_says_of_a_wrapper(
    name: str, before: str, after: str
) -> None:
    """Else it would not ping, and be killed."""
    environ = environment({name: before}, pid=8, predecessor=7, fd=3, legacy=legacy())

    assert after == environ[name]


def test_a_command_without_a_path_is_the_interpreter_that_it_was() -> None:
    assert ["/usr/bin/python3", "-m", "wsgid"] == program(["python3", "-m", "wsgid"], "/usr/bin/python3", "/")


def test_a_relative_path_is_followed_anew(tmp_path: Path) -> None:
    """A deployment turns the link to another release, with an environment of its own."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "python").symlink_to(sys.executable)
    (tmp_path / "current").symlink_to("two")

    assert [f"{tmp_path}/current/python", "app"] == program(
        ["current/python", "app"], f"{tmp_path}/one/python", str(tmp_path)
    )
    assert ["/one/python"] == program(["gone/python"], "/one/python", str(tmp_path))
