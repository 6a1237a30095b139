"""Where h11 or nginx understands a request in another way than we do, and why: data.

`test_opinions.py` reads every row of the request tables with all three, and finds that these are the
differences, all of them. docs/explanation/other-readers.md is made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["serves", "refuses", "reads otherwise"]

# What was asked; the differences of others are others.
H11, NGINX = "h11 0.16.0", "nginx 1.22"


@dataclass(frozen=True, slots=True)
class Opinion:
    """One difference: what the other does with the rows whose ids match (`fnmatch`), and why we do not."""

    reader: str
    kind: Kind
    what: str
    rows: tuple[str, ...]
    why: str


OPINIONS: tuple[Opinion, ...] = (
    # ---- what h11 leaves to the server that is made of it ----
    Opinion(
        H11,
        "serves",
        "methods that nobody knows, and CONNECT",
        ("method: * is another", "target: CONNECT*", "unread body: another method"),
        "h11 leaves methods to its server; we are one, and answer 501 (RFC 9110, 9.1)",
    ),
    Opinion(
        H11,
        "serves",
        "targets in no form, and the asterisk without OPTIONS",
        ("target, refused: *", "target: POST [*]"),
        "it gives the target as it came; a path that does not begin with a slash, and a fragment, "
        "are nobody's URI (RFC 9112, 3.2)",
    ),
    Opinion(
        H11,
        "serves",
        "a Host that is none",
        (
            "host, refused: *",
            "host: a good one before*",
            "target, absolute: a wrong Host*",
            "unread body: a bad Host",
            "100-continue: and a bad Host",
        ),
        "it looks for one Host, not into it; a server MUST refuse one that is invalid (RFC 9112, 3.2)",
    ),
    Opinion(
        H11,
        "serves",
        "versions that nobody speaks",
        ("version: HTTP/?.?",),
        "it gives the version to its server; we answer 505",
    ),
    Opinion(
        H11,
        "refuses",
        "the preface of HTTP/2, after a request PRI",
        ("version: the preface of HTTP/2",),
        "no difference in the end: we refuse before, for PRI is no method of ours",
    ),
    Opinion(
        H11,
        "reads otherwise",
        "the absolute form",
        (
            "target, absolute: [hH][tT]*",
            "target, absolute: in HTTP/1.0*",
            "target, absolute: the next request*",
        ),
        "it gives target and Host as they came; the authority of the target counts (RFC 9112, 3.2.2)",
    ),
    Opinion(
        H11,
        "serves",
        "expectations that nobody knows",
        ("expectation: *", "unread body: another expectation"),
        "a server MAY answer 417 (RFC 9110, 10.1.1), and then no client waits for what never comes",
    ),
    Opinion(
        H11,
        "serves",
        "heads beyond our limits",
        (
            "line: longer*",
            "fields: one *",
            "fields: more *",
            "fields: 5,000",
            "fields: a name too large",
            "fields: each within*",
            "fields: without end, known*",
            "fields: too large, asked*",
            "unread body: too many fields",
        ),
        "it bounds a head as a whole, and here at 128 KiB",
    ),
    Opinion(
        H11,
        "refuses",
        "a head beyond our limits, and then what stands behind its body",
        ("100-continue: and too large a field",),
        "the body of the row is missing, so it takes the next request for it",
    ),
    Opinion(
        H11,
        "serves",
        "bodies, or sizes of chunks, beyond any limit",
        (
            "length: 2 to the power*",
            "chunks, refused: a size that overflows*",
            "body: above*",
            "unread body: a body above*",
            "trailers: one without end",
        ),
        "it waits for what was announced; we refuse what is larger than we take",
    ),
    # ---- what h11 forgives ----
    Opinion(
        H11,
        "refuses",
        "empty lines before a request",
        ("line: *empty line*",),
        "a server SHOULD ignore one (RFC 9112, 2.2); old clients send it behind a body",
    ),
    Opinion(
        H11,
        "serves",
        "lines that end with LF alone",
        ("bare LF: *", "chunks, refused: LF as the end"),
        "a recipient MAY; who stands in front may not, and then the two see different messages",
    ),
    Opinion(
        H11,
        "serves",
        "folded lines",
        ("no field: obs-fold*", "framing: a folded coding", "chunks, refused: a folded trailer"),
        "a server refuses or unfolds them (RFC 9112, 5.2); nobody sends them but attackers",
    ),
    Opinion(
        H11,
        "serves",
        "control characters in values, and in the extensions of chunks",
        (
            "no field: a control character in the value",
            "no field: ESC in the value",
            "no field: DEL in the value",
            "chunks, refused: CR in an extension",
            "chunks, refused: NUL in an extension",
        ),
        "the grammar has no place for them (RFC 9110, 5.5); a CR is a line's end to other readers",
    ),
    Opinion(
        H11,
        "serves",
        "Content-Length beside Transfer-Encoding",
        ("framing: chunked and a length*", "framing: a length and chunked"),
        "Transfer-Encoding counts, or 400 (RFC 9112, 6.1): it is how requests are smuggled",
    ),
    Opinion(
        H11,
        "serves",
        "one Content-Length several times",
        ("framing: two lengths, *", "length: '5,*5'"),
        "a recipient MAY take them for one (RFC 9110, 8.6); no client that means well sends them",
    ),
    Opinion(
        H11,
        "serves",
        "Transfer-Encoding in HTTP/1.0",
        ("framing: chunked in HTTP/1.0*", "framing: chunked and a length in HTTP/1.0"),
        "its framing MUST be taken for faulty (RFC 9112, 6.1); h11 closes behind it, as one must",
    ),
    Opinion(
        H11,
        "reads otherwise",
        "keep-alive in HTTP/1.0",
        ("persistence, 1.0: *eep-*", "persistence, 1.0: *KEEP-*"),
        "it never keeps them, which anybody may; we do, as clients that ask for it expect",
    ),
    # ---- nginx: what it makes of it before we see it, harmlessly ----
    Opinion(
        NGINX,
        "serves",
        "white space between the words of a request line, and behind them",
        ("separator: *",),
        "a recipient MAY (RFC 9112, 3); it writes the line anew, so we see a right one",
    ),
    Opinion(
        NGINX,
        "serves",
        "lines that end with LF alone, or with two CRs; line ends before a request, however many",
        (
            "bare LF: *",
            "bare CR: before the request line",
            "line: empty lines without end",
            "no field: bare LF in the value",
            "no field: CR CR LF*",
            "chunks, refused: LF *",
        ),
        "a recipient MAY take LF (RFC 9112, 2.2); it writes head and body anew",
    ),
    Opinion(
        NGINX,
        "serves",
        "minor versions above 1",
        ("version: HTTP/1.[29]", "version: b'HTTP/1.10'"),
        "it takes them for HTTP/1.1, and asks us in the version of `proxy_http_version`",
    ),
    Opinion(
        NGINX,
        "serves",
        "lines that are no fields, and names that are no tokens",
        (
            "no field: without a colon",
            "no field: a * in the name",
            "no field: latin-1 in the name",
            "fields: more than the limit, all dropped",
        ),
        "it drops them (`ignore_invalid_headers`), and names with an underscore likewise",
    ),
    Opinion(
        NGINX,
        "serves",
        "trailers that cannot be read, or have no end; NUL in an extension",
        (
            "chunks, refused: a * trailer",
            "chunks, refused: a trailer*",
            "trailers: *",
            "chunks, refused: NUL in*",
        ),
        "it passes over them, and gives us the body with its length",
    ),
    Opinion(
        NGINX,
        "serves",
        "an absolute target with any scheme",
        ("target, refused: another scheme",),
        "it cuts scheme and authority off, whatever they are",
    ),
    Opinion(
        NGINX,
        "serves",
        "expectations that nobody knows",
        ("expectation: *", "unread body: another expectation"),
        "it reads the body itself, and passes no Expect on",
    ),
    # ---- nginx: what it refuses ----
    Opinion(
        NGINX,
        "refuses",
        "TRACE, and `OPTIONS *`",
        ("method: TRACE", "target: OPTIONS [*]"),
        "it answers 405 and 400 by itself",
    ),
    Opinion(
        NGINX,
        "refuses",
        "wrong escapes, and a path that leaves its root",
        ("target, percent: *",),
        "it decodes the path to choose a location; we leave %zz to the application, as gunicorn does",
    ),
    Opinion(
        NGINX,
        "refuses",
        "a tab around a value",
        ("host: white space around", "length: white space around"),
        "it trims spaces alone, and then the tab belongs to the value",
    ),
    Opinion(
        NGINX,
        "refuses",
        "no Host, and an empty one",
        (
            "host: none in HTTP/1.0",
            "host: empty",
            "host: white space only",
            "line: HTTP/1.0",
            "length: in HTTP/1.0",
            "persistence, 1.0: *",
            "pipelining: nothing after HTTP/1.0",
            "100-continue: never to HTTP/1.0",
            "upgrade: in HTTP/1.0",
            "target, absolute: in HTTP/1.0*",
        ),
        "`proxy_set_header Host $http_host` is then empty, which takes the field away, and HTTP/1.1 without "
        "Host is a 400 of ours; `$host` would put `server_name` in its place, but has no port",
    ),
    # ---- nginx: what it understands in another way ----
    Opinion(
        NGINX,
        "reads otherwise",
        "the absolute form",
        ("target, absolute: [hH][tT]*", "target, absolute: the next request*"),
        "`$http_host` is the Host line and not the authority of the target, which `$host` would be "
        "(RFC 9112, 3.2.2); an application behind it must know its hosts (Django's ALLOWED_HOSTS)",
    ),
    Opinion(
        NGINX,
        "reads otherwise",
        "options of Connection that have `close` in them",
        ("persistence, 1.1: Connection: *clos*",),
        "it looks for the word anywhere, and closes; nothing but a connection is lost",
    ),
)
