"""The request line: method, version, and what stands between."""

from __future__ import annotations

from tests.conformance.case import ABSENT, Act, Case, case, get, refused, served, served_last

RULE = "RFC 9112, 3"
HOST = b"\r\nHost: h\r\n\r\n"

SERVED = (
    case(
        "line: what is sent is seen",
        RULE,
        get("/a?b=c"),
        served(
            REQUEST_METHOD="GET",
            PATH_INFO="/a",
            QUERY_STRING="b=c",
            SERVER_PROTOCOL="HTTP/1.1",
            RAW_URI="/a?b=c",
            REQUEST_URI="/a?b=c",
        ),
    ),
    case(
        "line: RAW_URI and REQUEST_URI are not decoded",
        RULE,
        get("/%41/%2F?%42"),
        served(RAW_URI="/%41/%2F?%42", REQUEST_URI="/%41/%2F?%42"),
    ),
    case(
        "line: HTTP/1.0",
        RULE,
        get("/a?b", version="1.0"),
        served_last(SERVER_PROTOCOL="HTTP/1.0", PATH_INFO="/a", QUERY_STRING="b", HTTP_HOST=ABSENT),
    ),
    case("line: an empty line before it", "RFC 9112, 2.2", b"\r\n" + get("/a"), served(PATH_INFO="/a")),
    case(
        "line: a few empty lines before it", "RFC 9112, 2.2", b"\r\n" * 3 + get("/a"), served(PATH_INFO="/a")
    ),
    case(
        "line: an empty line before it, in a segment of its own",
        "RFC 9112, 2.2",
        b"\r\n",
        Act.SEGMENT,
        get("/a"),
        served(PATH_INFO="/a"),
    ),
    case(
        "line: an empty line between two requests",
        "RFC 9112, 2.2",
        get("/a") + b"\r\n" + get("/b"),
        served(PATH_INFO="/a"),
        served(PATH_INFO="/b"),
    ),
    case(
        "line: 8,000 octets are taken",
        RULE,
        get("/" + "a" * (8000 - len("GET / HTTP/1.1"))),
        served(PATH_INFO="/" + "a" * (8000 - len("GET / HTTP/1.1"))),
    ),
)

KNOWN_METHODS = (
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "MKCOL",
    "REPORT",
    "SEARCH",
    "M-SEARCH",
    "PURGE",
    "LINK",
)

METHODS = (
    *(
        case(f"method: {method}", "RFC 9110, 9", get(method=method), served(REQUEST_METHOD=method))
        for method in KNOWN_METHODS
    ),
    *(
        case(f"method: {method} is another", "RFC 9110, 9.1", get("/xyzzy", method=method), refused(501))
        for method in ("get", "Get", "gET", "G", "GETS", "BREW", "XYZZY", "!#$%&'*+-.^_`|~9")
    ),
    *(
        case(
            f"method: {method!r} is no token",
            "RFC 9110, 5.6.2",
            method + b" /xyzzy HTTP/1.1" + HOST,
            refused(400),
        )
        for method in (
            b"G@T",
            b"(GET)",
            b'"GET"',
            b"GET,",
            b"G/T",
            b"G\x00T",
            b"G\x01T",
            b"G\x7fT",
            b"G\xc3\x89T",
            b"{",
            b"GET:",
        )
    ),
)

# bytes between and around method, target and version
SEPARATORS = tuple(
    case(f"separator: {name}", RULE, line + HOST, refused(400))
    for name, line in (
        ("two spaces after the method", b"GET  /xyzzy HTTP/1.1"),
        ("two spaces before the version", b"GET /xyzzy  HTTP/1.1"),
        ("tab after the method", b"GET\t/xyzzy HTTP/1.1"),
        ("tab before the version", b"GET /xyzzy\tHTTP/1.1"),
        ("VT after the method", b"GET\x0b/xyzzy HTTP/1.1"),
        ("VT before the version", b"GET /xyzzy\x0bHTTP/1.1"),
        ("FF after the method", b"GET\x0c/xyzzy HTTP/1.1"),
        ("FF before the version", b"GET /xyzzy\x0cHTTP/1.1"),
        ("CR after the method", b"GET\r/xyzzy HTTP/1.1"),
        ("CR before the version", b"GET /xyzzy\rHTTP/1.1"),
        ("space and tab after the method", b"GET \t/xyzzy HTTP/1.1"),
        ("leading space", b" GET /xyzzy HTTP/1.1"),
        ("leading tab", b"\tGET /xyzzy HTTP/1.1"),
        ("leading NUL", b"\x00GET /xyzzy HTTP/1.1"),
        ("empty line, then leading space", b"\r\n GET /xyzzy HTTP/1.1"),
        ("trailing space", b"GET /xyzzy HTTP/1.1 "),
        ("trailing tab", b"GET /xyzzy HTTP/1.1\t"),
        ("a fourth word", b"GET /xyzzy HTTP/1.1 HTTP/1.1"),
        ("NBSP after the method", b"GET\xa0/xyzzy HTTP/1.1"),
        ("only a method", b"GET"),
        ("no target", b"GET HTTP/1.1"),
        ("an empty target", b"GET  HTTP/1.1"),
    )
)

IN_TARGET = tuple(
    case(
        f"target: {octet!r} in it", "RFC 9112, 3.2", b"GET /xy" + octet + b"zzy HTTP/1.1" + HOST, refused(400)
    )
    for octet in (b" ", b"\x00", b"\x01", b"\t", b"\n", b"\x0b", b"\r", b"\x1b", b"\x7f")
) + tuple(
    case(
        f"target: {octet!r} in its query",
        "RFC 9112, 3.2",
        b"GET /a?xy" + octet + b"z HTTP/1.1" + HOST,
        refused(400),
    )
    for octet in (b" ", b"\x00", b"\x1f", b"\x7f", b"\r", b"\n")
)

BARE_LF = tuple(
    case(f"bare LF: {name}", "RFC 9112, 2.2", octets, refused(400))
    for name, octets in (
        ("after the request line", b"GET /xyzzy HTTP/1.1\nHost: h\r\n\r\n"),
        ("after a field", b"GET /xyzzy HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"),
        ("after the last field", b"GET /xyzzy HTTP/1.1\r\nHost: h\n\r\n"),
        ("as the empty line", b"GET /xyzzy HTTP/1.1\r\nHost: h\r\n\n"),
        ("everywhere", b"GET /xyzzy HTTP/1.1\nHost: h\n\n"),
        ("before the request line", b"\nGET /xyzzy HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("after the request line of HTTP/1.0", b"GET /xyzzy HTTP/1.0\n\r\n"),
        ("after two CRs", b"GET /xyzzy HTTP/1.1\r\nHost: h\r\r\n\r\n"),
    )
) + tuple(
    case(f"bare CR: {name}", "RFC 9112, 2.2", octets, refused(400))
    for name, octets in (
        ("after the request line", b"GET /xyzzy HTTP/1.1\rHost: h\r\n\r\n"),
        ("after a field", b"GET /xyzzy HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"),
        ("as the empty line", b"GET /xyzzy HTTP/1.1\r\nHost: h\r\n\rX: y\r\n\r\n"),
        ("before the request line", b"\rGET /xyzzy HTTP/1.1\r\nHost: h\r\n\r\n"),
    )
)

ENDLESS = (
    case("line: empty lines without end", "RFC 9112, 2.2", b"\r\n" * 10_000, refused(400, 431)),
    case("line: longer than its limit", "RFC 9112, 3", get("/" + "a" * 9000), refused(414)),
    case("line: longer than the whole head may be", "RFC 9112, 3", get("/" + "a" * 100_000), refused(414)),
    case("line: without end", "RFC 9112, 3", b"GET /" + b"a" * 20_000, refused(414)),
    case("line: a query without end", "RFC 9112, 3", b"GET /?" + b"a" * 20_000, refused(414)),
    case(
        "line: without end, in segments",
        "RFC 9112, 3",
        b"GET /" + b"a" * 5_000,
        Act.SEGMENT,
        b"a" * 5_000,
        refused(414),
    ),
)

VERSIONS = (
    *(
        case(f"version: {version}", "RFC 9110, 15.6.6", f"GET /xyzzy {version}".encode() + HOST, refused(505))
        for version in ("HTTP/2.0", "HTTP/1.2", "HTTP/1.9", "HTTP/0.9", "HTTP/0.0", "HTTP/3.0", "HTTP/9.9")
    ),
    *(
        case(f"version: {version!r}", "RFC 9112, 2.3", b"GET /xyzzy " + version + HOST, refused(400))
        for version in (
            b"HTTP/1.10",
            b"HTTP/11.1",
            b"HTTP/01.1",
            b"http/1.1",
            b"Http/1.1",
            b"HTTP/1",
            b"HTTP/1.",
            b"HTTP/.1",
            b"HTTP/1,1",
            b"HTTP/11",
            b"HTTP1.1",
            b"HTTP 1.1",
            b"HTTP/",
            b"HTTP",
            b"HTTP/x.y",
            b"HTTP/1.x",
            b"HTTP/1.1x",
            b"XHTTP/1.1",
            b"HTTPS/1.1",
            b"SIP/2.0",
            b"RTSP/1.0",
            b"ICE/1.0",
            b"HTTP/+1.1",
            b"HTTP/1.\xb9",
            b"HTTP/-1.1",
            b"HTTP/1.1,HTTP/1.0",
        )
    ),
    case("version: none (0.9)", "RFC 9112, 2.3", b"GET /xyzzy\r\n", refused(400)),
    case("version: none, and a field", "RFC 9112, 2.3", b"GET /xyzzy" + HOST, refused(400)),
    case(
        "version: the preface of HTTP/2",
        "RFC 9113, 3.4",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        refused(400),
    ),
    case(
        "version: the hello of TLS",
        "RFC 8446, 4.1.2",
        bytes.fromhex("1603010200010001fc0303") + bytes(range(64)),
        refused(400),
    ),
    case(
        "version: the line of PROXY protocol 1, when it is off",
        "PROXY protocol, 2.1",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n" + get("/xyzzy"),
        refused(400),
    ),
    case(
        "version: the signature of PROXY protocol 2, when it is off",
        "PROXY protocol, 2.2",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x13\x88\x00\x50"
        + get("/xyzzy"),
        refused(400),
    ),
    case("version: an answer is no request", "RFC 9112, 2.1", b"HTTP/1.1 200 OK\r\n\r\n", refused(400)),
)

CASES: tuple[Case, ...] = (*SERVED, *METHODS, *SEPARATORS, *IN_TARGET, *BARE_LF, *ENDLESS, *VERSIONS)
