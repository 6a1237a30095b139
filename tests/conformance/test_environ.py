"""What an application finds in its environ (PEP 3333, RFC 3875)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.conformance.case import ABSENT, get, post

if TYPE_CHECKING:
    from tests.conformance.stage import Stage


def ask(stage: Stage, request: bytes, address: str | None = None) -> dict[str, Any]:
    """Send a request, give the report of the application."""
    with stage.wire(address) as wire:
        answer = wire.ask(request)
        assert answer.status == 200
        report: dict[str, Any] = json.loads(answer.body)
        return report


def test_every_value_has_its_type(stage: Stage) -> None:
    """Native strings, a plain dict, and the two streams: what every framework relies on."""
    report = ask(stage, post(b"a", "Content-Type: text/x", "Authorization: x", "X-A: \xe9"))

    assert report["environ_is_dict"] is True
    types = {name: kind for name, kind in report["types"].items() if "." not in name}
    assert set(types.values()) == {"str"}
    assert report["types"]["wsgi.version"] == "tuple"
    for name in ("wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once", "wsgi.input_terminated"):
        assert report["types"][name] == "bool"
    for name in ("wsgi.input", "wsgi.errors", "wsgi.file_wrapper", "wsgi.early_hints"):
        assert name in report["types"]


def test_what_pep_3333_asks_for_is_there(stage: Stage) -> None:
    """None of these may be missing, and these may not be empty."""
    environ = ask(stage, get("/a?b"))["environ"]

    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["SCRIPT_NAME"] == ""
    assert environ["PATH_INFO"] == "/a"
    assert environ["QUERY_STRING"] == "b"
    assert environ["SERVER_NAME"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(stage.server.port)
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["wsgi.version"] == [1, 0]
    assert environ["wsgi.url_scheme"] == "http"


def test_flags_say_what_the_worker_is(stage: Stage) -> None:
    """An application chooses locks and connection pools by them."""
    environ = ask(stage, get())["environ"]

    assert environ["wsgi.multithread"] is (stage.kind != "sync")
    assert environ["wsgi.run_once"] is False
    assert environ["wsgi.input_terminated"] is True


def test_peer_is_who_asked(stage: Stage) -> None:
    """The address of the very connection."""
    with stage.wire() as wire:
        host, port = wire.sock.getsockname()
        environ = json.loads(wire.ask(get()).body)["environ"]

    assert environ["REMOTE_ADDR"] == host
    assert environ["REMOTE_PORT"] == str(port)


def test_peer_of_a_unix_socket_has_no_address(stage: Stage) -> None:
    """But the server has a name and a port: URLs are made of them."""
    environ = ask(stage, get("/", "Host:"), "unix:wsgid.sock")["environ"]

    assert environ["REMOTE_ADDR"] == ""
    assert environ.get("REMOTE_PORT", "") == ""
    assert environ["SERVER_NAME"]
    assert environ["SERVER_PORT"]


def test_nothing_is_left_of_the_request_before(stage: Stage) -> None:
    """Not what the client sent, nor what the application put there: behind a proxy another user is next."""
    with stage.wire() as wire:
        first = json.loads(wire.ask(post(b"abc", "Cookie: a=1", "Content-Type: text/x", target="/a?q")).body)
        second = json.loads(wire.ask(get("/b")).body)

    added = set(first["environ"]) - set(second["environ"])
    assert added == {"HTTP_COOKIE", "CONTENT_TYPE", "CONTENT_LENGTH"}
    assert "HTTP_X_LEFT_BEHIND" not in second["environ"]
    assert second["environ"]["QUERY_STRING"] == ""
    assert second["body"] == ""


def test_no_content_type_is_made_up(stage: Stage) -> None:
    """Absent and empty are the two that RFC 3875, 4.1.3 knows."""
    environ = ask(stage, post(b"a"))["environ"]

    assert environ.get("CONTENT_TYPE", ABSENT) in {"", ABSENT}


def test_errors_go_to_the_error_log(stage: Stage) -> None:
    """What an application writes to wsgi.errors, line by line, and at flush()."""
    since = stage.mark()
    with stage.wire() as wire:
        assert wire.ask(get("/-/errors")).body == b"written"

    for line in ("one line", "half a line", "first of a list", "second of a list"):
        stage.server.expect(f"{line}$", since=since)
