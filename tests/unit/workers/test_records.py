"""What a worker writes down of refusals: enough to see what is the matter, never more."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.http1 import Limits, Request, RequestParser
from wsgid.protocol.refusal import Refusal
from wsgid.workers.records import RefusalLog, compose

BAD = Refusal(400, "Bad Request", "no Host")


def test_a_refusal_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    RefusalLog(logging.getLogger()).write(BAD, {"REMOTE_ADDR": "192.0.2.1"}, 5.0)

    assert ["request refused status=400 peer=192.0.2.1 reason: no Host"] == caplog.messages


def test_what_was_refused_is_escaped_once(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the line finds the very octets that came."""
    parser = RequestParser(Limits(), FieldKeys("drop"), _no_body, {})
    with pytest.raises(Refusal) as refused:
        parser.feed(b"\x16\x03\\\xff\r\n")
    RefusalLog(logging.getLogger()).write(refused.value, {}, 5.0)

    assert r"reason: not a request line: \x16\x03\\\xff" in caplog.messages[0]


def _no_body(_: Request) -> Any:
    raise AssertionError


def test_a_flood_is_ten_lines_a_second_and_a_number(caplog: pytest.LogCaptureFixture) -> None:
    log = RefusalLog(logging.getLogger())
    for number in range(1000):
        log.write(BAD, {}, 5.0 + number / 1000)
    assert 10 == len(caplog.messages)
    log.tick(5.999)
    assert 10 == len(caplog.messages)
    log.tick(6.0)
    log.tick(7.0)

    assert ["990 more requests were refused within a second"] == caplog.messages[10:]


def test_at_level_debug_each_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever looks for one of them sees it."""
    caplog.set_level(logging.DEBUG)
    log = RefusalLog(logging.getLogger())
    for _ in range(30):
        log.write(BAD, {}, 5.0)

    assert 30 == len(caplog.messages)


def test_each_second_has_its_lines(caplog: pytest.LogCaptureFixture) -> None:
    log = RefusalLog(logging.getLogger())
    for number in range(30):
        log.write(BAD, {}, 5.0 + number / 10)

    assert 30 == len(caplog.messages)


def test_nothing_is_composed_of_nothing() -> None:
    """So that a request pays only for what is switched on."""
    taken: list[Any] = []
    one = taken.append

    assert compose([None, None]) is None
    assert one is compose([None, one])
