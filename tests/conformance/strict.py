"""Limits that an administrator set, and deadlines: what a server of `conftest.STRICT` answers."""

from __future__ import annotations

from tests.conformance.case import Act, Case, Reply, case, chunked, get, post, refused, served

MEGABYTE = 1024 * 1024
# the first octets of requests whose rest never comes
STALLED_HEADS = {
    "a method": b"GE",
    "a request line": b"GET /xyzzy HTTP/1.1\r\n",
    "a head without its end": b"GET /xyzzy HTTP/1.1\r\nHost: h\r\n",
    "a head without its last octet": get("/xyzzy")[:-1],
    "half a field": get("/xyzzy")[:-2] + b"X-A: ",
}
STALLED_BODIES = {
    "nothing of a body": get("/xyzzy", "Content-Length: 5", method="POST"),
    "a part of a body": get("/xyzzy", "Content-Length: 5", method="POST") + b"hell",
    "half a chunk size": get("/xyzzy", "Transfer-Encoding: chunked", method="POST") + b"5",
    "half a chunk": get("/xyzzy", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhel",
    "no last chunk": get("/xyzzy", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n",
    "half a trailer": get("/xyzzy", "Transfer-Encoding: chunked", method="POST") + b"0\r\nX-T: 1\r\n",
}

DEADLINES: tuple[Case, ...] = (
    *(
        case(f"deadline: {name}", "RFC 9110, 15.5.9", octets, refused(408))
        for name, octets in STALLED_HEADS.items()
    ),
    case(
        "deadline: the second head",
        "RFC 9110, 15.5.9",
        get("/a") + b"GET /xyzzy HTTP/1.1\r\n",
        served(PATH_INFO="/a"),
        refused(408),
    ),
    case(
        "deadline: a head, asked with HEAD",
        "RFC 9110, 15.5.9",
        b"HEAD /xyzzy HTTP/1.1\r\nHost: h\r\n",
        refused(408, head=True),
    ),
    # nobody is answered who has not asked
    case("deadline: not one octet", "RFC 9112, 9.5", Act.EXPECT_END),
    case(
        "deadline: nothing more after an answer",
        "RFC 9112, 9.5",
        get("/a"),
        served(PATH_INFO="/a"),
        Act.EXPECT_END,
    ),
)

# of bodies, where they are read before the application is called
DEADLINES_READ_BEFORE: tuple[Case, ...] = (
    *(
        case(f"deadline: {name}", "RFC 9110, 15.5.9", octets, refused(408))
        for name, octets in STALLED_BODIES.items()
    ),
    case(
        "deadline: a body after 100 Continue",
        "RFC 9110, 15.5.9",
        post(b"hello", "Expect: 100-continue", target="/xyzzy")[:-5],
        Reply(status=100),
        refused(408),
    ),
)

LIMITS: tuple[Case, ...] = (
    case("limit: a body of as much", "RFC 9110, 15.5.14", post(b"a" * MEGABYTE), served(b"a" * MEGABYTE)),
    case(
        "limit: a body of one octet more",
        "RFC 9110, 15.5.14",
        get("/xyzzy", f"Content-Length: {MEGABYTE + 1}", method="POST"),
        refused(413),
    ),
    case(
        "limit: chunks of as much",
        "RFC 9110, 15.5.14",
        chunked(*[b"a" * 65536] * 16),
        served(b"a" * MEGABYTE),
    ),
    case("limit: a line of as much", "RFC 9110, 15.5.15", get("/" + "a" * (100 - 14)), served()),
    case(
        "limit: a line of one octet more", "RFC 9110, 15.5.15", get("/xyzzy" + "a" * (100 - 18)), refused(414)
    ),
    case("limit: as many fields", "RFC 6585, 5", get("/", "A: 1", "B: 2", "C: 3", "D: 4"), served()),
    case(
        "limit: one field more",
        "RFC 6585, 5",
        get("/xyzzy", "A: 1", "B: 2", "C: 3", "D: 4", "E: 5"),
        refused(431),
    ),
    case(
        "limit: a field of as much", "RFC 6585, 5", get("/", "X-A: " + "a" * 195), served(HTTP_X_A="a" * 195)
    ),
    case("limit: a field of one octet more", "RFC 6585, 5", get("/xyzzy", "X-A: " + "a" * 196), refused(431)),
)

# what is known of a body before the application is called: where it is read first
LIMITS_READ_BEFORE: tuple[Case, ...] = (
    case(
        "limit: chunks of one octet more, known before they end",
        "RFC 9110, 15.5.14",
        chunked(*[b"a" * 65536] * 16, b"a", target="/xyzzy")[: -len(b"0\r\n\r\n")],
        refused(413),
    ),
    case(
        "limit: one chunk that says it is larger, known before it comes",
        "RFC 9110, 15.5.14",
        get("/xyzzy", "Transfer-Encoding: chunked", method="POST") + b"200000\r\n" + b"a" * (MEGABYTE + 1),
        refused(413),
    ),
)
