"""The access log: gunicorn's atoms, one line a request whatever the client sends."""

from __future__ import annotations

import ast
import base64
import calendar
import json
import os
import re
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.log.access import AccessLog, compile_format

DEFAULT = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'

# How a reader of logs takes a line of the default format apart.
QUOTED = r'"((?:[^"\\]|\\.)*)"'
LINE = re.compile(rf"(\S+) - (\S+) \[([^\]]+)\] {QUOTED} (\d+) (\d+) {QUOTED} {QUOTED}")


@dataclass
class Record:
    environ: dict[str, Any] = field(
        default_factory=lambda: {
            "REMOTE_ADDR": "192.0.2.1",
            "REQUEST_METHOD": "GET",
            "RAW_URI": "/path?query=1",
            "PATH_INFO": "/path",
            "QUERY_STRING": "query=1",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
    )
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=list)
    sent: int = 1234
    began: float = 100.0
    ended: float = 101.25


def line(line_format: str, record: Record | None = None, **environ: Any) -> str:
    record = record or Record()
    record.environ.update(environ)
    return compile_format(line_format)(record)


def unquoted(text: str) -> str:
    value = ast.literal_eval(f'"{text}"')
    assert isinstance(value, str)
    return value


def test_default_format_is_gunicorns() -> None:
    match = LINE.fullmatch(line(DEFAULT, HTTP_REFERER="http://a/", HTTP_USER_AGENT="curl/8"))

    assert match is not None
    assert ("192.0.2.1", "-", "GET /path?query=1 HTTP/1.1", "200", "1234", "http://a/", "curl/8") == (
        match.group(1, 2, 4, 5, 6, 7, 8)
    )
    assert abs(time.time() - time.mktime(time.strptime(match[3][:20], "%d/%b/%Y:%H:%M:%S"))) < 3


@pytest.mark.parametrize(
    ("expected", "line_format"),
    [
        ("192.0.2.1", "%(h)s"),
        ("-", "%(l)s"),
        ("-", "%(u)s"),
        ("GET", "%(m)s"),
        ("/path", "%(U)s"),
        ("query=1", "%(q)s"),
        ("HTTP/1.1", "%(H)s"),
        ("200", "%(s)s"),
        ("200 OK", "%(st)s"),
        ("1234", "%(b)s"),
        ("1234", "%(B)d"),
        ("-", "%(f)s"),
        ("-", "%(a)s"),
        ("1", "%(T)s"),
        ("1250", "%(M)s"),
        ("1250000", "%(D)d"),
        ("1.250000", "%(L)s"),
        ("[   GET]", "[%(m)6s]"),
        ("[GET   ]", "[%(m)-6s]"),
        ("100%", "100%%"),
        ("-", "%(nothing)s"),
        ("-", "%({x}z)s"),
        ("-", "%({x-missing}i)s"),
        ("yes", "%({X-Given}i)s"),
        ("text/plain", "%({content-type}i)s"),
        ("second", "%({x-answer}o)s"),
        ("-", "%({x-missing}o)s"),
        ("GET", "%({REQUEST_METHOD}e)s"),
        ("GET", "%({request_method}e)s"),
        ("(1, 0)", "%({wsgi.version}e)s"),
        ("-", "%({missing}e)s"),
        ("", ""),
        ("größer", "größer"),
    ],
)
def test_each_atom(expected: str, line_format: str) -> None:
    record = Record(headers=[("X-Answer", "first"), ("x-answer", "second")])
    assert expected == line(
        line_format, record, HTTP_X_GIVEN="yes", CONTENT_TYPE="text/plain", **{"wsgi.version": (1, 0)}
    )


def test_pid_is_that_of_the_worker() -> None:
    assert re.fullmatch(r"<\d+>", line("%(p)s"))


@pytest.mark.parametrize(
    ("expected", "authorization"),
    [
        ("ann", "Basic " + base64.b64encode(b"ann:secret").decode()),
        ("ann", "basic " + base64.b64encode(b"ann:se:cret").decode()),
        (r"a\x20b\x0a\"", "Basic " + base64.b64encode(b'a b\n":x').decode()),
        ("-", "Basic " + base64.b64encode(b":x").decode()),
        ("-", "Basic ?"),
        ("-", "Basic \xff"),
        ("-", "Bearer abc"),
        ("-", ""),
        ("-", None),
    ],
)
def test_user_is_who_says_that_he_asks(expected: str, authorization: str | None) -> None:
    assert expected == line("%(u)s", HTTP_AUTHORIZATION=authorization)


def test_peer_of_a_unix_socket_is_a_dash() -> None:
    """A line that begins with a blank would be another format to its readers."""
    assert line(DEFAULT, REMOTE_ADDR="").startswith("- - - [")


def test_what_an_application_put_into_its_environ_is_told_as_text() -> None:
    match = LINE.fullmatch(line(DEFAULT, HTTP_REFERER=None, RAW_URI=7, HTTP_USER_AGENT=b"\n"))

    assert match is not None
    assert ("GET 7 HTTP/1.1", "None", r"b'\\n'") == match.group(4, 7, 8)


@pytest.mark.parametrize("line_format", ["100% sure", "%h", "%(h", "%", "%(s)d", "one\ntwo", "\x1b[31m%(h)s"])
def test_a_format_that_cannot_be_is_refused_at_boot(line_format: str) -> None:
    with pytest.raises(ValueError) as refused:
        compile_format(line_format)

    assert repr(line_format) in str(refused.value)


octets = st.binary(max_size=60).map(lambda value: value.decode("latin-1"))


@given(uri=octets, referer=octets, agent=octets, user=st.binary(max_size=60).filter(lambda u: b":" not in u))
def test_any_octets_give_one_line_that_can_be_read_back(
    uri: str, referer: str, agent: str, user: bytes
) -> None:
    """Whoever can write a second line into a log can write anybody's."""
    authorization = "Basic " + base64.b64encode(user + b":secret").decode()
    text = line(
        DEFAULT, RAW_URI=uri, HTTP_REFERER=referer, HTTP_USER_AGENT=agent, HTTP_AUTHORIZATION=authorization
    )
    match = LINE.fullmatch(text)

    assert text.isascii()
    assert text.isprintable()
    assert match is not None
    assert (f"GET {uri} HTTP/1.1", referer, agent) == tuple(unquoted(match[part]) for part in (4, 7, 8))
    assert (user.decode("latin-1") or "-") == unquoted(match[2])


@given(st.text(max_size=60), octets)
def test_response_headers_and_status_are_escaped_too(value: str, status: str) -> None:
    """An application passes on what it got."""
    text = line('"%({x-answer}o)s" "%(st)s"', Record(headers=[("X-Answer", value)], status=status))
    match = re.fullmatch(f"{QUOTED} {QUOTED}", text)

    assert match is not None
    assert (value, status) == (unquoted(match[1]), unquoted(match[2]))


def test_lines_are_appended_and_the_file_can_be_opened_anew(tmp_path: Any) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path), "%(m)s")
    log.write(Record())
    path.rename(tmp_path / "access.log.1")
    log.write(Record())
    log.reopen()
    log.write(Record())
    log.close()

    assert "GET\nGET\n" == (tmp_path / "access.log.1").read_text()
    assert "GET\n" == path.read_text()


def test_json_tells_a_request_by_names() -> None:
    record = Record(status="404 Not Found", sent=0, ended=100.25)
    told = json.loads(line("json", record, HTTP_USER_AGENT="curl/8", HTTP_AUTHORIZATION="Basic YSBiOng="))

    assert abs(time.time() - calendar.timegm(time.strptime(told.pop("time")[:19], "%Y-%m-%dT%H:%M:%S"))) < 3
    assert {
        "peer": "192.0.2.1",
        "user": "a b",
        "method": "GET",
        "target": "/path?query=1",
        "protocol": "HTTP/1.1",
        "status": 404,
        "sent": 0,
        "duration_us": 250_000,
        "referer": None,
        "user_agent": "curl/8",
        "pid": os.getpid(),
    } == told


def test_json_of_a_request_that_was_not_understood_has_nulls() -> None:
    told = json.loads(compile_format("json")(Record(environ={}, status="400 Bad Request")))

    assert [None, None, None, None, 400] == [
        told[name] for name in ("peer", "method", "target", "protocol", "status")
    ]


@given(uri=octets, agent=octets, user=octets.filter(lambda text: ":" not in text))
def test_any_octets_give_one_line_of_json(uri: str, agent: str, user: str) -> None:
    credentials = base64.b64encode(f"{user}:secret".encode("latin-1")).decode()
    text = line("json", RAW_URI=uri, HTTP_USER_AGENT=agent, HTTP_AUTHORIZATION=f"Basic {credentials}")
    told = json.loads(text)

    assert text.isascii()
    assert text.isprintable()
    assert (uri, agent, user or None) == (told["target"], told["user_agent"], told["user"])


@pytest.mark.parametrize(
    ("is_written", "path"),
    [
        (False, "/healthz"),
        (True, "/healthz/"),
        (True, "/a/healthz"),
        (False, "/static/a/b.css"),
        (True, "/static"),
        (False, "/ping1"),
        (True, "/ping10"),
        (True, "/HEALTHZ"),
        (True, "*"),
    ],
)
def test_requests_of_no_interest_are_left_out(path: str, tmp_path: Any, *, is_written: bool) -> None:
    log = AccessLog(str(tmp_path / "log"), "%(U)s", ["/healthz", "/static/*", "/ping?"])
    record = Record()
    record.environ["PATH_INFO"] = path
    log.write(record)
    log.close()

    assert (f"{path}\n" if is_written else "") == (tmp_path / "log").read_text()


def test_a_request_that_was_not_understood_is_never_left_out(tmp_path: Any) -> None:
    log = AccessLog(str(tmp_path / "log"), "%(s)s", ["/*"])
    log.write(Record(environ={}, status="400 Bad Request"))
    log.close()

    assert "400\n" == (tmp_path / "log").read_text()
