"""wsgiref.validate finds nothing to object to, in the environ nor in what becomes of a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import chunked, get, post
from tests.conformance.conftest import KINDS
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve
    from tests.support import ServerProcess

BODY = b"first\nsecond\nthird"


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest, serve_for_module: Serve) -> Iterator[ServerProcess]:
    """Give a server of each kind; at the end nothing may have been said of a breach."""
    server = serve_for_module(*KINDS[request.param], app="tests.apps.validated:application")
    yield server
    for word in ("Traceback", "AssertionError", "WSGIWarning", "garbage collected"):
        assert word not in server.log


@pytest.mark.parametrize(
    ("octets", "status", "body"),
    [
        (get("/one_block"), 200, b"hello"),
        (get("/one_block?a=b", "Cookie: a=b", "Authorization: x"), 200, b"hello"),
        (get("/one_block", version="1.0"), 200, b"hello"),
        (get("/generator"), 200, b"hello"),
        (get("/generator", version="1.0"), 200, b"hello"),
        (get("/write"), 200, b"hello"),
        (get("/late_error"), 503, b"sorry"),
        (get("/nothing"), 204, b""),
        (get("/errors"), 200, b"hello"),
        (get("/read"), 200, b""),
        (post(BODY, "Content-Type: text/plain", target="/read"), 200, BODY),
        (post(BODY * 10_000, target="/read"), 200, BODY * 10_000),
        (chunked(BODY, BODY, target="/read"), 200, BODY * 2),
        (post(BODY, target="/one_block"), 200, b"hello"),
    ],
)
def test_validator_has_no_objection(server: ServerProcess, octets: bytes, status: int, body: bytes) -> None:
    """What it objects to is an AssertionError in the application, so a 500."""
    with Wire(server.connect()) as wire:
        answer = wire.ask(octets)

    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("path", ["/one_block", "/generator", "/write", "/nothing"])
def test_validator_has_no_objection_to_head(server: ServerProcess, path: str) -> None:
    """The iterable is closed, and nothing of it is sent."""
    with Wire(server.connect()) as wire:
        assert wire.ask(get(path, method="HEAD"), head=True).status in {200, 204}
        assert wire.ask(get("/one_block")).body == b"hello"
