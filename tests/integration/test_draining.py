"""A server that stops lets nobody down who has asked already (RFC 9112, 9.6)."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.conformance.conftest import GREEN, KINDS
from tests.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", [*KINDS, "gevent"])
def test_idle_connection_gets_one_more_answer(serve: Serve, kind: str) -> None:
    """A request that crosses the end of its connection is lost, so the end is said with an answer."""
    server = serve(*(KINDS | GREEN)[kind], app="tests.apps.probe:application")
    with Wire(server.connect()) as wire:
        assert wire.ask(get("/a")).is_last is False
        server.signal(signal.SIGTERM)
        server.expect("stopping gracefully")
        answers = [wire.ask(get("/b"))]
        while not answers[-1].is_last:
            # its worker has not heard of the end yet
            answers.append(wire.ask(get("/b")))

        assert {answer.status for answer in answers} == {200}
        assert wire.read_to_end() == b""
    assert server.wait() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_answer_in_flight_is_given_and_says_close(serve: Serve, kind: str, tmp_path: Path) -> None:
    """What was begun is finished, and the client knows that it must connect anew."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)
    server = serve(*KINDS[kind], app="tests.apps.probe:application")
    with Wire(server.connect()) as wire, Wire(server.connect()) as idle:
        idle.ask(get("/a"))
        wire.send(get("/-/hold", f"X-Fifo: {path}"))
        server.expect("^-- holding$")
        server.signal(signal.SIGTERM)
        # its end shows that the worker drains; with one thread, which is busy, only its time can end it
        while kind == "threads" and not idle.ask(get("/b")).is_last:
            pass
        assert idle.read_to_end() == b""
        os.write(descriptor, b"x")
        answer = wire.read_answer()

        assert answer.body == b"held"
        assert answer.is_last
        assert wire.read_to_end() == b""
    assert server.wait() == 0
    os.close(descriptor)


@pytest.mark.parametrize("kind", [*KINDS, "gevent"])
def test_request_half_sent_is_answered(serve: Serve, kind: str) -> None:
    """Who has begun to ask is heard to the end."""
    server = serve(*(KINDS | GREEN)[kind], app="tests.apps.probe:application")
    with Wire(server.connect()) as wire, Wire(server.connect()) as idle:
        idle.ask(get("/a"))
        wire.send(get("/b")[:-2])
        idle.ask(get("/a"))
        server.signal(signal.SIGTERM)
        server.expect("stopping gracefully")
        wire.send(b"\r\n")

        assert wire.read_answer().status == 200
    assert server.wait() == 0
