"""What systemd is asked to keep, and to let go."""

from __future__ import annotations

import socket
from typing import cast

import pytest

from wsgid.arbiter.store import Store
from wsgid.daemon.notify import Notifier
from wsgid.net.address import Address
from wsgid.net.listener import Listener


class Systemd:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def notify(self, state: str) -> None:
        self.heard.append(state.replace("\n", " "))

    def pass_on(self, state: str, fd: int) -> None:
        self.notify(f"{state} {fd}")


class Numbered:
    """A socket of which only the number matters."""

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        return self._number


def listener(number: int) -> Listener:
    sock = cast("socket.socket", Numbered(number))
    return Listener(sock, Address(socket.AF_INET, "127.0.0.1", 1), "", "", kept_as=f"wsgid-{number}")


def fail(error: OSError) -> None:
    raise AssertionError(error)


@pytest.fixture
def systemd() -> Systemd:
    return Systemd()


def notifier_to(systemd: Systemd, room: str = "64") -> Notifier:
    return Notifier({"NOTIFY_SOCKET": "x", "FDSTORE": room}, fail, lambda: systemd)


def test_what_is_new_is_kept_and_what_is_gone_is_let_go(systemd: Systemd) -> None:
    store = Store(notifier_to(systemd), ["wsgid-1", "wsgid-2"])
    store.settle([listener(2), listener(3)])
    assert ["FDSTOREREMOVE=1 FDNAME=wsgid-1", "FDSTORE=1 FDNAME=wsgid-3 3"] == systemd.heard

    store.settle([listener(2), listener(3)])
    assert 2 == len(systemd.heard)


def test_a_successor_leaves_it_to_its_predecessor_until_it_speaks(systemd: Systemd) -> None:
    notifier = notifier_to(systemd)
    notifier.hold()
    store = Store(notifier, ["wsgid-1"])
    store.settle([listener(2)])
    assert [] == systemd.heard
    assert not store.has(listener(2))

    notifier.release()
    store.settle([listener(2)])
    assert ["WATCHDOG=1", "FDSTOREREMOVE=1 FDNAME=wsgid-1", "FDSTORE=1 FDNAME=wsgid-2 2"] == systemd.heard


def test_what_outlives_us_is_what_is_kept(systemd: Systemd) -> None:
    store = Store(notifier_to(systemd), [])
    store.settle([listener(1)])

    assert (True, False) == (store.has(listener(1)), store.has(listener(2)))


def test_without_a_store_nothing_is_asked_for(systemd: Systemd) -> None:
    store = Store(notifier_to(systemd, room=""), ["wsgid-1"])
    store.settle([listener(1)])

    assert ([], False) == (systemd.heard, store.has(listener(1)))
