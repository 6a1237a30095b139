"""The Host of a request: exactly one, and nothing that another reader could take for another host."""

from __future__ import annotations

from tests.conformance.case import ABSENT, Case, case, get, refused, served, served_last

RULE = "RFC 9112, 3.2"

GOOD = (
    "example.com",
    "EXAMPLE.com",
    "example.com.",
    "example.com:8080",
    "a-b.c_d",
    "xn--bcher-kva.example",
    "127.0.0.1",
    "127.0.0.1:80",
    "[::1]",
    "[::1]:80",
    "[2001:db8::1]:8080",
    "h:",
    "h:65535",
    "h:0080",
    "%41.example",
    "a~b!c$d",
)

BAD = {
    "space": "xyzzy z",
    "tab": "xyzzy\tz",
    "slash": "xyzzy/z",
    "scheme": "http://xyzzy",
    "at": "u@xyzzy",
    "comma": "xyzzy,z",
    "comma and space": "xyzzy, z",
    "quote": '"xyzzy"',
    "hash": "xyzzy#z",
    "question mark": "xyzzy?z",
    "backslash": "xyzzy\\z",
    "NUL": "xyzzy\0z",
    "control": "xyzzy\x01z",
    "DEL": "xyzzy\x7fz",
    "latin-1": "xyzzy\xe9",
    "angle brackets": "<xyzzy>",
    "port in letters": "xyzzy:http",
    "port and a letter": "xyzzy:80x",
    "negative port": "xyzzy:-1",
    "plus in the port": "xyzzy:+1",
    "underscore in the port": "xyzzy:8_0",
    "two ports": "xyzzy:80:80",
    "port with a space": "xyzzy: 80",
    "port too large": "xyzzy:65536",
    "port far too large": "xyzzy:18446744073709551696",
    "port in other digits": "xyzzy:\xb2",
    "open bracket": "[::1",
    "closing bracket": "xyzzy]",
    "bracket in the middle": "xyzzy[::1]",
    "something behind the bracket": "[::1]xyzzy",
    "a name in brackets": "[xyzzy]",
    "nothing in brackets": "[]",
    "IPv6 without brackets": "::1",
    "half a percent": "xyzzy%4",
    "percent without hex": "xyzzy%zz",
    "braces": "{xyzzy}",
    "pipe": "xyzzy|z",
}

TWO = {
    "the same": ("Host: xyzzy", "Host: xyzzy"),
    "different": ("Host: xyzzy", "Host: z"),
    "in another case": ("Host: xyzzy", "hOST: xyzzy"),
    "one is empty": ("Host: xyzzy", "Host:"),
    "both are empty": ("Host:", "Host:"),
    "far apart": ("Host: xyzzy", "X-A: 1", "X-B: 2", "HOST: xyzzy"),
}

CASES: tuple[Case, ...] = (
    *(
        case(
            f"host: {host}", RULE, get("/", f"Host: {host}"), served(HTTP_HOST=host, SERVER_NAME="127.0.0.1")
        )
        for host in GOOD
    ),
    *(
        case(f"host, refused: {name}", RULE, get("/xyzzy", f"Host: {host}"), refused(400))
        for name, host in BAD.items()
    ),
    *(case(f"host, two: {name}", RULE, get("/xyzzy", *lines), refused(400)) for name, lines in TWO.items()),
    case("host, two: in HTTP/1.0", RULE, get("/xyzzy", *TWO["different"], version="1.0"), refused(400)),
    case("host, refused: in HTTP/1.0 too", RULE, get("/", "Host: xyzzy/z", version="1.0"), refused(400)),
    case("host: none in HTTP/1.1", RULE, b"GET /xyzzy HTTP/1.1\r\n\r\n", refused(400)),
    case(
        "host: none in HTTP/1.1, and other fields",
        RULE,
        b"GET /xyzzy HTTP/1.1\r\nX-Host: h\r\n\r\n",
        refused(400),
    ),
    case(
        "host: none in HTTP/1.1 with a body",
        RULE,
        b"POST /xyzzy HTTP/1.1\r\nContent-Length: 1\r\n\r\na",
        refused(400),
    ),
    case("host: none, asked with HEAD", RULE, b"HEAD /xyzzy HTTP/1.1\r\n\r\n", refused(400, head=True)),
    case(
        "host: none in HTTP/1.0",
        RULE,
        get("/", version="1.0"),
        served_last(HTTP_HOST=ABSENT, SERVER_NAME="127.0.0.1"),
    ),
    case("host: empty", RULE, get("/", "Host:"), served(SERVER_NAME="127.0.0.1")),
    case("host: white space only", RULE, get("/", "Host: \t "), served(SERVER_NAME="127.0.0.1")),
    case("host: white space around", RULE, get("/", "Host: \t h:80 \t"), served(HTTP_HOST="h:80")),
    case(
        "host: the one of the request before is forgotten",
        RULE,
        get("/", "Host: h") + b"GET /xyzzy HTTP/1.1\r\n\r\n",
        served(HTTP_HOST="h"),
        refused(400),
    ),
    case(
        "host: a good one before does not make the next good",
        RULE,
        get("/", "Host: h") + get("/", "Host: xyzzy z"),
        served(HTTP_HOST="h"),
        refused(400),
    ),
)
