"""What systemd is told, word for word."""

from __future__ import annotations

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


def test_workers_do_not_inherit_the_variable() -> None:
    environ = {"NOTIFY_SOCKET": "/run/x", "HOME": "/"}
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
