"""What becomes of a connection: kept, closed, asked again before the answer, left in the middle."""

from __future__ import annotations

from tests.conformance.case import (
    ABSENT,
    Act,
    Case,
    Reply,
    case,
    chunked,
    get,
    ordered,
    post,
    refused,
    served,
    served_last,
)

RULE = "RFC 9112, 9"
KEPT_10 = Reply(headers={"Connection": "keep-alive"})
LAST = Reply(closes=True)
CONTINUE = Reply(status=100, body=b"", framing="none")
EXPECT = "Expect: 100-continue"
# more than the buffers of a socket take, so that the answer is still going out when the next octets are read
LARGE = ordered(body=["x" * 4000], times=1000, kind="generator")

# fields of HTTP/1.1 -> whether the connection is kept
PERSISTENCE_11 = {
    (): True,
    ("Connection: keep-alive",): True,
    ("Connection:",): True,
    ("Connection: closed",): True,
    ("Connection: close-not",): True,
    ("Connection: disclose",): True,
    ("X-Connection: close",): True,
    ("Proxy-Connection: close",): True,
    ("Connection: close",): False,
    ("Connection: Close",): False,
    ("connection: CLOSE",): False,
    ("Connection:\t close \t",): False,
    ("Connection: foo, close",): False,
    ("Connection: foo,close",): False,
    ("Connection: close, foo",): False,
    ("Connection: foo , \tclose\t, bar",): False,
    ("Connection: , ,close,",): False,
    ("Connection: keep-alive, close",): False,
    ("Connection: close, keep-alive",): False,
    ("Connection: foo", "Connection: close"): False,
    ("Connection: close", "Connection: foo"): False,
    ("Connection: keep-alive", "X-A: 1", "Connection: close"): False,
}

# the same of HTTP/1.0
PERSISTENCE_10 = {
    (): False,
    ("Connection: close",): False,
    ("Connection: foo",): False,
    ("Connection: keep-alive, close",): False,
    ("Connection: keep-alive", "Connection: close"): False,
    ("Connection: keep-alive",): True,
    ("Connection: Keep-Alive",): True,
    ("connection: KEEP-ALIVE",): True,
    ("Connection: foo, keep-alive",): True,
    ("Connection: foo", "Connection: keep-alive"): True,
}

PIPELINING = (
    case(
        "pipelining: three in one segment",
        "RFC 9112, 9.3.2",
        get("/a") + get("/b") + get("/c"),
        served(PATH_INFO="/a"),
        served(PATH_INFO="/b"),
        served(PATH_INFO="/c"),
    ),
    case(
        "pipelining: 60 in one segment",
        "RFC 9112, 9.3.2",
        b"".join(get(f"/{n}") for n in range(60)),
        *(served(PATH_INFO=f"/{n}") for n in range(60)),
    ),
    case(
        "pipelining: more than one read takes",
        "RFC 9112, 9.3.2",
        b"".join(get(f"/{n}", "X: " + "a" * 2000) for n in range(30)),
        *(served(PATH_INFO=f"/{n}") for n in range(30)),
    ),
    case(
        "pipelining: bodies of both kinds and none",
        "RFC 9112, 9.3.2",
        post(b"hello", target="/a")
        + chunked(b"he", b"llo", target="/b")
        + get("/c")
        + post(b"", target="/d")
        + get("/e"),
        served(b"hello", PATH_INFO="/a"),
        served(b"hello", PATH_INFO="/b"),
        served(b"", PATH_INFO="/c"),
        served(b"", PATH_INFO="/d"),
        served(b"", PATH_INFO="/e"),
    ),
    case(
        "pipelining: the next begins in the segment of the first",
        "RFC 9112, 9.3.2",
        get("/a") + get("/b")[:20],
        served(PATH_INFO="/a"),
        get("/b")[20:],
        served(PATH_INFO="/b"),
    ),
    case(
        "pipelining: the next while a response goes out",
        "RFC 9112, 9.3.2",
        LARGE,
        get("/next"),
        Reply(body=b"x" * 4_000_000, framing="chunked"),
        served(PATH_INFO="/next"),
    ),
    case(
        "pipelining: after a HEAD",
        "RFC 9112, 9.3.2",
        get("/a", method="HEAD") + get("/b"),
        Reply(head=True),
        served(PATH_INFO="/b"),
    ),
    case(
        "pipelining: nothing after close",
        "RFC 9112, 9.6",
        get("/a", "Connection: close") + get("/b"),
        served_last(PATH_INFO="/a"),
    ),
    case(
        "pipelining: nothing after HTTP/1.0",
        "RFC 9112, 9.3",
        get("/a", version="1.0") + get("/b"),
        served_last(PATH_INFO="/a"),
    ),
    case(
        "pipelining: what is whole is served, then the bad one is refused",
        "RFC 9112, 9.3.2",
        get("/a") + get("/b") + b"GET /xyzzy HTTP/1.1\r\nbad line\r\n\r\n",
        served(PATH_INFO="/a"),
        served(PATH_INFO="/b"),
        refused(400),
    ),
    case(
        "pipelining: what is whole is served, then a TLS hello is refused",
        "RFC 9112, 9.3.2",
        get("/a") + bytes.fromhex("1603010200010001fc0303"),
        served(PATH_INFO="/a"),
        refused(400),
    ),
    case(
        "pipelining: different answers in their order",
        "RFC 9112, 9.3.2",
        ordered(status="404 Not Found", body=["no"], kind="list")
        + ordered(status="204 No Content", headers=[])
        + get("/c"),
        Reply(status=404, body=b"no"),
        Reply(status=204),
        served(PATH_INFO="/c"),
        told=("close",),
    ),
)

SEGMENTS = (
    case(
        "segments: octet by octet",
        RULE,
        *(step for octet in get("/a") for step in (bytes([octet]), Act.SEGMENT)),
        served(PATH_INFO="/a"),
    ),
    case(
        "segments: a body octet by octet",
        RULE,
        post(b"hello")[:-5],
        *(step for octet in b"hello" for step in (Act.SEGMENT, bytes([octet]))),
        served(b"hello"),
    ),
    case("segments: cut in CR LF CR LF", RULE, get("/a")[:-1], Act.SEGMENT, b"\n", served(PATH_INFO="/a")),
    case(
        "segments: cut between CR LF and CR LF",
        RULE,
        get("/a")[:-2],
        Act.SEGMENT,
        b"\r\n",
        served(PATH_INFO="/a"),
    ),
    case(
        "segments: the second request's last octet late",
        RULE,
        get("/a") + get("/b")[:-1],
        served(PATH_INFO="/a"),
        Act.SEGMENT,
        b"\n",
        served(PATH_INFO="/b"),
    ),
)

HALF_CLOSE = (
    case(
        "half-close: after a request", RULE, get("/a"), Act.HALF_CLOSE, served(PATH_INFO="/a"), Act.EXPECT_END
    ),
    case(
        "half-close: after a request with a body",
        RULE,
        post(b"hi"),
        Act.HALF_CLOSE,
        served(b"hi"),
        Act.EXPECT_END,
    ),
    case(
        "half-close: after two requests",
        RULE,
        get("/a") + get("/b"),
        Act.HALF_CLOSE,
        served(PATH_INFO="/a"),
        served(PATH_INFO="/b"),
        Act.EXPECT_END,
    ),
    case(
        "half-close: while a response goes out",
        RULE,
        LARGE,
        Act.HALF_CLOSE,
        Reply(body=b"x" * 4_000_000),
        Act.EXPECT_END,
    ),
    case("half-close: after nothing", RULE, Act.HALF_CLOSE, Act.EXPECT_END),
    case(
        "half-close: after an answer", RULE, get("/a"), served(PATH_INFO="/a"), Act.HALF_CLOSE, Act.EXPECT_END
    ),
    # the application is not called, and nobody is told of a client that has gone
    case("half-close: in a head", RULE, get("/a")[:-2], Act.HALF_CLOSE, Act.EXPECT_END),
    case("half-close: in a request line", RULE, b"GET /a HT", Act.HALF_CLOSE, Act.EXPECT_END),
    case(
        "half-close: in the second request",
        RULE,
        get("/a") + get("/b")[:-3],
        served(PATH_INFO="/a"),
        Act.HALF_CLOSE,
        Act.EXPECT_END,
    ),
)

# the same in a body, where it is read before the application is called
READ_BEFORE: tuple[Case, ...] = (
    case("half-close: in a body", RULE, post(b"hello")[:-1], Act.HALF_CLOSE, Act.EXPECT_END),
    case("half-close: before a body", RULE, post(b"hello")[:-5], Act.HALF_CLOSE, Act.EXPECT_END),
    case("half-close: in a large body", RULE, post(b"a" * 200_000)[:-1], Act.HALF_CLOSE, Act.EXPECT_END),
    case("half-close: in a chunk", RULE, chunked(b"hello")[:-8], Act.HALF_CLOSE, Act.EXPECT_END),
    case("half-close: before the last chunk", RULE, chunked(b"hello")[:-5], Act.HALF_CLOSE, Act.EXPECT_END),
    case("half-close: in the last chunk", RULE, chunked(b"hello")[:-2], Act.HALF_CLOSE, Act.EXPECT_END),
)

# an error answer before the body was read: the client must see it, however much it has sent already
UNREAD = tuple(
    case(f"unread body: {name}", "RFC 9112, 9.6", octets, refused(status))
    for name, octets, status in (
        (
            "a bad Host",
            get("/xyzzy", "Host: a b", "Content-Length: 300000", method="POST") + b"a" * 300_000,
            400,
        ),
        ("another expectation", post(b"a" * 300_000, "Expect: xyzzy"), 417),
        ("another method", get("/xyzzy", "Content-Length: 300000", method="BREW") + b"a" * 300_000, 501),
        ("too many fields", post(b"a" * 300_000, *(f"X-{n}: 1" for n in range(100)), target="/xyzzy"), 431),
        ("a bad chunk", chunked(b"hello")[:-5] + b"xyzzy\r\n" + b"a" * 300_000, 400),
        (
            "a body above the limit",
            get("/xyzzy", "Content-Length: 2000000000", method="POST") + b"a" * 300_000,
            413,
        ),
    )
)

CONTINUES = (
    case(
        "100-continue: a body to come",
        "RFC 9110, 10.1.1",
        post(b"hello", EXPECT)[:-5],
        CONTINUE,
        b"hello",
        served(b"hello"),
    ),
    case(
        "100-continue: in any case",
        "RFC 9110, 10.1.1",
        post(b"hello", "expect: 100-CONTINUE")[:-5],
        CONTINUE,
        b"hello",
        served(b"hello"),
    ),
    case(
        "100-continue: chunks to come",
        "RFC 9110, 10.1.1",
        chunked(b"hello", lines=(EXPECT,))[: -len(b"5\r\nhello\r\n0\r\n\r\n")],
        CONTINUE,
        b"5\r\nhello\r\n0\r\n\r\n",
        served(b"hello"),
    ),
    case("100-continue: the body is here", "RFC 9110, 10.1.1", post(b"hello", EXPECT), served(b"hello")),
    case(
        "100-continue: the chunks are here",
        "RFC 9110, 10.1.1",
        chunked(b"hello", lines=(EXPECT,)),
        served(b"hello"),
    ),
    case("100-continue: no body", "RFC 9110, 10.1.1", get("/", EXPECT), served(b"")),
    case("100-continue: a body of no octets", "RFC 9110, 10.1.1", post(b"", EXPECT), served(b"")),
    case(
        "100-continue: never to HTTP/1.0",
        "RFC 9110, 10.1.1",
        post(b"hello", EXPECT, version="1.0")[:-5],
        Act.SEGMENT,
        b"hello",
        served_last(b"hello"),
    ),
    case(
        "100-continue: the second request on a connection",
        "RFC 9110, 10.1.1",
        get("/a") + post(b"hello", EXPECT)[:-5],
        served(PATH_INFO="/a"),
        CONTINUE,
        b"hello",
        served(b"hello"),
    ),
    case(
        "100-continue: once for each request",
        "RFC 9110, 10.1.1",
        post(b"a", EXPECT)[:-1],
        CONTINUE,
        b"a" + post(b"b", EXPECT)[:-1],
        served(b"a"),
        CONTINUE,
        b"b",
        served(b"b"),
    ),
    case(
        "100-continue: and a bad Host",
        "RFC 9110, 10.1.1",
        post(b"", EXPECT, "Host: a b", target="/xyzzy"),
        refused(400),
    ),
    case(
        "100-continue: and two lengths",
        "RFC 9110, 10.1.1",
        get("/xyzzy", EXPECT, "Content-Length: 5", "Content-Length: 6", method="POST"),
        refused(400),
    ),
    case(
        "100-continue: and too large a field",
        "RFC 9110, 10.1.1",
        get("/xyzzy", EXPECT, "X: " + "a" * 9000, "Content-Length: 5", method="POST"),
        refused(431),
    ),
    case("expectation: another", "RFC 9110, 10.1.1", post(b"", "Expect: xyzzy"), refused(417)),
    case(
        "expectation: another, without a body",
        "RFC 9110, 10.1.1",
        get("/", "Expect: 200-xyzzy"),
        refused(417),
    ),
    case(
        "expectation: another, in HEAD",
        "RFC 9110, 10.1.1",
        get("/", "Expect: x", method="HEAD"),
        refused(417, head=True),
    ),
)

UPGRADES = (
    case(
        "upgrade: h2c is ignored",
        "RFC 9110, 7.8",
        get(
            "/a",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
        ),
        served(PATH_INFO="/a", HTTP_UPGRADE="h2c"),
    ),
    case(
        "upgrade: websocket is ignored",
        "RFC 9110, 7.8",
        get(
            "/a",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Key: x",
            "Sec-WebSocket-Version: 13",
        ),
        served(PATH_INFO="/a", HTTP_UPGRADE="websocket"),
    ),
    case(
        "upgrade: the next request in the same segment",
        "RFC 9110, 7.8",
        get("/a", "Connection: Upgrade", "Upgrade: h2c") + get("/b"),
        served(PATH_INFO="/a"),
        served(PATH_INFO="/b", HTTP_UPGRADE=ABSENT),
    ),
    case(
        "upgrade: with a body, and the next request",
        "RFC 9110, 7.8",
        post(b"hello", "Connection: Upgrade", "Upgrade: h2c") + get("/b"),
        served(b"hello"),
        served(b"", PATH_INFO="/b"),
    ),
    case(
        "upgrade: with chunks, in segments, and the next request",
        "RFC 9110, 7.8",
        chunked(b"hello", lines=("Connection: Upgrade", "Upgrade: h2c"))[:-7],
        Act.SEGMENT,
        chunked(b"hello", lines=("Connection: Upgrade", "Upgrade: h2c"))[-7:] + get("/b"),
        served(b"hello"),
        served(b"", PATH_INFO="/b"),
    ),
    case(
        "upgrade: with a body that is still to come",
        "RFC 9110, 7.8",
        post(b"hello", "Connection: Upgrade", "Upgrade: h2c", EXPECT)[:-5],
        CONTINUE,
        b"hello",
        served(b"hello"),
    ),
    case(
        "upgrade: and close",
        "RFC 9110, 7.8",
        get("/a", "Connection: Upgrade, close", "Upgrade: h2c") + get("/b"),
        served_last(PATH_INFO="/a"),
    ),
    case("upgrade: without Connection", "RFC 9110, 7.8", get("/a", "Upgrade: h2c"), served(PATH_INFO="/a")),
    case(
        "upgrade: Connection without it",
        "RFC 9110, 7.8",
        get("/a", "Connection: upgrade"),
        served(PATH_INFO="/a"),
    ),
    case(
        "upgrade: in HTTP/1.0",
        "RFC 9110, 7.8",
        get("/a", "Connection: Upgrade", "Upgrade: h2c", version="1.0"),
        served_last(PATH_INFO="/a"),
    ),
)

CASES: tuple[Case, ...] = (
    *(
        case(
            f"persistence, 1.1: {' / '.join(lines) or 'nothing said'}",
            "RFC 9112, 9.3",
            get("/", *lines),
            Reply() if kept else LAST,
        )
        for lines, kept in PERSISTENCE_11.items()
    ),
    *(
        case(
            f"persistence, 1.0: {' / '.join(lines) or 'nothing said'}",
            "RFC 9112, 9.3",
            get("/", *lines, version="1.0"),
            KEPT_10 if kept else LAST,
        )
        for lines, kept in PERSISTENCE_10.items()
    ),
    *PIPELINING,
    *SEGMENTS,
    *HALF_CLOSE,
    *UNREAD,
    *CONTINUES,
    *UPGRADES,
)
