"""syslog: what goes out by each way, and that nobody ever waits for it."""

from __future__ import annotations

import logging
import os
import socket
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from wsgid.log import syslog as module
from wsgid.log.syslog import Syslog, SyslogHandler, parse_peer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def datagrams(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Give a collector such as /dev/log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as collector:
        collector.settimeout(5)
        collector.bind(str(tmp_path / "log"))
        yield collector, f"unix://{tmp_path}/log"


@pytest.mark.parametrize(
    ("number", "facility", "level"),
    [
        (8 * 1 + 6, "user", logging.INFO),
        (8 * 1 + 3, "user", logging.ERROR),
        (8 * 3 + 7, "daemon", logging.DEBUG),
        (8 * 16 + 4, "local0", logging.WARNING),
        (8 * 23 + 2, "local7", logging.CRITICAL),
    ],
)
def test_a_line_has_priority_and_tag(
    number: int, facility: str, level: int, datagrams: tuple[socket.socket, str]
) -> None:
    collector, address = datagrams
    log = Syslog(parse_peer(address), facility, "wsgid.shop.error")
    log.write(level, "worker ready")
    log.close()

    assert f"<{number}>wsgid.shop.error[{os.getpid()}]: worker ready".encode() == collector.recv(1000)


def test_each_line_of_a_traceback_is_an_entry(datagrams: tuple[socket.socket, str]) -> None:
    collector, address = datagrams
    log = Syslog(parse_peer(address), "user", "wsgid.error")
    logger = logging.getLogger("apart")
    handler = SyslogHandler(log)
    logger.addHandler(handler)
    try:
        int("news")
    except ValueError:
        logger.exception("it %s", "failed")
    logger.removeHandler(handler)
    log.close()

    entries: list[bytes] = []
    while not entries or b"ValueError" not in entries[-1]:
        entries.append(collector.recv(1000))
    assert all(entry.startswith(b"<11>wsgid.error[") for entry in entries)
    assert entries[0].endswith(b"]: it failed")
    assert entries[1].endswith(b"]: Traceback (most recent call last):")


def test_a_stream_has_lines_and_each_process_its_own(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "log"))
        listener.listen()
        listener.settimeout(5)
        log = Syslog(parse_peer(f"unix://{tmp_path}/log"), "user", "wsgid.error")
        log.write(logging.INFO, "one")
        log.write(logging.INFO, "two")
        ours, _ = listener.accept()
        pid = os.fork()
        if pid == 0:
            log.write(logging.INFO, "three")
            os._exit(0)
        os.waitpid(pid, 0)
        theirs, _ = listener.accept()
        log.close()

        received = ours.makefile("rb").read()
        assert (
            f"<14>wsgid.error[{os.getpid()}]: one\n<14>wsgid.error[{os.getpid()}]: two\n".encode() == received
        )
        assert f"<14>wsgid.error[{pid}]: three\n".encode() == theirs.makefile("rb").read()
        ours.close()
        theirs.close()


def test_a_collector_that_is_gone_costs_no_time_and_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    log = Syslog(parse_peer(f"unix://{tmp_path}/log"), "user", "wsgid.error")
    for _ in range(10):
        log.write(logging.INFO, "lost")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as collector:
        collector.bind(str(tmp_path / "log"))
        log.write(logging.INFO, "still within the second")
        now += 1
        log.write(logging.INFO, "found")
        found = collector.recv(1000)
    log.close()

    assert 11 == log.lost
    assert found.endswith(b"]: found")


@pytest.mark.parametrize("kind", ["dgram", "stream"])
def test_a_collector_that_does_not_read_keeps_nobody_waiting(kind: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "dgram" else socket.SOCK_STREAM) as idle:
        idle.bind(str(tmp_path / "log"))
        if kind == "stream":
            idle.listen()
        log = Syslog(parse_peer(f"unix://{tmp_path}/log#{kind}"), "user", "wsgid.error")
        began = monotonic()
        for _ in range(1000):
            log.write(logging.INFO, "x" * 7000)
        took_s = monotonic() - began
        log.close()

    assert log.lost > 0
    assert took_s < 5


def test_a_very_long_line_is_cut(datagrams: tuple[socket.socket, str]) -> None:
    collector, address = datagrams
    log = Syslog(parse_peer(address), "user", "wsgid.error")
    log.write(logging.INFO, "x" * 100_000)
    log.close()

    assert 8000 == collector.recv(200_000).count(b"x")
