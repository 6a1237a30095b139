"""Where a body begins and ends: Content-Length, chunks, and all by which two readers could come to differ."""

from __future__ import annotations

from tests.conformance.case import ABSENT, Act, Case, case, chunked, get, post, refused, served, served_last

RULE = "RFC 9112, 6"
BIG = bytes(range(256)) * (5 * 1024 * 1024 // 256)
CHUNKED = "Transfer-Encoding: chunked"


def lines(*fields: str, body: bytes = b"", version: str = "1.1") -> bytes:
    """Give the octets of a POST to /xyzzy with these fields and whatever follows."""
    return get("/xyzzy", *fields, version=version, method="POST") + body


SERVED = (
    case("length: a body", RULE, post(b"hello"), served(b"hello", CONTENT_LENGTH="5", REQUEST_METHOD="POST")),
    case("length: 0", RULE, post(b""), served(b"", CONTENT_LENGTH="0")),
    case("length: none", RULE, get(method="POST"), served(b"", CONTENT_LENGTH=ABSENT)),
    case("length: a body with GET", RULE, get("/", "Content-Length: 5") + b"hello", served(b"hello")),
    case(
        "length: a body with DELETE",
        RULE,
        get("/", "Content-Length: 2", method="DELETE") + b"hi",
        served(b"hi"),
    ),
    case(
        "length: leading zeros", "RFC 9110, 8.6", get("/", "Content-Length: 005") + b"hello", served(b"hello")
    ),
    case("length: white space around", RULE, get("/", "Content-Length: \t5 ") + b"hello", served(b"hello")),
    case("length: every octet there is", RULE, post(bytes(range(256))), served(bytes(range(256)))),
    case("length: a body that looks like a request", RULE, post(get("/smuggled")), served(get("/smuggled"))),
    case("length: in HTTP/1.0", RULE, post(b"hello", version="1.0"), served_last(b"hello")),
    case(
        "length: in segments",
        RULE,
        post(b"hello")[:-5],
        Act.SEGMENT,
        b"he",
        Act.SEGMENT,
        b"llo",
        served(b"hello"),
    ),
    case("length: 100,000 octets, spooled", RULE, post(BIG[:100_000]), served(BIG[:100_000])),
    case("length: as much as stays in memory", RULE, post(BIG[:65536]), served(BIG[:65536])),
    case("length: one octet more", RULE, post(BIG[:65537]), served(BIG[:65537])),
    case("length: 5 MB", RULE, post(BIG), served(BIG)),
    case(
        "chunks: one",
        RULE,
        chunked(b"hello"),
        served(b"hello", HTTP_TRANSFER_ENCODING="chunked"),
    ),
    case("chunks: none", RULE, chunked(), served(b"")),
    case("chunks: several", RULE, chunked(b"he", b"l", b"lo"), served(b"hello")),
    case(
        "chunks: 5 MB",
        RULE,
        chunked(*(BIG[n : n + 100_000] for n in range(0, len(BIG), 100_000))),
        served(BIG),
    ),
    case("chunks: 5,000 small ones", RULE, chunked(*[b"ab"] * 5000), served(b"ab" * 5000)),
    case("chunks: one of 200,000 octets", RULE, chunked(BIG[:200_000]), served(BIG[:200_000])),
    case(
        "chunks: coding in capitals",
        "RFC 9112, 7",
        lines("TRANSFER-ENCODING: CHUNKED", body=b"1\r\na\r\n0\r\n\r\n"),
        served(b"a"),
    ),
    case(
        "chunks: size in capitals",
        "RFC 9112, 7.1",
        lines(CHUNKED, body=b"A\r\n0123456789\r\n0\r\n\r\n"),
        served(b"0123456789"),
    ),
    case(
        "chunks: size in small letters",
        "RFC 9112, 7.1",
        lines(CHUNKED, body=b"a\r\n0123456789\r\n0\r\n\r\n"),
        served(b"0123456789"),
    ),
    case(
        "chunks: leading zeros",
        "RFC 9112, 7.1",
        lines(CHUNKED, body=b"0005\r\nhello\r\n000\r\n\r\n"),
        served(b"hello"),
    ),
    case(
        "chunks: an extension",
        "RFC 9112, 7.1.1",
        lines(CHUNKED, body=b"5;a=b;c\r\nhello\r\n0;d\r\n\r\n"),
        served(b"hello"),
    ),
    case(
        "chunks: an extension in quotes",
        "RFC 9112, 7.1.1",
        lines(CHUNKED, body=b'5;a="b c"\r\nhello\r\n0\r\n\r\n'),
        served(b"hello"),
    ),
    case(
        "chunks: in segments, cut at every place",
        RULE,
        lines(CHUNKED, body=b"5"),
        *(
            step
            for one in (b"\r", b"\nhe", b"llo", b"\r", b"\n", b"0", b"\r\n", b"\r")
            for step in (Act.SEGMENT, one)
        ),
        Act.SEGMENT,
        b"\n",
        served(b"hello"),
    ),
    case(
        "chunks: data that looks like an end",
        RULE,
        chunked(b"0\r\n\r\n", b"\r\n\r\n"),
        served(b"0\r\n\r\n\r\n\r\n"),
    ),
    case(
        "trailers: read, and never in environ",
        "RFC 9110, 6.5.1",
        lines(CHUNKED, "Trailer: X-T", body=b"1\r\na\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n") + get("/next"),
        served(b"a", HTTP_X_T=ABSENT, HTTP_X_U=ABSENT),
        served(PATH_INFO="/next", HTTP_X_T=ABSENT, HTTP_X_U=ABSENT),
    ),
    case(
        "trailers: what a head may say, a trailer may not",
        "RFC 9110, 6.5.1",
        lines(CHUNKED, "X-A: 1", body=b"0\r\nX-A: 2\r\nAuthorization: xyzzy\r\nCookie: xyzzy\r\n\r\n"),
        served(b"", HTTP_X_A="1", HTTP_AUTHORIZATION=ABSENT, HTTP_COOKIE=ABSENT),
    ),
    case(
        "trailers: in segments",
        RULE,
        lines(CHUNKED, body=b"0\r\nX-T"),
        Act.SEGMENT,
        b": 1\r",
        Act.SEGMENT,
        b"\n\r\n",
        served(b"", HTTP_X_T=ABSENT),
    ),
)

TWO_READINGS = {
    "chunked and a length": lines("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "a length and chunked": lines(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
    "chunked and a length of 0": lines("Content-Length: 0", CHUNKED, body=b"1\r\na\r\n0\r\n\r\n"),
    "chunked and a length, in capitals": lines(
        "CONTENT-LENGTH: 5", "transfer-encoding: Chunked", body=b"0\r\n\r\n"
    ),
    "two lengths, the same": lines("Content-Length: 5", "Content-Length: 5", body=b"hello"),
    "two lengths, different": lines("Content-Length: 5", "Content-Length: 6", body=b"hello!"),
    "two lengths, in another case": lines("Content-Length: 5", "content-length: 5", body=b"hello"),
    "two lengths, one is 0": lines("Content-Length: 0", "Content-Length: 5", body=b"hello"),
    "two lengths, both are 0": lines("Content-Length: 0", "Content-Length: 0"),
    "chunked in HTTP/1.0": lines(CHUNKED, body=b"0\r\n\r\n", version="1.0"),
    "chunked in HTTP/1.0 with keep-alive": lines(
        CHUNKED, "Connection: keep-alive", body=b"0\r\n\r\n", version="1.0"
    ),
    "chunked and a length in HTTP/1.0": lines(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n", version="1.0"),
    "gzip alone": lines("Transfer-Encoding: gzip", body=b"hello"),
    "gzip and a length": lines("Transfer-Encoding: gzip", "Content-Length: 5", body=b"hello"),
    "identity": lines("Transfer-Encoding: identity", body=b"hello"),
    "identity and a length": lines("Transfer-Encoding: identity", "Content-Length: 5", body=b"hello"),
    "chunked, then gzip": lines("Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"),
    "chunked, then gzip, in two lines": lines(CHUNKED, "Transfer-Encoding: gzip", body=b"0\r\n\r\n"),
    "chunked, then identity": lines("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "chunked twice": lines("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunked twice, in two lines": lines(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "an empty coding": lines("Transfer-Encoding:", body=b"0\r\n\r\n"),
    "an empty coding and a length": lines("Transfer-Encoding:", "Content-Length: 5", body=b"hello"),
    "xchunked": lines("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunked with a parameter": lines("Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"),
    "chunkedx": lines("Transfer-Encoding: chunkedx", body=b"0\r\n\r\n"),
    "chunked in quotes": lines('Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "chunked behind NBSP": lines("Transfer-Encoding: \xa0chunked", body=b"0\r\n\r\n"),
    "chunked behind VT": lines("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "a space before the colon of the coding": lines("Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "a folded coding": lines("Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"),
}

# RFC 9112, 6.1: "a server that receives a request message with a transfer coding it does not understand
# SHOULD respond with 501"; where the body's end cannot be told at all it is 400 (6.3)
OTHER_CODINGS = {
    "gzip, then chunked": ("Transfer-Encoding: gzip, chunked",),
    "gzip, then chunked, in two lines": ("Transfer-Encoding: gzip", CHUNKED),
    "deflate, then chunked": ("Transfer-Encoding: deflate,chunked",),
    "gzip, br, then chunked": ("Transfer-Encoding: gzip, br, chunked",),
}

BAD_LENGTHS = (
    "+5",
    "-5",
    "-0",
    "5_0",
    "5, 5",
    "5,5",
    "5,6",
    "",
    "0x5",
    "5 5",
    "5.0",
    "5e0",
    "five",
    '"5"',
    "5;",
    "\xb5",
    "\xb2",
    "5\x0b",
    "\xa05",
    "5\t5",
    "99999999999999999999999999x",
)

BAD_CHUNKS = {
    "a size that is no number": b"xyzzy\r\nhello\r\n0\r\n\r\n",
    "a size with a letter behind": b"5x\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "a plus": b"+5\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "a space before the size": b" 5\r\nhello\r\n0\r\n\r\n",
    "an empty size": b"\r\nhello\r\n0\r\n\r\n",
    "only an extension": b";a=b\r\nhello\r\n0\r\n\r\n",
    "a size that overflows 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a size of 40 digits": b"f" * 40 + b"\r\nhello\r\n0\r\n\r\n",
    "LF after the size": b"5\nhello\r\n0\r\n\r\n",
    "CR after the size": b"5\rhello\r\n0\r\n\r\n",
    "LF after an extension": b"5;a\nhello\r\n0\r\n\r\n",
    "LF in an extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "CR in an extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;a\x00b\r\nhello\r\n0\r\n\r\n",
    "NUL after the size": b"5\x00\r\nhello\r\n0\r\n\r\n",
    "LF after the data": b"5\r\nhello\n0\r\n\r\n",
    "nothing after the data": b"5\r\nhello0\r\n\r\n",
    "more data than its size": b"4\r\nhello\r\n0\r\n\r\n",
    "CR CR after the data": b"5\r\nhello\r\r\n0\r\n\r\n",
    "LF after the last size": b"5\r\nhello\r\n0\n\r\n",
    "LF as the end": b"5\r\nhello\r\n0\r\n\n",
    "a bad trailer": b"0\r\nX T: 1\r\n\r\n",
    "a trailer with NUL": b"0\r\nX-T: \x00\r\n\r\n",
    "a folded trailer": b"0\r\nX-T: 1\r\n 2\r\n\r\n",
}

# what is known of a body before the application is called: where it is read first
READ_BEFORE: tuple[Case, ...] = (
    # Django takes a body without CONTENT_LENGTH for none
    case(
        "chunks: their length is told",
        "RFC 3875, 4.1.2",
        chunked(b"he", b"llo"),
        served(b"hello", CONTENT_LENGTH="5"),
    ),
    case("chunks: a length of none", "RFC 3875, 4.1.2", chunked(), served(b"", CONTENT_LENGTH="0")),
    case(
        "chunks: the length of a spooled body",
        "RFC 3875, 4.1.2",
        chunked(BIG[:200_000]),
        served(BIG[:200_000], CONTENT_LENGTH="200000"),
    ),
    case(
        "chunks: an extension without end",
        RULE,
        lines(CHUNKED, body=b"5;" + b"a" * 40_000),
        refused(400, 413, 431),
    ),
    case(
        "chunks: an extension for each octet, without end",
        RULE,
        lines(CHUNKED, body=b"".join(b"1;%b\r\na\r\n" % (b"x" * 5000) for _ in range(20))),
        refused(400, 413, 431),
    ),
    case(
        "trailers: without end",
        RULE,
        lines(CHUNKED, body=b"0\r\n" + b"X-T: 1\r\n" * 5000),
        refused(400, 413, 431),
    ),
    case(
        "trailers: one without end",
        RULE,
        lines(CHUNKED, body=b"0\r\nX-T: " + b"a" * 40_000),
        refused(400, 413, 431),
    ),
    case(
        "chunks: leading zeros without end", RULE, lines(CHUNKED, body=b"0" * 40_000), refused(400, 413, 431)
    ),
)

CASES: tuple[Case, ...] = (
    *SERVED,
    *(case(f"framing: {name}", RULE, octets, refused(400)) for name, octets in TWO_READINGS.items()),
    *(
        case(f"framing: {name}", "RFC 9112, 6.1", lines(*codings, body=b"0\r\n\r\n"), refused(501))
        for name, codings in OTHER_CODINGS.items()
    ),
    *(
        case(
            f"length: {length!r}",
            "RFC 9110, 8.6",
            lines(f"Content-Length: {length}", body=b"hello"),
            refused(400),
        )
        for length in BAD_LENGTHS
    ),
    case("length: too large for any machine", RULE, lines("Content-Length: " + "9" * 30), refused(400, 413)),
    case(
        "length: 2 to the power of 64, and 5",
        RULE,
        lines("Content-Length: 18446744073709551621"),
        refused(400, 413),
    ),
    *(
        case(f"chunks, refused: {name}", "RFC 9112, 7.1", lines(CHUNKED, body=octets), refused(400))
        for name, octets in BAD_CHUNKS.items()
    ),
    case(
        "body: above limit_request_body, by its length",
        "RFC 9110, 15.5.14",
        lines("Content-Length: 1073741825"),
        refused(413),
    ),
    case(
        "body: above limit_request_body, asked with 100-continue",
        "RFC 9110, 10.1.1",
        lines("Content-Length: 1073741825", "Expect: 100-continue"),
        refused(413),
    ),
)
