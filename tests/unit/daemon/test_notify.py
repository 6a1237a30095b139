"""What systemd is told, word for word."""

from __future__ import annotations

import errno
import os
from math import inf

import pytest

from wsgid.daemon.notify import Notifier


class Systemd:
    """Takes datagrams, or refuses them."""

    def __init__(self, error: OSError | None = None) -> None:
        self.heard: list[str] = []
        self.error = error

    def notify(self, state: str) -> None:
        if self.error is not None:
            raise self.error
        self.heard.append(state)

    def pass_on(self, state: str, fd: int) -> None:
        self.notify(f"{state} with {fd}")


def fail(error: OSError) -> None:
    raise AssertionError(error)


def test_readiness_travels_alone() -> None:
    """A status that cannot be sent must not take READY=1 with it."""
    systemd = Systemd()
    Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd).ready("2 workers")

    assert ["READY=1", "STATUS=2 workers"] == systemd.heard


def test_stopping() -> None:
    systemd = Systemd()
    Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd).stopping("draining")

    assert ["STOPPING=1", "STATUS=draining"] == systemd.heard


def test_status_is_one_line_of_ascii_and_told_once() -> None:
    systemd = Systemd()
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd)
    notifier.status("a\nREADY=1 \u20ac")
    notifier.status("a\nREADY=1 \u20ac")

    assert ["STATUS=a READY=1 \\u20ac"] == systemd.heard


def test_workers_do_not_inherit_the_variables() -> None:
    environ = {"NOTIFY_SOCKET": "/run/x", "HOME": "/", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "2"}
    Notifier(environ, fail, Systemd)

    assert {"HOME": "/"} == environ


def test_without_the_variable_nobody_is_told() -> None:
    systemd = Systemd()
    Notifier({}, fail, lambda: systemd).ready("")

    assert [] == systemd.heard


def test_systemd_that_is_gone_is_told_of_once_and_stops_nothing() -> None:
    errors: list[OSError] = []
    systemd = Systemd(ConnectionRefusedError())
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x"}, errors.append, lambda: systemd)
    notifier.ready("")
    notifier.stopping("")

    assert [ConnectionRefusedError] == [type(error) for error in errors]


def test_a_socket_that_cannot_be_reached_stops_nothing() -> None:
    errors: list[OSError] = []

    def refuse() -> Systemd:
        raise FileNotFoundError

    Notifier({"NOTIFY_SOCKET": "/run/x"}, errors.append, refuse).ready("")

    assert [FileNotFoundError] == [type(error) for error in errors]


@pytest.mark.parametrize("times", [1, 3])
def test_systemd_that_is_slow_is_not_waited_for(times: int) -> None:
    systemd = Systemd(BlockingIOError())
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd)
    for number in range(times):
        notifier.status(str(number))
    systemd.error = None
    notifier.status("at last")

    assert ["STATUS=at last"] == systemd.heard


def test_what_has_to_be_heard_is_said_again_and_in_its_order() -> None:
    """A unit whose READY=1 is lost would start for ever; a status that is late is of no use."""
    systemd = Systemd(BlockingIOError())
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd)
    notifier.reloading("reloading", 1.5)
    notifier.ready("2 workers")
    notifier.alive()
    systemd.error = None
    notifier.flush()
    notifier.status("2 workers")

    assert ["RELOADING=1\nMONOTONIC_USEC=1500000", "READY=1", "STATUS=2 workers"] == systemd.heard


def test_a_status_is_cut_where_systemd_would_drop_the_datagram() -> None:
    systemd = Systemd()
    Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd).status("\u20ac" * 4096)

    assert len(systemd.heard[0]) < 4096
    assert systemd.heard[0].endswith("...")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, inf),
        ({"WATCHDOG_USEC": "0"}, inf),
        ({"WATCHDOG_USEC": "soon"}, inf),
        ({}, inf),
    ],
)
def test_the_watchdog_is_ours_or_nobodys(environ: dict[str, str], seconds: float) -> None:
    """sd_watchdog_enabled(3): another process may be the one that is watched."""
    assert seconds == Notifier({"NOTIFY_SOCKET": "/run/x", **environ}, fail, Systemd).watchdog_s


def test_a_successor_says_nothing_before_its_time_then_that_it_lives() -> None:
    """Until systemd knows it for the main process, what it says is refused, and logged."""
    systemd = Systemd()
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd)
    notifier.hold()
    notifier.ready("2 workers")
    notifier.alive()
    assert [] == systemd.heard

    notifier.release()
    notifier.status("2 workers")
    assert ["WATCHDOG=1", "STATUS=2 workers"] == systemd.heard


def test_a_successor_is_made_known_once_systemd_listens() -> None:
    systemd = Systemd(BlockingIOError())
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x"}, fail, lambda: systemd)
    notifier.hand_over(7)
    assert notifier.has_unsent

    systemd.error = None
    notifier.flush()
    assert (["MAINPID=7"], False) == (systemd.heard, notifier.has_unsent)


@pytest.mark.parametrize(
    ("environ", "keeps"),
    [
        ({"NOTIFY_SOCKET": "/run/x", "FDSTORE": "64"}, True),
        ({"NOTIFY_SOCKET": "/run/x", "FDSTORE": "0"}, False),
        ({"NOTIFY_SOCKET": "/run/x", "FDSTORE": "many"}, False),
        ({"NOTIFY_SOCKET": "/run/x"}, False),
        ({"FDSTORE": "64"}, False),
    ],
)
def test_whether_systemd_keeps_descriptors_it_says_itself(environ: dict[str, str], *, keeps: bool) -> None:
    """Asked in vain it writes a line of its log each time; nobody who is started by us is to ask."""
    notifier = Notifier(environ, fail, Systemd)

    assert (keeps, {}) == (notifier.keeps_descriptors, environ)


def test_a_listener_that_was_closed_before_systemd_listened_is_no_mistake() -> None:
    systemd = Systemd(BlockingIOError())
    notifier = Notifier({"NOTIFY_SOCKET": "/run/x", "FDSTORE": "1"}, fail, lambda: systemd)
    notifier.keep("wsgid-1", 7)
    systemd.error = OSError(errno.EBADF, "closed")
    notifier.flush()
    systemd.error = None
    notifier.keep("wsgid-2", 8)
    notifier.discard("wsgid-1")

    assert ["FDSTORE=1\nFDNAME=wsgid-2 with 8", "FDSTOREREMOVE=1\nFDNAME=wsgid-1"] == systemd.heard
