"""request_buffering off: the application is called after the head, and reads the body as it arrives."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.apps.probe.bodies import carry_out
from tests.conformance import connection, framing
from tests.conformance.case import ABSENT, Reply, case, chunked, get, post, served
from tests.conformance.stage import check_end
from tests.conformance.test_deadlines import worse_than_info
from tests.conformance.test_input import BODIES, PLANS, sent

if TYPE_CHECKING:
    from tests.conformance.case import Case
    from tests.conformance.stage import Stage

RULE = "PEP 3333, Input and Error Streams"
PEEKED = Reply(body=b"hel", closes=None)

CASES: tuple[Case, ...] = (
    *framing.SERVED,
    *connection.CONTINUES,
    *connection.UPGRADES,
    *connection.PIPELINING,
    case(
        "unbuffered: the application answers before the body is whole",
        RULE,
        post(b"hello, and more", target="/-/peek")[:-10],
        Reply(body=b"hel", closes=True),
    ),
    case(
        "unbuffered: the application answers before the chunks are whole",
        RULE,
        chunked(b"hello", target="/-/peek")[:-5],
        Reply(body=b"hel", closes=True),
    ),
    case(
        "unbuffered: no 100 for an application that does not read",
        "RFC 9110, 10.1.1",
        post(b"hello", "Expect: 100-continue", target="/-/ignore")[:-5],
        Reply(body=b"ignored", closes=True),
    ),
    case(
        "unbuffered: the 100 comes with the first read",
        "RFC 9110, 10.1.1",
        post(b"hello", "Expect: 100-continue", target="/-/peek")[:-5],
        connection.CONTINUE,
        b"hello",
        PEEKED,
    ),
    case(
        "unbuffered: nobody knows the length of chunks",
        RULE,
        chunked(b"hello"),
        served(b"hello", CONTENT_LENGTH=ABSENT),
    ),
    case(
        "unbuffered: two bodies on one connection",
        RULE,
        post(b"a") + chunked(b"b"),
        served(b"a"),
        served(b"b"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_request(case: Case, unbuffered_stage: Stage) -> None:
    """What holds for bodies that are read before holds for those that are not."""
    unbuffered_stage.play(case)


@pytest.mark.parametrize("way", ["length", "chunks"])
@pytest.mark.parametrize("name", BODIES)
def test_input_is_a_file_of_the_body(unbuffered_stage: Stage, name: str, way: str) -> None:
    """Every plan; what it leaves unread is not the next request."""
    body = BODIES[name]
    for plan in PLANS.values():
        if plan[0] == ["__next__"] and not body:
            continue
        with unbuffered_stage.wire() as wire:
            answer = wire.ask(sent(way, body, f"X-Plan: {json.dumps(plan)}"))

            files = (io.BytesIO(body), io.BufferedReader(io.BytesIO(body)))
            assert json.loads(answer.body) in [carry_out(plan, file) for file in files], plan
            check_end(wire, is_last=answer.is_last)


@pytest.mark.parametrize(
    "octets",
    [post(b"hello")[:-1], chunked(b"hello")[:-5], chunked(b"hello")[:-8]],
    ids=["in a body", "before the last chunk", "in a chunk"],
)
@pytest.mark.parametrize("half", [True, False], ids=["half-close", "close"])
def test_read_raises_where_the_client_left(unbuffered_stage: Stage, octets: bytes, half: bool) -> None:  # noqa: FBT001
    """A part of a body must not pass for the whole, and nobody need be woken for a client that left."""
    since = unbuffered_stage.mark()
    with unbuffered_stage.wire() as wire:
        wire.send(octets)
        unbuffered_stage.server.expect("^-- call", since=since)
        if half:
            wire.sock.shutdown(1)
            unbuffered_stage.server.expect("^-- read raised$", since=since)
            assert wire.read_to_end()[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 500"}
    unbuffered_stage.server.expect("^-- read raised$", since=since)
    unbuffered_stage.mark()

    assert worse_than_info(unbuffered_stage, since) == []


@pytest.mark.slow
def test_read_raises_where_the_body_stalls(unbuffered_stage: Stage) -> None:
    """body_timeout bounds a read too, or a client could hold a thread for ever."""
    since = unbuffered_stage.mark()
    with unbuffered_stage.wire() as wire:
        wire.send(get("/", "Content-Length: 5", method="POST") + b"hel")
        unbuffered_stage.server.expect("^-- read raised$", since=since)

        assert wire.read_to_end()[:12] in {b"", b"HTTP/1.1 408", b"HTTP/1.1 500"}


def test_chunks_above_the_limit_end_the_read(unbuffered_stage: Stage) -> None:
    """limit_request_body holds for a body whose size nobody knows before."""
    since = unbuffered_stage.mark()
    with unbuffered_stage.wire() as wire:
        wire.send(chunked(*[b"a" * 65536] * 130))
        unbuffered_stage.server.expect("^-- read raised$", since=since)

        assert wire.read_to_end()[:12] in {b"HTTP/1.1 413", b"HTTP/1.1 500"}
