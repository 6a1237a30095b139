"""Hosts, and targets that do not begin with a slash."""

from __future__ import annotations

import pytest

from wsgid.protocol import target
from wsgid.protocol.http1 import Request
from wsgid.protocol.refusal import Refusal
from wsgid.protocol.target import LONGEST_REMEMBERED, REMEMBERED, is_host, origin_form


@pytest.mark.parametrize(
    "host", ["", "h", "h:80", "h:", "[::1]", "[::1]:80", "a.b-c_d", "1.2.3.4:65535", "%41"]
)
def test_these_are_hosts(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "a b",
        "a/b",
        "a@b",
        "a,b",
        "a'b",
        'a"b',
        "a#b",
        "a?b",
        "a\\b",
        "a\0b",
        "a:x",
        "a:65536",
        "a:-1",
        "[::1",
        "::1",
        "%4",
        "h\n",
    ],
)
def test_these_are_none(host: str) -> None:
    assert not is_host(host)


def test_hosts_that_clients_make_up_do_not_fill_the_memory() -> None:
    """Those that were right are remembered, and a client can say right ones without end."""
    long = ["a" * (LONGEST_REMEMBERED + 1 + number) for number in range(3)]
    invented = [f"{number}.example" for number in range(3 * REMEMBERED)]

    assert all(is_host(host) for host in (*long, *invented, *invented))
    assert len(target._RIGHT) <= REMEMBERED
    assert max(map(len, target._RIGHT)) <= LONGEST_REMEMBERED


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [("http://h/a?b", "/a?b", "h"), ("HTTPS://h:1", "/", "h:1"), ("http://h?q", "/?q", "h")],
)
def test_absolute_form(target: str, path: str, host: str) -> None:
    request = Request(b"", "GET", target, True, {})

    origin_form(request)

    assert (path, host) == (request.path, request.environ["HTTP_HOST"])


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("CONNECT", "h:443", 501),
        ("GET", "*", 400),
        ("GET", "ftp://h/", 400),
        ("GET", "http:///x", 400),
        ("GET", "http://u@h/", 400),
        ("GET", "h:80", 400),
    ],
)
def test_what_is_neither_path_nor_uri_is_refused(method: str, target: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        origin_form(Request(b"", method, target, True, {}))

    assert status == refused.value.status
