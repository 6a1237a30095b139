"""What RFC 9112 demands, sections 2 to 9, of a server or of whoever receives a message: data.

Each MUST and MUST NOT, in our own words, beside the rows of the tables that would fail if it were not kept.
What binds clients and proxies alone is left out; a section that has nothing else is in SILENT, with the
reason. `python -m tests.conformance.musts` lists them all, and says which have no row.
"""

from __future__ import annotations

import fnmatch
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conformance import (
    connection,
    failures,
    fields,
    files,
    framing,
    host,
    request_line,
    responses,
    secure,
    strict,
    target,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conformance.case import Case


@dataclass(frozen=True, slots=True)
class Must:
    """One demand; `rows` are patterns of the ids of cases, as in `fnmatch`."""

    section: str
    says: str
    rows: tuple[str, ...]


MUSTS: tuple[Must, ...] = (
    Must(
        "2.2",
        "a message is read as octets, in a superset of US-ASCII, whatever its content",
        ("fields: latin-1 octets", "fields: UTF-8 octets*", "target, percent: /%C3%A9", "no field: latin-1*"),
    ),
    Must(
        "2.2",
        "no bare CR is sent; one that is received makes its element invalid, or is taken for a space",
        ("bare CR: *", "no field: bare CR*", "target: *r' in it", "refused header: the value 'a?rX-Evil*"),
    ),
    Must(
        "2.2",
        "no white space stands between the start line and the first field; where it is received, the message "
        "is refused, or those lines are skipped",
        ("no field: white space before the first", "no field: white space alone*"),
    ),
    Must("3", "a target that is longer than any that is taken gets 414", ("line: longer*", "limit: a line*")),
    Must("3.2", "HTTP/1.1 without Host gets 400", ("host: none in HTTP/1.1",)),
    Must("3.2", "more than one Host line gets 400", ("host, two: *",)),
    Must("3.2", "a Host that is none gets 400", ("host, refused: *",)),
    Must(
        "3.2.2",
        "the authority of an absolute target counts, and not the Host line beside it",
        ("target, absolute: http://h/abs?q", "target, absolute: the next request*"),
    ),
    Must("3.2.2", "the absolute form is accepted, though only proxies are sent it", ("target, absolute: *",)),
    Must(
        "4",
        "the space behind the status code is sent, though no reason follows",
        ("status: without a word", "refused status: '200'"),
    ),
    Must(
        "5.1",
        "white space between a field's name and its colon gets 400",
        ("no field: a space before the colon", "no field: a tab before*", "framing: a space before*"),
    ),
    Must("5.2", "no folded line is sent", ("refused header: the value 'xyzzy?r?n folded'",)),
    Must(
        "5.2",
        "a folded line gets 400, or is unfolded with spaces",
        ("no field: obs-fold*", "framing: a folded coding", "chunks, refused: a folded trailer"),
    ),
    Must("6.1", "chunked can be read", ("chunks: one", "chunks: several", "chunks: 5 MB")),
    Must(
        "6.1",
        "chunked is applied once, and last, to what is sent (the reader of the tests demands it)",
        ("framing: a generator of one", "refused header: Transfer-Encoding*"),
    ),
    Must(
        "6.1",
        "no Transfer-Encoding is sent with 1xx or 204",
        ("204: *", "100-continue: a body to come", "early hints: one"),
    ),
    Must("6.1", "no Transfer-Encoding is sent with a 2xx to CONNECT, which gets none", ("target: CONNECT*",)),
    Must("6.1", "no Transfer-Encoding is sent to HTTP/1.0", ("framing, 1.0: *",)),
    Must(
        "6.1",
        "after a request with Transfer-Encoding and Content-Length the connection ends",
        ("framing: chunked and a length*", "framing: a length and chunked"),
    ),
    Must(
        "6.1",
        "Transfer-Encoding in HTTP/1.0 is faulty framing, and the connection ends",
        ("framing: chunked in HTTP/1.0*", "framing: chunked and a length in HTTP/1.0"),
    ),
    Must(
        "6.2",
        "no Content-Length is sent beside Transfer-Encoding (the reader of the tests demands it)",
        ("framing: a generator, its length given", "framing: a list of two"),
    ),
    Must(
        "6.3",
        "an answer to HEAD, and 1xx, 204, 304, end with their heads",
        ("pipelining: after a HEAD", "HEAD: *", "204: *", "304: *", "early hints: *"),
    ),
    Must(
        "6.3",
        "a request whose Transfer-Encoding does not end in chunked gets 400, and the connection ends",
        ("framing: gzip alone", "framing: chunked, then *", "framing: identity"),
    ),
    Must(
        "6.3",
        "an invalid Content-Length gets 400, and the connection ends",
        ("length: *", "framing: two lengths, different"),
    ),
    Must(
        "6.3",
        "a body that ends before its Content-Length is incomplete, and the connection ends",
        ("half-close: in a body", "half-close: before a body", "deadline: a part of a body"),
    ),
    Must(
        "7",
        "the names of codings are read in any case",
        ("chunks: coding in capitals", "framing: chunked and a length, in capitals"),
    ),
    Must("7.1", "chunked can be read and decoded", ("chunks: *",)),
    Must(
        "7.1",
        "large sizes of chunks neither overflow nor lose digits",
        (
            "chunks, refused: a size that overflows*",
            "chunks, refused: a size of 40*",
            "chunks: leading zeros*",
        ),
    ),
    Must(
        "7.1.1",
        "extensions of chunks that are not known are ignored",
        ("chunks: an extension", "chunks: an extension in quotes"),
    ),
    Must(
        "7.1.2",
        "a trailer is not merged into the head, unless its definition allows it",
        ("trailers: read, and never*", "trailers: what a head may say*"),
    ),
    Must(
        "7.4",
        "TE is not sent without saying so in Connection; it is not sent at all",
        ("refused header: TE is the server's",),
    ),
    Must(
        "8",
        "a chunked body without its last chunk is incomplete",
        ("half-close: in a chunk", "half-close: before the last chunk", "deadline: no last chunk"),
    ),
    Must(
        "9.3",
        "where connections are not kept each answer says close",
        ("persistence, 1.0: nothing*", "persistence, 1.1: Connection: close", "framing, 1.0: several"),
    ),
    Must(
        "9.3",
        "a body is read to its end, or the connection ends with the answer",
        ("unread body: *", "pipelining: bodies of both kinds*"),
    ),
    Must(
        "9.3.2",
        "answers come in the order of their requests",
        ("pipelining: *",),
    ),
    Must(
        "9.6",
        "after the answer to a request that says close the connection is closed",
        ("persistence, 1.1: Connection: close", "persistence, 1.1: Connection: foo, close"),
    ),
    Must(
        "9.6",
        "behind a request that says close no other is processed",
        ("pipelining: nothing after close",),
    ),
    Must(
        "9.6",
        "after an answer that says close the connection is closed, and no other request is processed",
        ("host, refused: space", "pipelining: what is whole is served, then the bad one*"),
    ),
    Must(
        "9.7",
        "over TLS all of HTTP is ciphered, and else as it is without (the reader of the tests demands it)",
        ("TLS, *",),
    ),
    Must(
        "9.8",
        "over TLS a good-bye comes before the end (the reader of the tests demands it)",
        (
            "TLS, persistence, 1.1: Connection: close",
            "TLS, persistence, 1.0: nothing*",
            "TLS, framing, 1.0: *",
        ),
    ),
    Must(
        "9.8",
        "and none where the end comes too early, so that one can be told from the other",
        ("TLS, raises: in the middle*", "TLS, raises ValueError: in the middle*", "TLS, too little: *"),
    ),
)

# The sections that have no demand on a server, or on whoever receives a message, and why.
SILENT = {
    "2": "a headline",
    "2.1": "what a message is made of",
    "2.3": "on who forwards messages",
    "3.1": "a method is a word of RFC 9110",
    "3.2.1": "on clients",
    "3.2.3": "on clients",
    "3.2.4": "on clients and proxies",
    "3.3": "how a URI is put together",
    "5": "what a field is made of",
    "6": "how a body is announced",
    "7.1.3": "how chunks are decoded, step by step",
    "7.2": "a SHOULD",
    "7.3": "on the registry of names",
    "9": "a headline",
    "9.1": "of the transport",
    "9.2": "on clients",
    "9.3.1": "on clients",
    "9.4": "a SHOULD, on clients",
    "9.5": "SHOULDs",
}

TABLES: Sequence[Sequence[Case]] = (
    request_line.CASES,
    target.CASES,
    host.CASES,
    fields.CASES,
    framing.CASES,
    framing.READ_BEFORE,
    connection.CASES,
    connection.READ_BEFORE,
    responses.CASES,
    failures.CASES,
    files.CASES,
    secure.CASES,
    strict.LIMITS,
    strict.LIMITS_READ_BEFORE,
    strict.DEADLINES,
    strict.DEADLINES_READ_BEFORE,
)
IDS = tuple(case.id for table in TABLES for case in table)


def rows(must: Must) -> tuple[str, ...]:
    """Give the ids of its cases."""
    return tuple(one for one in IDS if any(fnmatch.fnmatchcase(one, pattern) for pattern in must.rows))


def without_row(musts: Sequence[Must] = MUSTS) -> list[tuple[str, str]]:
    """Give the sections that have a demand, or a pattern of one, without a row."""
    return [
        (must.section, pattern)
        for must in musts
        for pattern in must.rows or ("nothing",)
        if not fnmatch.filter(IDS, pattern)
    ]


def main() -> int:
    """List them; 1 if one has no row."""
    for must in MUSTS:
        print(f"{must.section:6} {len(rows(must)):4} rows  {must.says}")
    for section, why in SILENT.items():
        print(f"{section:6}    no demand on us, and no row: {why}")
    missing = without_row()
    for section, pattern in missing:
        print(f"{section}: no row is {pattern!r}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
