"""What an application says, and what of it stands on the wire (PEP 3333; RFC 9112, 6 and 7)."""

from __future__ import annotations

import re

from tests.conformance.case import ABSENT, Case, Reply, case, get, ordered

PEP = "PEP 3333"
FAILED = Reply(status=500, is_failure=True, closes=None)
NEXT = Reply(status=200)
TRACE = ("^Traceback",)
CLOSE = ("close",)
PLAIN = [["Content-Type", "text/plain"]]


def length(size: int | str) -> list[list[str]]:
    """Give the headers of a response with this Content-Length."""
    return [["Content-Length", str(size)]]


FRAMING = (
    case(
        "framing: a list of one",
        PEP,
        ordered(kind="list", body=["hello"]),
        Reply(body=b"hello", framing="length", headers={"Content-Length": "5", "Transfer-Encoding": ABSENT}),
    ),
    case(
        "framing: a tuple of one",
        PEP,
        ordered(kind="tuple", body=["hello"]),
        Reply(body=b"hello", framing="length"),
    ),
    case(
        "framing: a list of one, its length given",
        PEP,
        ordered(kind="list", body=["hello"], headers=length(5)),
        Reply(body=b"hello", framing="length"),
    ),
    case(
        "framing: a list of one large block",
        PEP,
        ordered(kind="list", body=["x" * 7000]),
        Reply(body=b"x" * 7000),
    ),
    case(
        "framing: a list of one empty block",
        PEP,
        ordered(kind="list", body=[""]),
        Reply(body=b"", framing="length"),
    ),
    case("framing: an empty list", PEP, ordered(kind="list"), Reply(body=b"")),
    case("framing: an empty tuple", PEP, ordered(kind="tuple"), Reply(body=b"")),
    case(
        "framing: an empty list, its length given",
        PEP,
        ordered(kind="list", headers=length(0)),
        Reply(body=b"", framing="length"),
    ),
    case("framing: an empty generator", PEP, ordered(kind="generator"), Reply(body=b"")),
    case(
        "framing: a list of two",
        PEP,
        ordered(kind="list", body=["he", "llo"]),
        Reply(body=b"hello", framing="chunked"),
    ),
    case(
        "framing: a tuple of two",
        PEP,
        ordered(kind="tuple", body=["he", "llo"]),
        Reply(body=b"hello", framing="chunked"),
    ),
    case(
        "framing: a list of two, its length given",
        PEP,
        ordered(kind="list", body=["he", "llo"], headers=length(5)),
        Reply(body=b"hello", framing="length"),
    ),
    case(
        "framing: a generator of one",
        PEP,
        ordered(kind="generator", body=["hello"]),
        Reply(body=b"hello", framing="chunked"),
    ),
    case(
        "framing: a generator, its length given",
        PEP,
        ordered(kind="generator", body=["he", "llo"], headers=length(5)),
        Reply(body=b"hello", framing="length"),
    ),
    case(
        "framing: empty blocks end nothing",
        PEP,
        ordered(kind="list", body=["", "he", "", "llo", ""]),
        Reply(body=b"hello", framing="chunked"),
    ),
    case("framing: only empty blocks", PEP, ordered(kind="generator", body=["", "", ""]), Reply(body=b"")),
    case(
        "framing: a thousand blocks",
        PEP,
        ordered(kind="generator", body=["0123456789"], times=1000),
        Reply(body=b"0123456789" * 1000, framing="chunked"),
    ),
    case(
        "framing: large blocks",
        PEP,
        ordered(kind="generator", body=["x" * 7000], times=1000),
        Reply(body=b"x" * 7_000_000, framing="chunked"),
    ),
    case(
        "framing: every octet there is",
        PEP,
        ordered(kind="list", body=["".join(map(chr, range(256)))]),
        Reply(body=bytes(range(256))),
    ),
    case(
        "framing, 1.0: a list of one",
        PEP,
        ordered(http="1.0", kind="list", body=["hello"]),
        Reply(body=b"hello", framing="length", closes=True),
    ),
    case(
        "framing, 1.0: a list of one, kept",
        PEP,
        ordered(http="1.0", kind="list", body=["hello"], lines=("Connection: keep-alive",)),
        Reply(body=b"hello", framing="length", headers={"Connection": "keep-alive"}),
    ),
    case(
        "framing, 1.0: several",
        PEP,
        ordered(http="1.0", kind="list", body=["he", "llo"]),
        Reply(body=b"hello", framing="close", closes=True),
    ),
    case(
        "framing, 1.0: several cannot be kept",
        PEP,
        ordered(http="1.0", kind="generator", body=["he", "llo"], lines=("Connection: keep-alive",)),
        Reply(body=b"hello", framing="close", closes=True),
    ),
    case(
        "framing, 1.0: several with their length are kept",
        PEP,
        ordered(
            http="1.0",
            kind="generator",
            body=["he", "llo"],
            headers=length(5),
            lines=("Connection: keep-alive",),
        ),
        Reply(body=b"hello", framing="length", headers={"Connection": "keep-alive"}),
    ),
    case(
        "framing, close: several are chunked all the same",
        PEP,
        ordered(kind="list", body=["he", "llo"], lines=("Connection: close",)),
        Reply(body=b"hello", framing="chunked", closes=True),
    ),
)

# what has no body, whatever the application yields
BODILESS = (
    *(
        case(
            f"HEAD: {name}",
            "RFC 9110, 9.3.2",
            ordered(method="HEAD", **plan),
            Reply(head=True, headers=headers),
            told=told,
        )
        for name, plan, headers, told in (
            ("a list of one", {"kind": "list", "body": ["hello"]}, {}, ()),
            (
                "a list of one, its length given",
                {"kind": "list", "body": ["hello"], "headers": length(5)},
                {"Content-Length": "5"},
                (),
            ),
            ("no body, a length given", {"kind": "list", "headers": length(5)}, {"Content-Length": "5"}, ()),
            (
                "an empty block, a length given",
                {"kind": "list", "body": [""], "headers": length(5)},
                {"Content-Length": "5"},
                (),
            ),
            # what GET would get is not known from nothing
            ("an empty list", {"kind": "list"}, {"Content-Length": ABSENT}, ()),
            ("several", {"kind": "list", "body": ["he", "llo"]}, {}, ()),
            ("an iterator is closed", {"body": ["he", "llo"]}, {}, CLOSE),
            (
                "an iterator with its length",
                {"body": ["he", "llo"], "headers": length(5)},
                {"Content-Length": "5"},
                CLOSE,
            ),
            ("write()", {"write": ["he"], "body": ["llo"]}, {}, CLOSE),
            (
                "more than its length",
                {"kind": "list", "body": ["hello"], "headers": length(2)},
                {"Content-Length": "2"},
                (),
            ),
        )
    ),
    *(
        case(
            f"{status[:3]}: {name}",
            "RFC 9110, 15",
            ordered(status=status, **plan),
            Reply(status=int(status[:3]), headers=headers),
            told=told,
        )
        for status in ("204 No Content", "304 Not Modified")
        for name, plan, headers, told in (
            ("an empty list", {"kind": "list", "headers": []}, {"Content-Length": ABSENT}, ()),
            ("a list of one", {"kind": "list", "body": ["hello"]}, {}, ()),
            ("several", {"kind": "list", "body": ["he", "llo"]}, {}, ()),
            ("an iterator is closed", {"body": ["he", "llo"]}, {}, CLOSE),
            ("write()", {"write": ["he"], "body": ["llo"]}, {}, CLOSE),
        )
    ),
    case(
        "204: never a length",
        "RFC 9110, 8.6",
        ordered(status="204 No Content", kind="list", body=["hello"], headers=length(5)),
        Reply(status=204, headers={"Content-Length": ABSENT}),
    ),
    case(
        "204: not even 0",
        "RFC 9110, 8.6",
        ordered(status="204 No Content", kind="list", headers=length(0)),
        Reply(status=204, headers={"Content-Length": ABSENT}),
    ),
    case(
        "304: a length as given",
        "RFC 9110, 8.6",
        ordered(status="304 Not Modified", kind="list", headers=length(5)),
        Reply(status=304, headers={"Content-Length": "5"}),
    ),
    case(
        "304: a length as given, and a body",
        "RFC 9110, 8.6",
        ordered(status="304 Not Modified", body=["hello"], headers=length(5)),
        Reply(status=304, headers={"Content-Length": "5"}),
        told=CLOSE,
    ),
    case(
        "304: to HEAD",
        "RFC 9110, 8.6",
        ordered(method="HEAD", status="304 Not Modified", kind="list", headers=length(5)),
        Reply(status=304, head=True, headers={"Content-Length": "5"}),
    ),
    case(
        "204: in HTTP/1.0, kept",
        "RFC 9110, 15.3.5",
        ordered(
            http="1.0", status="204 No Content", kind="list", headers=[], lines=("Connection: keep-alive",)
        ),
        Reply(status=204, headers={"Connection": "keep-alive"}),
    ),
)

# Content-Length against what is yielded
MISMATCH = (
    *(
        case(
            f"too much: {name}",
            "RFC 9112, 6.3",
            ordered(**plan),
            Reply(body=b"he", framing="length"),
            told=told,
            logged=("Content-Length",),
        )
        for name, plan, told in (
            ("a list of one", {"kind": "list", "body": ["hello"], "headers": length(2)}, ()),
            ("a list of two", {"kind": "list", "body": ["h", "ello"], "headers": length(2)}, ()),
            (
                "a list of two, the first is enough",
                {"kind": "list", "body": ["he", "llo"], "headers": length(2)},
                (),
            ),
            ("an iterator", {"body": ["h", "ello", "more"], "headers": length(2)}, CLOSE),
            (
                "an iterator, the first is enough",
                {"body": ["he", "llo", "more"], "headers": length(2)},
                CLOSE,
            ),
            ("write()", {"write": ["h", "ello"], "headers": length(2)}, CLOSE),
            ("write(), the first is enough", {"write": ["he", "llo", "more"], "headers": length(2)}, CLOSE),
            ("an iterator after write()", {"write": ["he"], "body": ["llo"], "headers": length(2)}, CLOSE),
        )
    ),
    case(
        "too much: for nothing",
        "RFC 9112, 6.3",
        ordered(kind="list", body=["xyzzy"], headers=length(0)),
        Reply(body=b"", framing="length"),
        logged=("Content-Length",),
    ),
    case(
        "enough: what stands behind the last yield is run",
        PEP,
        ordered(body=["he", "llo"], headers=length(5), tells_end=True),
        Reply(body=b"hello", framing="length"),
        told=("end", "close"),
    ),
    case(
        "enough: empty blocks behind the last are no excess",
        PEP,
        ordered(body=["he", "llo", "", ""], headers=length(5)),
        Reply(body=b"hello", framing="length"),
        told=CLOSE,
    ),
    *(
        case(
            f"too little: {name}",
            "RFC 9112, 6.3",
            ordered(**plan),
            Reply(body=b"hello"[:size], is_cut=True),
            told=told,
            logged=("Content-Length",),
        )
        for name, plan, size, told in (
            ("a list of one", {"kind": "list", "body": ["hello"], "headers": length(6)}, 5, ()),
            ("a list of two", {"kind": "list", "body": ["he", "llo"], "headers": length(6)}, 5, ()),
            ("an empty list", {"kind": "list", "headers": length(6)}, 0, ()),
            ("an iterator", {"body": ["he", "llo"], "headers": length(600)}, 5, CLOSE),
            ("write()", {"write": ["he"], "headers": length(6)}, 2, CLOSE),
            ("in HTTP/1.0", {"http": "1.0", "body": ["he"], "headers": length(6)}, 2, CLOSE),
        )
    ),
)

REFUSED_HEADERS: dict[str, list[list[str]]] = {
    "two lengths, the same": [*length(5), *length(5)],
    "two lengths, different": [*length(5), *length(6)],
    "two lengths, in another case": [*length(5), ["content-length", "5"]],
    **{
        f"the length {value!r}": length(value)
        for value in ("-5", "+5", "5x", "", "0x5", "5, 5", "5_0", "5.0", "\xb2", "\u0665")
    },
    **{
        f"{name} is the server's": [[name, value]]
        for name, value in (
            ("Transfer-Encoding", "chunked"),
            ("transfer-ENCODING", "identity"),
            ("Connection", "close"),
            ("connection", "keep-alive"),
            ("Keep-Alive", "timeout=5"),
            ("Upgrade", "h2c"),
            ("Trailers", "X-T"),
            ("TE", "trailers"),
            ("Proxy-Authenticate", "Basic"),
            ("Proxy-Authorization", "Basic"),
        )
    },
    **{
        f"the name {name!r}": [[name, "xyzzy"]]
        for name in (
            "",
            " ",
            "X A",
            "X:A",
            "X-A:",
            "X(A)",
            "X/A",
            "X-\xe9",
            "X-\u20ac",
            "X\x00",
            "X\x7f",
            " X-A",
            "X-A ",
            "X\r\nX-Evil",
            "X\nX-Evil",
            "X-A\r\n",
            "X-A\n",
        )
    },
    **{
        f"the value {value!r}": [["X-A", value]]
        for value in (
            "a\r\nX-Evil: xyzzy",
            "a\nX-Evil: xyzzy",
            "a\rX-Evil: xyzzy",
            "xyzzy\r\n",
            "xyzzy\n",
            "\nxyzzy",
            "xyzzy\r\n folded",
            "xy\x00zzy",
            "xy\x01zzy",
            "\x1b[2Jxyzzy",
            "xy\x0bzzy",
            "xyzzy\x7f",
            "xyzzy \u20ac",
            "xyzzy\u2028",
        )
    },
    "a wrong one among right ones": [["X-A", "1"], ["X-B", "xyzzy\r\n\r\nevil"], ["X-C", "3"]],
}

REFUSED_STATUSES = (
    "",
    "200",
    "OK",
    "20 OK",
    "2000 OK",
    "abc OK",
    "200OK",
    " 200 OK",
    "200\tOK",
    "-20 OK",
    "+20 OK",
    "2_0 OK",
    "\uff12\uff10\uff10 OK",
    "200 xyzzy\r\nX-Evil: 1",
    "200 xyzzy\n",
    "200 xyzzy\r",
    "200 xy\x00zzy",
    "200 xy\x1bzzy",
    "200 xyzzy\x7f",
    "200 \u20ac",
    "099 Low",
    "000 None",
)

ACCEPTED = (
    case(
        "header: latin-1, a tab, nothing in a value",
        PEP,
        ordered(
            kind="list",
            body=["a"],
            headers=[["X-A", "caf\xe9"], ["X-B", "a\tb"], ["X-C", ""], ["X-D", "\xa0"]],
        ),
        Reply(headers={"X-A": "caf\xe9", "X-B": "a\tb", "X-C": "", "X-D": "\xa0"}),
    ),
    case(
        "header: an odd name",
        PEP,
        ordered(kind="list", body=["a"], headers=[["x!#$%&'*+-.^_`|~9", "1"]]),
        Reply(headers={"x!#$%&'*+-.^_`|~9": "1"}),
    ),
    case(
        "header: a large one",
        PEP,
        ordered(kind="list", body=["a"], headers=[["X-A", "a" * 7000]]),
        Reply(headers={"X-A": "a" * 7000}),
    ),
    case(
        "header: its own Date",
        "RFC 9110, 6.6.1",
        ordered(kind="list", body=["a"], headers=[["Date", "xyz"]]),
        Reply(headers={"Date": "xyz"}),
    ),
    case(
        "header: its own date, in small letters",
        PEP,
        ordered(kind="list", body=["a"], headers=[["date", "xyz"]]),
        Reply(headers={"Date": "xyz"}),
    ),
    case(
        "header: its own Server",
        "RFC 9110, 10.2.4",
        ordered(kind="list", body=["a"], headers=[["SERVER", "mine"]]),
        Reply(headers={"Server": "mine"}),
    ),
    case(
        "header: its own Date and Server",
        PEP,
        ordered(kind="list", body=["a"], headers=[["Date", "x"], ["Server", "y"]]),
        Reply(headers={"Date": "x", "Server": "y"}),
    ),
    case(
        "header: none",
        PEP,
        ordered(kind="list", body=["a"], headers=[]),
        Reply(body=b"a", headers={"Content-Type": ABSENT, "Server": re.compile(".+")}),
    ),
    case(
        "status: without a word",
        PEP,
        ordered(kind="list", body=["a"], status="200 "),
        Reply(status=200, body=b"a"),
    ),
    case(
        "status: one that nobody knows",
        PEP,
        ordered(kind="list", body=["a"], status="299 Odd"),
        Reply(status=299, body=b"a"),
    ),
    case(
        "status: latin-1",
        PEP,
        ordered(kind="list", body=["a"], status="404 Verdr\xfcckt"),
        Reply(status=404, body=b"a"),
    ),
    case(
        "status: an error of the application's own",
        PEP,
        ordered(kind="list", body=["sorry"], status="500 Mine"),
        Reply(status=500, body=b"sorry"),
    ),
)

WRONG_TYPES = (
    "status-bytes",
    "status-int",
    "name-bytes",
    "value-bytes",
    "value-int",
    "value-none",
    "pair-of-three",
    "block-str",
    "block-none",
    "block-int",
    "body-none",
    "body-int",
)

HEADERS = (
    *(
        case(f"refused header: {name}", PEP, ordered(headers=headers, body=["xyzzy"]), FAILED, logged=TRACE)
        for name, headers in REFUSED_HEADERS.items()
    ),
    *(
        case(f"refused status: {status!r}", PEP, ordered(status=status, body=["xyzzy"]), FAILED, logged=TRACE)
        for status in REFUSED_STATUSES
    ),
    *(
        case(f"refused type: {name}", PEP, get(f"/-/wrongly?{name}"), FAILED, logged=TRACE)
        for name in WRONG_TYPES
    ),
)

CASES: tuple[Case, ...] = (*FRAMING, *BODILESS, *MISMATCH, *ACCEPTED, *HEADERS)
