"""What an application may say, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from wsgid.protocol.refusal import Refusal
from wsgid.protocol.response import ResponseError, check_head, field_names, refusal_answer, without


def test_a_head_is_what_the_application_said() -> None:
    head = check_head(
        "200 OK", [("Content-Type", "text/plain"), ("content-length", "5"), ("X-\u00e4"[:2], "\u00e9")]
    )

    octets = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\nX-: \xe9\r\n"
    assert (octets, 200, 5, True, False) == head


def test_lines_of_a_head_can_be_left_out() -> None:
    lines = b"HTTP/1.1 200 OK\r\nDate: now: or never\r\nX: y\r\n"

    assert {b"http/1.1 200 ok", b"date", b"x"} == field_names(lines)
    assert without(lines, {b"date", b"server"}) == b"HTTP/1.1 200 OK\r\nX: y\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        [("X", "a\r\nSet-Cookie: b")],
        [("X", "a\nb")],
        [("X", "a\0b")],
        [("X", "a\x7fb")],
        [("X", "\u20ac")],
        [("X\r\nY", "a")],
        [("X Y", "a")],
        [("", "a")],
        [("X:", "a")],
        [("Content-Length", "1"), ("Content-Length", "1")],
        [("Content-Length", "-1")],
        [("Content-Length", "+1")],
        [("Content-Length", "")],
        [("Content-Length", "\u0661")],
        [("Transfer-Encoding", "chunked")],
        [("connection", "close")],
        [("Upgrade", "h2c")],
        [("X", 1)],
        [("X", b"a")],
        [(b"X", "a")],
        [("X",)],
        [1],
        None,
    ],
)
def test_headers_that_would_split_or_break_a_response_are_refused(headers: Any) -> None:
    with pytest.raises(ResponseError) as raised:
        check_head("200 OK", headers)

    # A log that begins with a KeyError of ours would send its reader the wrong way.
    assert not isinstance(raised.value.__context__, KeyError)


@pytest.mark.parametrize(
    "status", ["200", "OK", "2000 OK", "200 OK\r\nX: y", "200 \u20ac", "099 No", 200, b"200 OK", None]
)
def test_a_status_is_three_digits_and_text(status: Any) -> None:
    with pytest.raises(ResponseError) as raised:
        check_head(status, [])

    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("status", "has_body"), [("204 No Content", False), ("304 Not Modified", False), ("205 Reset", True)]
)
def test_which_statuses_have_a_body(status: str, *, has_body: bool) -> None:
    _, _, _, tells_body, _ = check_head(status, [])

    assert has_body == tells_body


def test_a_refusal_repeats_nothing_and_gives_a_head_no_body() -> None:
    refusal = Refusal(400, "Bad Request", "<script>")

    answer = refusal_answer(refusal, "Mon, 23 Nov 2026 11:00:00 GMT")

    assert b"script" not in answer
    assert answer.endswith(b"\r\n\r\n400 Bad Request\n")
    assert refusal_answer(refusal, "D", to_head=True).endswith(b"close\r\n\r\n")
