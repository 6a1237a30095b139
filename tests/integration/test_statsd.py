"""Metrics: what a receiver gets, and that one that is gone costs nothing."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

APP = """
def application(environ, start_response):
    if environ["PATH_INFO"] == "/bad":
        raise ValueError("no luck")
    start_response("201 Created", [("Content-Length", "0")])
    return []
"""


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


def ask(server: ServerProcess, target: str) -> int:
    with Wire(server.connect()) as wire:
        return wire.ask(get(target)).status


def until(receiver: socket.socket, last: str) -> list[str]:
    """Return the metrics up to one that matches."""
    lines: list[str] = []
    while not any(re.fullmatch(last, line) for line in lines):
        lines += receiver.recv(10_000).decode().split("\n")
    return lines


def test_requests_workers_and_errors_are_counted(serve: Serve, receiver: socket.socket) -> None:
    to = ("--statsd-host", f"127.0.0.1:{receiver.getsockname()[1]}")
    server = serve(*to, "-w", "2", app="app", files={"app.py": APP})

    assert ["gunicorn.workers:2|g"] == until(receiver, r"gunicorn\.workers.*")
    assert 201 == ask(server, "/")
    duration, count, status = until(receiver, r"gunicorn\.request\.status.*")
    assert re.fullmatch(r"gunicorn\.request\.duration:\d+\.\d{3}\|ms", duration)
    assert ("gunicorn.requests:1|c", "gunicorn.request.status.201:1|c") == (count, status)
    assert 500 == ask(server, "/bad")
    assert "gunicorn.request.status.500:1|c" in until(receiver, r"gunicorn\.request\.status.*")


def test_a_failure_counts_as_a_line_of_the_log(serve: Serve, receiver: socket.socket) -> None:
    to = ("--statsd-host", f"127.0.0.1:{receiver.getsockname()[1]}")
    server = serve(*to, app="app", files={"app.py": APP})
    assert 500 == ask(server, "/bad")

    assert "gunicorn.log.exception:1|c" in until(receiver, r"gunicorn\.log.*")


def test_names_have_the_prefix_and_lines_the_tags(serve: Serve, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "statsd"))
        receiver.settimeout(10)
        options = ("--statsd-prefix", "shop.", "--dogstatsd-tags", "env:test,team:web")
        server = serve(
            "--statsd-host", f"unix://{tmp_path}/statsd", *options, app="app", files={"app.py": APP}
        )
        assert 201 == ask(server, "/")
        lines = until(receiver, r"shop\.gunicorn\.request\.status.*")

    assert "shop.gunicorn.requests:1|c|#env:test,team:web" in lines
    assert all(line.endswith("|#env:test,team:web") for line in lines)


def test_a_receiver_that_is_gone_costs_no_request_a_millisecond(
    serve: Serve, receiver: socket.socket
) -> None:
    """A port that nobody reads answers with ICMP, which the next send would raise."""
    to = ("--statsd-host", f"127.0.0.1:{receiver.getsockname()[1]}")
    receiver.close()
    server = serve(*to, app="app", files={"app.py": APP})
    with Wire(server.connect()) as wire:
        assert {201} == {wire.ask(get("/")).status for _ in range(50)}

    assert "Traceback" not in server.log
