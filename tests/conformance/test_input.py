"""wsgi.input is a file that ends with the body: it does what Python's own files do (PEP 3333)."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.apps.probe.bodies import carry_out
from tests.conformance.case import chunked, get, post

if TYPE_CHECKING:
    from tests.conformance.stage import Stage

LINES = b"first\nsecond\r\n\nfourth, without an end"
# above what is kept in memory, with lines that lie across every boundary
LARGE = b"".join(b"%d,%d\n" % (n, n * n) for n in range(12_000))

BODIES = {"lines": LINES, "large": LARGE, "nothing": b"", "one newline": b"\n", "octets": bytes(range(256))}

PLANS: dict[str, list[list[Any]]] = {
    "read()": [["read"]],
    "read(), twice": [["read"], ["read"]],
    "read(-1)": [["read", -1], ["read", -1]],
    "read(None)": [["read", None], ["read", None]],
    "read(0)": [["read", 0], ["read"]],
    "read(n)": [["read", 3], ["read", 4], ["read", 1], ["read"]],
    "read(n), past the end": [["read", 10_000_000], ["read", 1], ["read"]],
    "read(n), to the end": [["read", 5]] * 12,
    "readline()": [["readline"]] * 6,
    "readline(n)": [["readline", 3]] * 8,
    "readline(-1)": [["readline", -1], ["readline", -1]],
    "readline(None)": [["readline", None], ["readline"]],
    "readline(0)": [["readline", 0], ["readline"]],
    "readline(n), longer than the line": [["readline", 100], ["readline", 100]],
    "readlines()": [["readlines"], ["readlines"]],
    "readlines(hint)": [["readlines", 3], ["readlines", 8], ["readlines"]],
    "readlines(0)": [["readlines", 0]],
    "readlines(-1)": [["readlines", -1]],
    "readlines(None)": [["readlines", None]],
    "iteration": [["iterate"], ["iterate"]],
    "mixed": [["readline"], ["read", 2], ["readline"], ["readlines", 1], ["iterate"], ["read"], ["readline"]],
    "iteration, then read()": [["__next__"], ["read"]],
}


def sent(way: str, body: bytes, *lines: str) -> bytes:
    """Give a request for the plan that carries the body in this way."""
    if way == "length":
        return post(body, *lines, target="/-/input")
    return chunked(*(body[n : n + 1000] for n in range(0, len(body), 1000)), target="/-/input", lines=lines)


@pytest.mark.parametrize("way", ["length", "chunks"])
@pytest.mark.parametrize("name", BODIES)
def test_input_is_a_file_of_the_body(buffered_stage: Stage, name: str, way: str) -> None:
    """Every plan on a body of its own, by the same connection."""
    body = BODIES[name]
    with buffered_stage.wire() as wire:
        for plan in PLANS.values():
            if plan[0] == ["__next__"] and not body:
                continue
            answer = wire.ask(sent(way, body, f"X-Plan: {json.dumps(plan)}"))

            # they differ in what readlines(hint) makes of a line that ends at the hint
            files = (io.BytesIO(body), io.BufferedReader(io.BytesIO(body)))
            assert json.loads(answer.body) in [carry_out(plan, file) for file in files], plan


def test_input_without_a_body_ends_at_once(stage: Stage) -> None:
    """A GET has no body, whatever is asked of it; the connection must not be read for one."""
    with stage.wire() as wire:
        for plan in PLANS.values():
            if plan[0] == ["__next__"]:
                continue
            answer = wire.ask(get("/-/input", f"X-Plan: {json.dumps(plan)}"))

            assert carry_out(plan, io.BytesIO()) == json.loads(answer.body), plan


@pytest.mark.parametrize("target", ["/-/ignore", "/-/peek"])
@pytest.mark.parametrize("size", [10, 60_000, 300_000])
def test_body_that_is_not_read_is_not_the_next_request(buffered_stage: Stage, target: str, size: int) -> None:
    """Whatever the application leaves unread, the next request is the next request."""
    body = (get("/smuggled") * (size // 10))[:size]
    following = get("/-/mark?next")
    with buffered_stage.wire() as wire:
        wire.send(post(body, target=target) + following + chunked(body, target=target) + following)
        statuses = [wire.read_answer().status for _ in range(4)]

    assert statuses == [200, 204, 200, 204]
