"""Header fields: what the application sees of them, what is no field, how many and how large they may be."""

from __future__ import annotations

from tests.conformance.case import ABSENT, Act, Case, case, get, post, refused, served

RULE = "RFC 9110, 5; RFC 3875, 4.1.18"

# lines -> what the application sees
SEEN: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "a name in small letters": (("x-small: 1",), {"HTTP_X_SMALL": "1"}),
    "a name in capitals": (("X-LARGE: 1",), {"HTTP_X_LARGE": "1"}),
    "a name in any case": (("x-AnY: 1",), {"HTTP_X_ANY": "1"}),
    "a name of odd characters": (("X!#$%&'*+.^`|~9: 1",), {"HTTP_X!#$%&'*+.^`|~9": "1"}),
    "a name that begins with a digit": (("9-X: 1",), {"HTTP_9_X": "1"}),
    "repeated lines": (("X-A: 1", "X-A: 2"), {"HTTP_X_A": "1,2"}),
    "repeated lines in other cases, others between": (
        ("X-A: 1", "X-B: b", "x-a: 2", "X-a: 3"),
        {"HTTP_X_A": "1,2,3", "HTTP_X_B": "b"},
    ),
    "a repeated line that is empty": (("X-A: 1", "X-A:", "X-A: 3"), {"HTTP_X_A": "1,,3"}),
    "lists in repeated lines": (("Accept: a, b", "Accept: c"), {"HTTP_ACCEPT": "a, b,c"}),
    "Cookie": (("Cookie: a=1; b=2",), {"HTTP_COOKIE": "a=1; b=2"}),
    "Cookie in two lines": (("Cookie: a=1", "Cookie: b=2"), {"HTTP_COOKIE": "a=1; b=2"}),
    "Cookie in three lines, any case": (
        ("Cookie: a=1", "cookie: b=2", "COOKIE: c=3"),
        {"HTTP_COOKIE": "a=1; b=2; c=3"},
    ),
    "latin-1 octets": (("X-A: caf\xe9",), {"HTTP_X_A": "caf\xe9"}),
    "UTF-8 octets, as latin-1": (("X-A: \xe2\x82\xac",), {"HTTP_X_A": "\xe2\x82\xac"}),
    "octets above DEL that Python takes for white space": (
        ("X-A: \xa0\x85a\xa0",),
        {"HTTP_X_A": "\xa0\x85a\xa0"},
    ),
    "white space around the value": (("X-A: \t  a  b\tc \t ",), {"HTTP_X_A": "a  b\tc"}),
    "no white space before the value": (("X-A:a",), {"HTTP_X_A": "a"}),
    "an empty value": (("X-A:",), {"HTTP_X_A": ""}),
    "a value of white space": (("X-A: \t ",), {"HTTP_X_A": ""}),
    "colons in the value": (("X-A: a:b: c",), {"HTTP_X_A": "a:b: c"}),
    "a name with an underscore is dropped": (("X_A: 1",), {"HTTP_X_A": ABSENT}),
    "a name with an underscore does not join its likeness": (("X-A: 1", "X_A: 2"), {"HTTP_X_A": "1"}),
    "a name with an underscore, before its likeness": (("X_A: 2", "X-A: 1"), {"HTTP_X_A": "1"}),
    "Content_Length is no length": (
        ("Content_Length: 5",),
        {"CONTENT_LENGTH": ABSENT, "HTTP_CONTENT_LENGTH": ABSENT},
    ),
    "X-Forwarded_For is not X-Forwarded-For": (
        ("X-Forwarded_For: 192.0.2.1",),
        {"HTTP_X_FORWARDED_FOR": ABSENT},
    ),
    "Proxy (httpoxy)": (("Proxy: http://evil/",), {"HTTP_PROXY": ABSENT}),
    "Proxy in another case, twice": (("PROXY: http://evil/", "proxy: http://evil/"), {"HTTP_PROXY": ABSENT}),
    "Proxy-Connection is another field": (("Proxy-Connection: x",), {"HTTP_PROXY_CONNECTION": "x"}),
    "Authorization": (("Authorization: Basic dTpw",), {"HTTP_AUTHORIZATION": "Basic dTpw"}),
    "Content-Type without a body": (
        ("Content-Type: text/x; charset=y",),
        {"CONTENT_TYPE": "text/x; charset=y", "HTTP_CONTENT_TYPE": ABSENT},
    ),
    "Content-Type in another case": (("cONTENT-tYPE: text/x",), {"CONTENT_TYPE": "text/x"}),
    "Content-Length: 0": (("Content-Length: 0",), {"CONTENT_LENGTH": "0", "HTTP_CONTENT_LENGTH": ABSENT}),
    "names that resemble what the server sets": (
        ("REMOTE-ADDR: 192.0.2.1", "Path-Info: /x", "Script-Name: /x", "wsgi.input: x"),
        {"REMOTE_ADDR": "127.0.0.1", "PATH_INFO": "/", "SCRIPT_NAME": "", "HTTP_REMOTE_ADDR": "192.0.2.1"},
    ),
    "X-Forwarded-For does not change the address": (
        ("X-Forwarded-For: 192.0.2.1",),
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"},
    ),
    "TE": (("TE: trailers", "Connection: TE"), {"HTTP_TE": "trailers"}),
    "as many as the limit": (tuple(f"X-{n}: {n}" for n in range(99)), {"HTTP_X_98": "98"}),
    "one of 8,000 octets": (("X-A: " + "a" * 8000,), {"HTTP_X_A": "a" * 8000}),
}

# what stands instead of a field
NO_FIELD = {
    "without a colon": b"xyzzy",
    "without a name": b": xyzzy",
    "only a colon": b":",
    "a space before the colon": b"X-A : xyzzy",
    "a tab before the colon": b"X-A\t: xyzzy",
    "a space in the name": b"X A: xyzzy",
    "a bracket in the name": b"X(A): xyzzy",
    "a slash in the name": b"X/A: xyzzy",
    "a quote in the name": b'"X-A": xyzzy',
    "NUL in the name": b"X\x00A: xyzzy",
    "a control character in the name": b"X\x01A: xyzzy",
    "DEL in the name": b"X\x7fA: xyzzy",
    "latin-1 in the name": b"X-\xe9: xyzzy",
    "NUL in the value": b"X-A: xyzzy\x00",
    "a control character in the value": b"X-A: xy\x01zzy",
    "ESC in the value": b"X-A: \x1b[2Jxyzzy",
    "VT in the value": b"X-A: xy\x0bzzy",
    "FF in the value": b"X-A: xy\x0czzy",
    "DEL in the value": b"X-A: xyzzy\x7f",
    "bare CR in the value": b"X-A: xy\rzzy",
    "bare LF in the value": b"X-A: xy\nzzy",
    "CR CR LF at its end": b"X-A: xyzzy\r",
    "obs-fold": b"X-A: xyzzy\r\n folded",
    "obs-fold with a tab": b"X-A: xyzzy\r\n\tfolded",
    "obs-fold to an empty line": b"X-A: xyzzy\r\n ",
    "a request line": b"GET /xyzzy HTTP/1.1",
}

TOO_LARGE = (
    case(
        "fields: one more than the limit",
        RULE,
        get("/xyzzy", *(f"X-{n}: 1" for n in range(100))),
        refused(431),
    ),
    case("fields: more than the limit, all alike", RULE, get("/xyzzy", *["X-A: 1"] * 100), refused(431)),
    case("fields: more than the limit, all dropped", RULE, get("/xyzzy", *["X_A: 1"] * 100), refused(431)),
    case("fields: 5,000", RULE, get("/xyzzy", *(f"X-{n}: 1" for n in range(5000))), refused(431)),
    case("fields: one too large", RULE, get("/xyzzy", "X-A: " + "a" * 8300), refused(431)),
    case("fields: one far too large", RULE, get("/xyzzy", "X-A: " + "a" * 500_000), refused(431)),
    case(
        "fields: the first too large",
        RULE,
        b"GET /xyzzy HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        refused(431),
    ),
    case("fields: a name too large", RULE, get("/xyzzy", "X" * 8300 + ": 1"), refused(431)),
    case(
        "fields: each within its limit, together above the head's",
        RULE,
        get("/xyzzy", *(f"X-{n}: {'a' * 1000}" for n in range(80))),
        refused(431),
    ),
    case("fields: one without end", RULE, get("/xyzzy")[:-2] + b"X-A: " + b"a" * 20_000, refused(431)),
    case("fields: a name without end", RULE, get("/xyzzy")[:-2] + b"X" * 20_000, refused(431)),
    case("fields: white space without end", RULE, get("/xyzzy")[:-2] + b"X-A:" + b" " * 20_000, refused(431)),
    case(
        "fields: one without end, in segments",
        RULE,
        get("/xyzzy")[:-2] + b"X-A: " + b"a" * 5_000,
        Act.SEGMENT,
        b"a" * 5_000,
        refused(431),
    ),
    case(
        "fields: a head without end, in segments",
        RULE,
        *(
            step
            for n in range(10)
            for step in (b"" if n else get("/xyzzy")[:-2], b"X: %b\r\n" % (b"a" * 7000), Act.SEGMENT)
        ),
        refused(431),
    ),
    case(
        "fields: without end, known before the body comes",
        RULE,
        post(b"", "X-A: " + "a" * 9000, "Expect: 100-continue", target="/xyzzy"),
        refused(431),
    ),
    case(
        "fields: too large, asked with HEAD",
        RULE,
        get("/", "X: " + "a" * 9000, method="HEAD"),
        refused(431, head=True),
    ),
)

CASES: tuple[Case, ...] = (
    *(
        case(f"fields: {name}", RULE, get("/", *lines), served(**seen))
        for name, (lines, seen) in SEEN.items()
    ),
    *(
        case(
            f"no field: {name}",
            "RFC 9112, 5",
            b"GET /xyzzy HTTP/1.1\r\nHost: h\r\n" + line + b"\r\nX-B: 1\r\n\r\n",
            refused(400),
        )
        for name, line in NO_FIELD.items()
    ),
    case(
        "no field: white space before the first",
        "RFC 9112, 2.2",
        b"GET /xyzzy HTTP/1.1\r\n X-A: 1\r\nHost: h\r\n\r\n",
        refused(400),
    ),
    case(
        "no field: white space alone after the request line",
        "RFC 9112, 2.2",
        b"GET /xyzzy HTTP/1.1\r\n \r\nHost: h\r\n\r\n",
        refused(400),
    ),
    *TOO_LARGE,
    case(
        "fields: nothing of the request before",
        "PEP 3333",
        get("/a?q", "X-A: 1", "Cookie: a=1", "Content-Type: text/x", "Authorization: x") + get("/b"),
        served(HTTP_X_A="1"),
        served(
            HTTP_X_A=ABSENT,
            HTTP_COOKIE=ABSENT,
            CONTENT_TYPE=ABSENT,
            HTTP_AUTHORIZATION=ABSENT,
            QUERY_STRING="",
            CONTENT_LENGTH=ABSENT,
        ),
    ),
)
