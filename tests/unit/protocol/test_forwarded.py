"""What a believed proxy says, as fields in and an environ out."""

from __future__ import annotations

from typing import Any

import pytest

from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.forwarded import Believed, Forwarding
from wsgid.protocol.http1 import Limits, Request, RequestParser
from wsgid.protocol.refusal import Refusal

PROXY = "127.0.0.1"
COMMON = {
    "REMOTE_ADDR": PROXY,
    "REMOTE_PORT": "50000",
    "SERVER_PORT": "8000",
    "SCRIPT_NAME": "",
    "wsgi.url_scheme": "http",
}
SCHEMES = {"X-FORWARDED-PROTOCOL": "ssl", "X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on"}
FORWARDERS = ("SCRIPT_NAME", "PATH_INFO", "REMOTE_USER")
# Of the environ, what a proxy may have a say in.
SEEN = (*COMMON, "HTTP_HOST")


def parser(
    words: str = "off",
    *,
    believed: tuple[str, ...] = (PROXY, "10.0.0.0/8"),
    forwarders: tuple[str, ...] = FORWARDERS,
    header_map: str = "drop",
) -> RequestParser:
    forwarding = Forwarding(
        Believed(believed), scheme_headers=SCHEMES, words=words, forwarder_headers=forwarders
    )
    keys = FieldKeys(header_map, forwarding.takes)

    def no_body(_: Request) -> Any:
        raise AssertionError

    return RequestParser(Limits(), keys, no_body, dict(COMMON), forwarding, b"127.0.0.1")


def ask(asked: RequestParser, *lines: str, target: str = "/") -> Request:
    head = "\r\n".join([f"GET {target} HTTP/1.1", "Host: h", *lines, "", ""])
    request = asked.feed(head.encode("latin-1"))
    assert request is not None
    assert "" not in request.environ
    return request


def changed(request: Request) -> dict[str, Any]:
    """What a proxy has changed; None is what it took out."""
    before = COMMON | {"HTTP_HOST": "h"}
    after = {name: request.environ.get(name) for name in SEEN}
    return {name: value for name, value in after.items() if value != before[name]}


HTTPS = {"wsgi.url_scheme": "https"}


def client(address: str, port: str | None = None) -> dict[str, Any]:
    return {"REMOTE_ADDR": address, "REMOTE_PORT": port}


# ---- whom to believe ----


@pytest.mark.parametrize(
    ("texts", "host", "is_believed"),
    [
        (("127.0.0.1", "::1"), "127.0.0.1", True),
        (("127.0.0.1", "::1"), "::1", True),
        (("127.0.0.1", "::1"), "127.0.0.2", False),
        (("127.0.0.1",), "", False),
        (("10.0.0.0/8",), "", False),
        (("10.0.0.0/8", "2001:db8::/32"), "10.255.0.1", True),
        (("10.0.0.0/8", "2001:db8::/32"), "2001:db8:1::1", True),
        (("10.0.0.0/8", "2001:db8::/32"), "11.0.0.1", False),
        (("0.0.0.0/0",), "::1", False),
        (("2001:0DB8:0::1/128",), "2001:db8::1", True),
        (("*",), "192.0.2.1", True),
        (("*",), "", True),
        ((), "127.0.0.1", False),
    ],
)
def test_who_is_believed(texts: tuple[str, ...], host: str, is_believed: bool) -> None:  # noqa: FBT001
    assert is_believed == (host in Believed(texts))


# ---- the scheme ----


@pytest.mark.parametrize(
    ("lines", "scheme"),
    [
        ((), "http"),
        (("X-Forwarded-Proto: https",), "https"),
        (("x-forwarded-proto: HTTPS",), "https"),
        (("X-Forwarded-Proto: http",), "http"),
        (("X-Forwarded-Proto: https,http",), "http"),
        (("X-Forwarded-Proto:",), "http"),
        (("X-Forwarded-Ssl: on",), "https"),
        (("X-Forwarded-Protocol: ssl", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: on"), "https"),
        (("X-Forwarded-Proto: https", "X-Forwarded-Proto: https"), "https"),
        (("X_Forwarded_Proto: https",), "http"),
        (("Forwarded: proto=https",), "http"),
    ],
)
def test_the_scheme_is_what_a_proxy_says(lines: tuple[str, ...], scheme: str) -> None:
    assert scheme == ask(parser(), *lines).environ["wsgi.url_scheme"]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("off", ("X-Forwarded-Proto: https", "X-Forwarded-Ssl: off")),
        ("off", ("X-Forwarded-Proto: https", "X-Forwarded-Proto: http")),
        ("off", ("X-Forwarded-Proto: http", "X-Forwarded-Protocol: ssl")),
        ("forwarded", ("X-Forwarded-Proto: http", "Forwarded: for=192.0.2.1;proto=https")),
    ],
)
def test_headers_that_disagree_about_the_scheme_are_refused(words: str, lines: tuple[str, ...]) -> None:
    """An application that looks at the other one would be told the other thing."""
    with pytest.raises(Refusal, match="disagree about the scheme"):
        ask(parser(words), *lines)


def test_what_is_heard_stays_in_the_environ() -> None:
    request = ask(parser("x-forwarded"), "X-Forwarded-For: 192.0.2.1", "X-A: 1", "x-forwarded-for: 10.0.0.1")

    assert request.environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1,10.0.0.1"
    assert request.environ["HTTP_X_A"] == "1"


# ---- X-Forwarded-* ----

X_FORWARDED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "nothing": ((), {}),
    "one address": (("X-Forwarded-For: 192.0.2.1",), client("192.0.2.1")),
    "what a client invented": (("X-Forwarded-For: 198.51.100.9, 192.0.2.1",), client("192.0.2.1")),
    "in two lines": (
        ("X-Forwarded-For: 198.51.100.9", "X-Forwarded-For: 192.0.2.1"),
        client("192.0.2.1"),
    ),
    "behind a proxy that is believed": (
        ("X-Forwarded-For: 198.51.100.9, 192.0.2.1, 10.0.0.7",),
        client("192.0.2.1"),
    ),
    "all are believed: the farthest": (("X-Forwarded-For: 10.0.0.8, 10.0.0.7",), client("10.0.0.8")),
    "with a port": (("X-Forwarded-For: 192.0.2.1:4711",), client("192.0.2.1", "4711")),
    "IPv6": (("X-Forwarded-For: 2001:DB8::1",), client("2001:db8::1")),
    "IPv6 in brackets, with a port": (
        ("X-Forwarded-For: [2001:db8::1]:4711",),
        client("2001:db8::1", "4711"),
    ),
    "IPv4 in IPv6": (("X-Forwarded-For: 192.0.2.1, ::ffff:10.0.0.1",), client("192.0.2.1")),
    "unknown": (("X-Forwarded-For: unknown",), client("")),
    "what is no address is nobody that is known": (
        ("X-Forwarded-For: 192.0.2.1, 127.0.0.1; drop",),
        client(""),
    ),
    "a number too large": (("X-Forwarded-For: 192.0.2.256",), client("")),
    "an empty list": (("X-Forwarded-For: , ,",), {}),
    "host": (("X-Forwarded-Host: example.org",), {"HTTP_HOST": "example.org"}),
    "host: what the nearest says": (
        ("X-Forwarded-Host: evil.example, example.org:81",),
        {"HTTP_HOST": "example.org:81"},
    ),
    "port": (("X-Forwarded-Port: 8080",), {"SERVER_PORT": "8080", "HTTP_HOST": "h:8080"}),
    "port: the scheme's own": (
        ("X-Forwarded-Port: 443", "X-Forwarded-Proto: https"),
        {"SERVER_PORT": "443"} | HTTPS,
    ),
    "port: the host has one": (
        ("X-Forwarded-Port: 8080", "X-Forwarded-Host: [2001:db8::1]:81"),
        {"SERVER_PORT": "8080", "HTTP_HOST": "[2001:db8::1]:81"},
    ),
    "port: the host is IPv6": (
        ("X-Forwarded-Port: 8080", "X-Forwarded-Host: [2001:db8::1]"),
        {"SERVER_PORT": "8080", "HTTP_HOST": "[2001:db8::1]:8080"},
    ),
    "all": (
        ("X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: example.org", "X-Forwarded-Proto: https"),
        client("192.0.2.1") | {"HTTP_HOST": "example.org"} | HTTPS,
    ),
    "names with underscores say nothing": (("X_Forwarded_For: 192.0.2.1", "X-Forwarded_Host: e"), {}),
    "RFC 7239 says nothing": (("Forwarded: for=192.0.2.1;host=example.org;proto=https",), {}),
}


@pytest.mark.parametrize(("lines", "expected"), X_FORWARDED.values(), ids=X_FORWARDED)
def test_x_forwarded(lines: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert expected == changed(ask(parser("x-forwarded"), *lines))


def test_dangerous_names_are_joined_for_the_application_and_not_heard() -> None:
    request = ask(parser("x-forwarded", header_map="dangerous"), "X_Forwarded_For: 192.0.2.1")

    assert {} == changed(request)
    assert request.environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_all_are_believed_with_an_asterisk() -> None:
    request = ask(parser("x-forwarded", believed=("*",)), "X-Forwarded-For: 192.0.2.1, 198.51.100.1")

    assert client("192.0.2.1") == changed(request)


def test_no_client_is_taken_for_the_one_before_it() -> None:
    """A proxy's connection carries requests of many clients, and its own."""
    asked = parser("x-forwarded")
    peers = [asked.peer]
    for lines in (("X-Forwarded-For: 192.0.2.1",), (), ("X-Forwarded-For: 192.0.2.2",)):
        ask(asked, *lines)
        peers.append(asked.peer)

    assert [b"127.0.0.1", b"192.0.2.1", b"127.0.0.1", b"192.0.2.2"] == peers


# ---- RFC 7239 ----

FORWARDED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "nothing": ((), {}),
    "for": (("Forwarded: for=192.0.2.1",), client("192.0.2.1")),
    "in any case": (("FORWARDED: For=192.0.2.1;PROTO=HTTPS",), client("192.0.2.1") | HTTPS),
    "quoted": (('Forwarded: for="192.0.2.1"',), client("192.0.2.1")),
    "quoted, with escapes": (('Forwarded: for="\\1\\92.0.2.1"',), client("192.0.2.1")),
    "a port": (('Forwarded: for="192.0.2.1:4711"',), client("192.0.2.1", "4711")),
    "a port that is hidden": (('Forwarded: for="192.0.2.1:_x"',), client("192.0.2.1")),
    "IPv6": (('Forwarded: for="[2001:DB8::1]"',), client("2001:db8::1")),
    "IPv6 and a port": (('Forwarded: for="[2001:db8::1]:4711"',), client("2001:db8::1", "4711")),
    "unknown": (("Forwarded: for=unknown",), client("")),
    "obfuscated": (("Forwarded: for=_gazonk",), client("")),
    "obfuscated, with a port": (('Forwarded: for="_gazonk:80"',), client("")),
    "what a client invented": (
        (
            "Forwarded: for=198.51.100.9;host=evil.example;proto=http",
            "Forwarded: for=192.0.2.1;host=a.example;proto=https",
        ),
        client("192.0.2.1") | {"HTTP_HOST": "a.example"} | HTTPS,
    ),
    "behind a proxy that is believed, whose own host and scheme are not the client's": (
        ("Forwarded: for=192.0.2.1;host=a.example;proto=https, for=10.0.0.7;host=inner;proto=http",),
        client("192.0.2.1") | {"HTTP_HOST": "a.example"} | HTTPS,
    ),
    "behind a proxy that knows nobody": (
        ("Forwarded: for=192.0.2.1;proto=https, for=unknown;proto=http",),
        client(""),
    ),
    "in two lines": (("Forwarded: for=198.51.100.9", "Forwarded: for=192.0.2.1"), client("192.0.2.1")),
    "all are believed: the farthest": (("Forwarded: for=10.0.0.8, for=10.0.0.7",), client("10.0.0.8")),
    "without for: the proxy itself asks": (
        ("Forwarded: proto=https;host=a.example",),
        {"HTTP_HOST": "a.example"} | HTTPS,
    ),
    "without for, behind one that is believed": (
        ("Forwarded: for=198.51.100.9, proto=https, for=10.0.0.7",),
        client("10.0.0.7") | HTTPS,
    ),
    "a comma and a semicolon in quotes": (
        ('Forwarded: for=192.0.2.1;ext="a, b; for=198.51.100.9"',),
        client("192.0.2.1"),
    ),
    "empty elements and pairs": (("Forwarded: , for=192.0.2.1;;by=_x; , ,",), client("192.0.2.1")),
    "space around semicolons": (("Forwarded: for=192.0.2.1 ; proto=https",), client("192.0.2.1") | HTTPS),
    "a WebSocket": (("Forwarded: proto=wss",), HTTPS),
    "host with a port": (('Forwarded: host="a.example:8080"',), {"HTTP_HOST": "a.example:8080"}),
    "parameters that nobody knows": (
        ("Forwarded: by=203.0.113.1;secret=x;for=192.0.2.1",),
        client("192.0.2.1"),
    ),
    "X-Forwarded-* say nothing but the scheme": (
        ("X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: a.example", "X-Forwarded-Proto: https"),
        HTTPS,
    ),
    "the scheme, twice the same": (("X-Forwarded-Proto: https", "Forwarded: proto=https"), HTTPS),
}


@pytest.mark.parametrize(("lines", "expected"), FORWARDED.values(), ids=FORWARDED)
def test_forwarded(lines: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert expected == changed(ask(parser("forwarded"), *lines))


REFUSED = {
    "no pair": "for",
    "no value": "for=",
    "space around the equals sign": "for = 192.0.2.1",
    "an open quote": 'for="192.0.2.1',
    "something behind a quote": 'for="192.0.2.1"x',
    "a port without quotes": "for=192.0.2.1:80",
    "IPv6 without brackets": 'for="2001:db8::1"',
    "IPv6 without quotes": "for=[2001:db8::1]",
    "IPv4 in brackets": 'for="[192.0.2.1]"',
    "a name": "for=example.org",
    "an address with a number too large": "for=192.0.2.256",
    "a port too large": 'for="192.0.2.1:65536"',
    "twice": "for=192.0.2.1;for=192.0.2.2",
    "twice, in another case": "for=192.0.2.1;For=192.0.2.2",
    "a host that is none": 'host="a b"',
    "an empty host": 'host=""',
    "another scheme": "proto=ftp",
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_forwarded_that_cannot_be_read_is_refused(value: str) -> None:
    with pytest.raises(Refusal) as refused:
        ask(parser("forwarded"), f"Forwarded: {value}")

    assert refused.value.status == 400
    assert "Forwarded" in refused.value.detail


@pytest.mark.parametrize(
    "line",
    [
        "X-Forwarded-Host: a b",
        "X-Forwarded-Host:",
        "X-Forwarded-Port: x",
        "X-Forwarded-Port: 65536",
        "X-Forwarded-Port: -1",
    ],
)
def test_x_forwarded_that_is_no_host_or_port_is_refused(line: str) -> None:
    with pytest.raises(Refusal, match="X-Forwarded-"):
        ask(parser("x-forwarded"), line)


# ---- names with underscores, and where the application lies ----

MOUNTED = {
    "below": ("/app", "/app/x?q", "/app", "/x?q"),
    "at it": ("/app", "/app", "/app", ""),
    "at it, with a query": ("/app", "/app?q", "/app", "?q"),
    "with a slash at its end": ("/app/", "/app/x", "/app", "/x"),
    "only a slash": ("/", "/x", "", "/x"),
    "empty": ("", "/x", "", "/x"),
    "escapes in the path": ("/app", "/%61p%70/%78", "/app", "/%78"),
    "what is decoded": ("/my app", "/my%20app/x", "/my app", "/x"),
    "a capital escape": ("/\xff", "/%FF/x", "/\xff", "/x"),
}


@pytest.mark.parametrize(("script", "target", "mounted", "path"), MOUNTED.values(), ids=MOUNTED)
def test_a_proxy_says_where_the_application_lies(script: str, target: str, mounted: str, path: str) -> None:
    request = ask(parser(), f"SCRIPT_NAME: {script}", target=target)

    assert (mounted, path, target) == (request.environ["SCRIPT_NAME"], request.path, request.target)


@pytest.mark.parametrize(
    ("script", "target"), [("/app", "/"), ("/app", "/apple"), ("/app", "/%61"), ("app", "/app")]
)
def test_a_path_that_does_not_begin_there_is_refused(script: str, target: str) -> None:
    with pytest.raises(Refusal, match="SCRIPT_NAME"):
        ask(parser(), f"SCRIPT_NAME: {script}", target=target)


@pytest.mark.parametrize(
    ("forwarders", "lines", "expected"),
    [
        (FORWARDERS, ("REMOTE_USER: a",), {"HTTP_REMOTE_USER": "a"}),
        (FORWARDERS, ("remote_user: a",), {"HTTP_REMOTE_USER": "a"}),
        (FORWARDERS, ("Remote-User: evil", "REMOTE_USER: a"), {"HTTP_REMOTE_USER": "a"}),
        (FORWARDERS, ("REMOTE_USER: a", "Remote-User: evil"), {"HTTP_REMOTE_USER": "a"}),
        (FORWARDERS, ("Remote-User: evil",), {"HTTP_REMOTE_USER": "evil"}),
        (FORWARDERS, ("PATH_INFO: /x",), {"HTTP_PATH_INFO": "/x"}),
        (FORWARDERS, ("OTHER_NAME: a", "REMOTE_USER: a"), {"HTTP_REMOTE_USER": "a", "HTTP_OTHER_NAME": None}),
        (("*",), ("ANY_NAME: a", "Proxy: x"), {"HTTP_ANY_NAME": "a", "HTTP_PROXY": None}),
        ((), ("SCRIPT_NAME: /app",), {"HTTP_SCRIPT_NAME": None, "SCRIPT_NAME": ""}),
    ],
)
def test_which_names_with_underscores_are_a_proxys(
    forwarders: tuple[str, ...], lines: tuple[str, ...], expected: dict[str, str | None]
) -> None:
    """In the place of their likeness with hyphens, which proxies pass on from clients."""
    request = ask(parser(forwarders=forwarders), *lines)

    assert expected == {name: request.environ.get(name) for name in expected}


def test_a_target_with_an_underscore_is_no_field() -> None:
    environ = ask(parser(forwarders=("*",)), "ANY_NAME: a", target="/a_b:c").environ

    assert ["HTTP_HOST", "HTTP_ANY_NAME"] == [name for name in environ if name.startswith("HTTP_")]


def test_a_name_that_is_a_proxys_may_not_come_twice() -> None:
    with pytest.raises(Refusal, match="more than one REMOTE_USER"):
        ask(parser(), "REMOTE_USER: a", "remote_user: b")


def test_other_names_with_underscores_are_refused_where_the_settings_say_so() -> None:
    asked = parser(header_map="refuse")

    assert ask(asked, "REMOTE_USER: a").environ["HTTP_REMOTE_USER"] == "a"
    with pytest.raises(Refusal, match="underscore"):
        ask(asked, "OTHER_NAME: a")


def test_a_stranger_says_nothing() -> None:
    """Its parser hears nobody: for it these are fields like any other."""
    lines = ("X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1")
    asked = RequestParser(Limits(), FieldKeys(), lambda _: pytest.fail("a body"), dict(COMMON))
    request = ask(asked, *lines, "SCRIPT_NAME: /app")

    assert {} == changed(request)
    assert request.environ["HTTP_X_FORWARDED_PROTO"] == "https"
    assert "HTTP_SCRIPT_NAME" not in request.environ


@pytest.mark.parametrize(
    ("rest", "named"),
    [
        ("Host: h\r\nX-Forwarded-For: 192.0.2.2\r\nExpect: 200-ok\r\n\r\n", "192.0.2.2"),
        # Nobody was heard yet, and who asked before is not to blame.
        ("Host: h\r\nX-Forwarded-For: 192.0.2.2\r\nA B: c\r\n\r\n", None),
        ("Host: a b\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n", None),
    ],
)
def test_a_refusal_names_the_client_as_soon_as_its_head_is_understood(rest: str, named: str | None) -> None:
    asked = parser("x-forwarded")
    ask(asked, "X-Forwarded-For: 192.0.2.1")
    with pytest.raises(Refusal):
        asked.feed(b"GET / HTTP/1.1\r\n" + rest.encode())

    assert named == (None if asked.refused is None else asked.refused["REMOTE_ADDR"])
