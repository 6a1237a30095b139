"""Each answered request is one line of the access log, whatever its client sent (gunicorn's format)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import chunked, get, ordered, ordered_file, post
from tests.conformance.conftest import KINDS
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

# host, user, time, request, status, octets of the body, referer, user agent; a quote in one is escaped
LINE = re.compile(
    r"127\.0\.0\.1 - (\S+) \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "
    r'"((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
)


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest, serve_for_module: Serve) -> ServerProcess:
    """Give a server of each kind that writes an access log to stdout."""
    return serve_for_module(
        *KINDS[request.param], "--access-logfile", "-", app="tests.apps.probe:application"
    )


def line_of(server: ServerProcess, octets: bytes, *, head: bool = False) -> tuple[str, ...]:
    """Send a request, end its connection, and give what the one new line says."""
    since = server.mark()
    with Wire(server.connect()) as wire:
        wire.send(octets)
        answer = wire.read_answer(head=head, may_be_cut=True)
    server.expect(r'^127\.0\.0\.1 - .*"$', since=since)
    # the line of this request is written after those before it, so that a second one would be seen
    with Wire(server.connect()) as wire:
        wire.ask(get("/-/mark?end"))
    server.expect('"GET /-/mark\\?end HTTP/1.1"', since=since)
    lines = [line for line in server.lines(since) if line.startswith("127.0.0.1")]
    assert len(lines) == 2, (lines, answer)
    match = LINE.fullmatch(lines[0])
    assert match, lines[0]
    return match.groups()


@pytest.mark.parametrize(
    ("octets", "request_line", "status", "size"),
    [
        (post(b"hello", target="/-/ignore?a=b"), "POST /-/ignore?a=b HTTP/1.1", "200", "7"),
        (chunked(b"hello", target="/-/ignore"), "POST /-/ignore HTTP/1.1", "200", "7"),
        (get("/-/ignore", version="1.0"), "GET /-/ignore HTTP/1.0", "200", "7"),
        (ordered(body=["he", "llo"]), "GET /-/respond HTTP/1.1", "200", "5"),
        (ordered(status="404 Not Found", kind="list", body=["no"]), "GET /-/respond HTTP/1.1", "404", "2"),
        (ordered(status="304 Not Modified", kind="list"), "GET /-/respond HTTP/1.1", "304", "0"),
        (ordered(body=["hello"], headers=[["Content-Length", "9"]]), "GET /-/respond HTTP/1.1", "200", "5"),
        (ordered(body=["hello"], headers=[["Content-Length", "2"]]), "GET /-/respond HTTP/1.1", "200", "2"),
        (ordered_file(size=300_000), "GET /-/file HTTP/1.1", "200", "300000"),
        (ordered_file(size=1000, kind="pipe"), "GET /-/file HTTP/1.1", "200", "1000"),
    ],
)
def test_line_says_what_was_asked_and_answered(
    server: ServerProcess, octets: bytes, request_line: str, status: str, size: str
) -> None:
    """The size is that of the body as it went out, however it was framed."""
    _, asked, answered, sent, referer, agent = line_of(server, octets)

    assert (asked, answered, sent or "-") == (request_line, status, size)
    assert (referer, agent) == ("-", "-")


def test_line_of_a_failure(server: ServerProcess) -> None:
    """A 500 that we answered for the application is a line like any other."""
    _, asked, answered, *_ = line_of(server, ordered(at="call"))

    assert (asked, answered) == ("GET /-/respond HTTP/1.1", "500")


def test_line_of_head(server: ServerProcess) -> None:
    """No octet of a body went out."""
    octets = ordered(method="HEAD", kind="list", body=["hello"], headers=[["Content-Length", "5"]])
    _, asked, answered, sent, *_ = line_of(server, octets, head=True)

    assert (asked, answered) == ("HEAD /-/respond HTTP/1.1", "200")
    assert sent in {"0", "-"}


@pytest.mark.parametrize(
    "value", ['a "quoted" word', "back\\slash", '\\"', "caf\xe9", "a\tb", "\x80\x9f\xff", "%h %(x)s"]
)
def test_line_stays_one_line(server: ServerProcess, value: str) -> None:
    """What a client says of itself is a value, not another line, nor the end of a quote."""
    # of these a target may hold the quote and the backslash
    target = f"/{value}" if value == '\\"' else "/"
    *_, referer, agent = line_of(server, get(target, f"User-Agent: {value}", f"Referer: {value}"))

    assert referer == agent
    assert agent.isprintable()
    assert agent.isascii()


def test_user_of_basic_authorization(server: ServerProcess) -> None:
    """Gunicorn's %(u)s."""
    user, *_ = line_of(server, get("/", "Authorization: Basic YWxpY2U6c2VjcmV0"))

    assert user == "alice"
    assert "secret" not in server.log
