"""An application that fails at every moment; what it may do late or twice (PEP 3333, "Error Handling")."""

from __future__ import annotations

from tests.conformance.case import ABSENT, Case, Reply, case, ordered
from tests.conformance.responses import CLOSE, FAILED, PEP, TRACE, length

ERRORS = (
    "ValueError",
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "OddError",
    "BrokenPipeError",
    "StopIteration",
)


def trace(error: str) -> tuple[str, ...]:
    """Give what the log shows of this exception: a traceback that ends with it, once."""
    return (*TRACE, rf"^(\S+\.)?{error}: xyzzy$")


BEFORE_THE_HEAD = (
    *(
        case(
            f"raises {error}: before start_response",
            PEP,
            ordered(at="call", error=error),
            FAILED,
            logged=trace(error),
        )
        for error in ERRORS
    ),
    *(
        case(
            f"raises {error}: after start_response",
            PEP,
            ordered(at="started", headers=[["X-Old", "1"], *length(5)], error=error),
            Reply(status=500, is_failure=True, closes=None, headers={"X-Old": ABSENT}),
            logged=trace(error),
        )
        for error in ("ValueError", "SystemExit", "KeyboardInterrupt", "OddError")
    ),
    *(
        case(
            f"raises {error}: at the first next()",
            PEP,
            ordered(at="next", body=["a"], headers=[["X-Old", "1"], *length(1)], error=error),
            Reply(status=500, is_failure=True, closes=None, headers={"X-Old": ABSENT}),
            told=CLOSE,
            logged=trace(error),
        )
        for error in ("ValueError", "SystemExit", "KeyboardInterrupt", "OddError", "BrokenPipeError")
    ),
    case(
        "raises: after empty blocks",
        PEP,
        ordered(at="end", body=["", ""]),
        FAILED,
        told=CLOSE,
        logged=trace("ValueError"),
    ),
    case(
        "raises: asked with HEAD",
        PEP,
        ordered(method="HEAD", at="call"),
        Reply(status=500, is_failure=True, head=True, closes=None),
        logged=TRACE,
    ),
    case(
        "raises: in HTTP/1.0",
        PEP,
        ordered(http="1.0", at="call"),
        Reply(status=500, is_failure=True, closes=True),
        logged=TRACE,
    ),
)

AFTER_THE_HEAD = (
    *(
        case(
            f"raises {error}: in the middle of chunks",
            PEP,
            ordered(at="end", body=["he", "llo"], error=error),
            Reply(body=b"hello", is_cut=True),
            told=CLOSE,
            logged=trace(error),
        )
        for error in (
            "ValueError",
            "SystemExit",
            "KeyboardInterrupt",
            "GeneratorExit",
            "OddError",
            "BrokenPipeError",
        )
    ),
    case(
        "raises: in the middle of what would end with the connection",
        "RFC 9112, 6.3",
        ordered(http="1.0", at="end", body=["he", "llo"]),
        Reply(is_cut=True),
        told=CLOSE,
        logged=trace("ValueError"),
    ),
    case(
        "raises: in the middle of a Content-Length",
        PEP,
        ordered(at="end", body=["he"], headers=length(5)),
        Reply(body=b"he", is_cut=True),
        told=CLOSE,
        logged=trace("ValueError"),
    ),
    case(
        "raises: after write()",
        PEP,
        ordered(at="started", write=["he"]),
        Reply(body=b"he", is_cut=True),
        logged=trace("ValueError"),
    ),
    case(
        "raises: at next(), after write()",
        PEP,
        ordered(at="next", write=["he"]),
        Reply(body=b"he", is_cut=True),
        told=CLOSE,
        logged=trace("ValueError"),
    ),
)

CLOSING = (
    case("close(): after the end", PEP, ordered(body=["he", "llo"]), Reply(body=b"hello"), told=CLOSE),
    case("close(): of one that yields nothing", PEP, ordered(), Reply(body=b""), told=CLOSE),
    case(
        "close(): when start_response was not called",
        PEP,
        ordered(start="never", body=["xyzzy"]),
        FAILED,
        told=CLOSE,
        logged=TRACE,
    ),
    case(
        "close(): raises, after the last octet",
        PEP,
        ordered(at="close", body=["he", "llo"]),
        Reply(body=b"hello", closes=None),
        told=CLOSE,
        logged=trace("ValueError"),
    ),
    case(
        "close(): raises SystemExit",
        PEP,
        ordered(at="close", body=["hello"], error="SystemExit"),
        Reply(body=b"hello", closes=None),
        told=CLOSE,
        logged=trace("SystemExit"),
    ),
    case(
        "close(): raises, for HEAD",
        PEP,
        ordered(method="HEAD", at="close", body=["hello"], headers=length(5)),
        Reply(head=True, closes=None),
        told=CLOSE,
        logged=trace("ValueError"),
    ),
)

START_RESPONSE = (
    *(
        case(
            f"start_response: never, {kind}",
            PEP,
            ordered(start="never", kind=kind, body=body),
            FAILED,
            logged=TRACE,
        )
        for kind, body in (
            ("list", ["xyzzy"]),
            ("tuple", ["xyzzy", "xyzzy"]),
            ("generator", ["xyzzy"]),
        )
    ),
    case(
        "start_response: never, an empty list", PEP, ordered(start="never", kind="list"), FAILED, logged=TRACE
    ),
    case(
        "start_response: twice",
        PEP,
        ordered(start="twice", kind="generator", body=["xyzzy"]),
        FAILED,
        logged=TRACE,
    ),
    case(
        "start_response: at the first next()",
        PEP,
        ordered(start="next", body=["he", "llo"]),
        Reply(body=b"hello"),
        told=CLOSE,
    ),
    case(
        "start_response: at the first next(), with a length",
        PEP,
        ordered(start="next", kind="generator", body=["hello"], headers=[["X-A", "1"], *length(5)]),
        Reply(body=b"hello", framing="length", headers={"X-A": "1"}),
    ),
    case(
        "start_response: at the first next(), HEAD",
        PEP,
        ordered(method="HEAD", start="next", body=["he", "llo"]),
        Reply(head=True),
        told=CLOSE,
    ),
    case(
        "exc_info: before the head the new replaces the old",
        PEP,
        ordered(
            headers=[["X-Old", "1"], ["Set-Cookie", "a=1"], *length(99)],
            again=["503 Sorry", [["X-New", "1"]]],
            body=["sorry"],
        ),
        Reply(status=503, body=b"sorry", headers={"X-Old": ABSENT, "Set-Cookie": ABSENT, "X-New": "1"}),
        told=CLOSE,
    ),
    case(
        "exc_info: before the head, the old Date and Server go too",
        PEP,
        ordered(headers=[["Date", "xyz"], ["Server", "xyz"]], again=["503 Sorry", []], body=["sorry"]),
        Reply(status=503, body=b"sorry"),
        told=CLOSE,
    ),
    case(
        "exc_info: after an empty block the head is not out yet",
        PEP,
        ordered(headers=[["X-Old", "1"]], again=["503 Sorry", []], again_after=1, body=["", "sorry"]),
        Reply(status=503, body=b"sorry", headers={"X-Old": ABSENT}),
        told=CLOSE,
    ),
    case(
        "exc_info: after the head it is raised again",
        PEP,
        ordered(again=["503 Sorry", [["X-New", "1"]]], again_after=1, body=["hello", "xyzzy"]),
        Reply(status=200, body=b"hello", is_cut=True, headers={"X-New": ABSENT}),
        told=("raised again", "close"),
        logged=trace("ValueError"),
    ),
    case(
        "exc_info: after the head, with a length",
        PEP,
        ordered(headers=length(10), again=["503 Sorry", []], again_after=1, body=["hello", "xyzzy"]),
        Reply(status=200, body=b"hello", is_cut=True),
        told=("raised again", "close"),
        logged=trace("ValueError"),
    ),
    case(
        "exc_info: after write()",
        PEP,
        ordered(write=["hello"], again=["503 Sorry", []], body=["xyzzy"]),
        Reply(status=200, body=b"hello", is_cut=True),
        told=("raised again", "close"),
        logged=trace("ValueError"),
    ),
    case(
        "exc_info: a wrong header the second time",
        PEP,
        ordered(again=["503 Sorry", [["X-A", "xyzzy\r\n"]]], body=["xyzzy"]),
        FAILED,
        told=("raised again", "close"),
        logged=("^During handling of the above",),
    ),
)

WRITE = (
    case(
        "write(): then an iterable",
        PEP,
        ordered(write=["he", "l"], body=["l", "o"]),
        Reply(body=b"hello", framing="chunked"),
        told=CLOSE,
    ),
    case(
        "write(): then a list of one",
        PEP,
        ordered(write=["he"], kind="list", body=["llo"]),
        Reply(body=b"hello", framing="chunked"),
    ),
    case("write(): then an empty list", PEP, ordered(write=["hello"], kind="list"), Reply(body=b"hello")),
    case(
        "write(): with a length",
        PEP,
        ordered(write=["he"], body=["llo"], headers=length(5)),
        Reply(body=b"hello", framing="length"),
        told=CLOSE,
    ),
    case(
        "write(): all of a length",
        PEP,
        ordered(write=["hello"], kind="list", headers=length(5)),
        Reply(body=b"hello", framing="length"),
    ),
    case(
        "write(): empty blocks",
        PEP,
        ordered(write=["", "he", ""], body=["", "llo"]),
        Reply(body=b"hello"),
        told=CLOSE,
    ),
    case("write(): only an empty block", PEP, ordered(write=[""], kind="list"), Reply(body=b"")),
    case(
        "write(): in HTTP/1.0",
        PEP,
        ordered(http="1.0", write=["he"], kind="list", body=["llo"]),
        Reply(body=b"hello", framing="close", closes=True),
    ),
    case(
        "write(): in a generator",
        PEP,
        ordered(start="next", write=["he"], body=["llo"]),
        Reply(body=b"hello"),
        told=CLOSE,
    ),
)

LINK = [["Link", "</a.css>; rel=preload"]]
HINT = Reply(status=103, headers={"Link": "</a.css>; rel=preload", "Content-Length": ABSENT}, body=b"")
HINTS = (
    case(
        "early hints: one",
        "RFC 8297",
        ordered(hints=[LINK], kind="list", body=["a"]),
        HINT,
        Reply(body=b"a", headers={"Link": ABSENT}),
    ),
    case(
        "early hints: two",
        "RFC 8297",
        ordered(hints=[LINK, LINK], kind="list", body=["a"]),
        HINT,
        HINT,
        Reply(body=b"a"),
    ),
    case(
        "early hints: to HEAD",
        "RFC 8297",
        ordered(method="HEAD", hints=[LINK], kind="list", body=["a"]),
        HINT,
        Reply(head=True),
    ),
    case(
        "early hints: not to HTTP/1.0",
        "RFC 8297, 2",
        ordered(http="1.0", hints=[LINK], kind="list", body=["a"]),
        Reply(body=b"a", closes=True),
    ),
    case(
        "early hints: one that would split the answer",
        "RFC 8297",
        ordered(hints=[[["Link", "xyzzy\r\n\r\nevil"]]], kind="list", body=["xyzzy"]),
        FAILED,
        logged=TRACE,
    ),
    case(
        "early hints: then a failure",
        "RFC 8297",
        ordered(hints=[LINK], at="started"),
        HINT,
        FAILED,
        logged=TRACE,
    ),
)

CASES: tuple[Case, ...] = (*BEFORE_THE_HEAD, *AFTER_THE_HEAD, *CLOSING, *START_RESPONSE, *WRITE, *HINTS)
