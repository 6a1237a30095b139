"""Which of the passed sockets `bind` asks for, and what is said of those that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.errors import ConfigurationError
from wsgid.net.activation import Mistake, Passed, PassedSockets, choose, unknown_names

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSED = (Passed(3, "http"), Passed(4, "http"), Passed(5, "admin"))


@pytest.mark.parametrize(
    ("bind", "chosen"),
    [
        (["systemd:http"], {3: 0, 4: 0}),
        (["127.0.0.1:9000", "systemd:admin"], {5: 1}),
        (["systemd:*"], {3: 0, 4: 0, 5: 0}),
        (["systemd:admin", "systemd:*"], {5: 0, 3: 1, 4: 1}),
        (["fd://4", "systemd:http"], {4: 0, 3: 1}),
        (["fd://9"], {9: 0}),
        (["127.0.0.1:9000"], {}),
        (["systemd:htp"], {}),
    ],
)
def test_each_socket_is_chosen_once_by_the_first_that_asks_for_it(
    bind: Sequence[str], chosen: dict[int, int]
) -> None:
    assert chosen == choose(bind, PASSED)


def test_a_name_that_no_socket_has_is_told_with_its_place() -> None:
    bind = ["systemd:*", "systemd:htp", "unix:x", "systemd:zzz"]

    assert [
        Mistake(1, "no socket with the name `htp` was passed", "did you mean `systemd:http`?"),
        Mistake(3, "no socket with the name `zzz` was passed", "passed: http, admin"),
    ] == list(unknown_names(bind, PASSED))


def test_variables_are_ours_and_go_no_further() -> None:
    """A program that the application starts would take our sockets for its own."""
    environ = {
        "LISTEN_FDS": "2",
        "LISTEN_PID": "7",
        "LISTEN_FDNAMES": "a:b",
        "LISTEN_PIDFDID": "9",
        "HOME": "/",
    }
    sockets = PassedSockets(environ, pid=7)

    assert (Passed(3, "a"), Passed(4, "b")) == sockets.passed
    assert {"HOME": "/"} == environ


def test_sockets_without_names_are_called_as_systemd_calls_them() -> None:
    sockets = PassedSockets({"LISTEN_FDS": "2", "LISTEN_PID": "7"}, pid=7)

    assert (Passed(3, "unknown"), Passed(4, "unknown")) == sockets.passed


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "no sockets were passed"),
        ({"LISTEN_FDS": "0", "LISTEN_PID": "7"}, "no sockets were passed"),
        ({"LISTEN_FDS": "1", "LISTEN_PID": "6"}, "passed to process 6, which is not this one"),
        ({"LISTEN_FDS": "1"}, "passed to process ?"),
    ],
)
def test_what_was_not_passed_to_us_is_not_ours(environ: dict[str, str], why: str) -> None:
    sockets = PassedSockets(environ, pid=7)

    assert () == sockets.passed
    assert why in sockets.why_none
    assert {} == environ


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"LISTEN_FDS": "some"}, "LISTEN_FDS=some"),
        ({"LISTEN_FDS": "-1"}, "LISTEN_FDS=-1"),
        ({"LISTEN_FDS": "1000000000"}, "LISTEN_FDS=1000000000"),
        ({"LISTEN_FDS": "2", "LISTEN_FDNAMES": "a"}, "1 names, and 2 passed sockets"),
    ],
)
def test_variables_that_nobody_can_have_meant_are_a_mistake(variables: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        PassedSockets({**variables, "LISTEN_PID": "7"}, pid=7)


def test_listeners_of_a_former_self_are_ours_and_nobody_elses() -> None:
    """`bind` need not name them, and what it means by `systemd:*` they are not."""
    names = "http:wsgid-1:wsgid-12:wsgid-fd:wsgid-0:wsgid"
    sockets = PassedSockets({"LISTEN_FDS": "6", "LISTEN_PID": "7", "LISTEN_FDNAMES": names}, pid=7)

    assert (Passed(4, "wsgid-1"), Passed(5, "wsgid-12")) == sockets.own
    assert ["http", "wsgid-0", "wsgid"] == [one.name for one in sockets.passed]
