"""What a proxy sends, or whoever pretends to be one: read in one way however it is cut, or refused."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.streams import cut
from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.forwarded import Believed, Forwarding, read_forwarded
from wsgid.protocol.http1 import Limits, RequestParser
from wsgid.protocol.proxy import V1_BOUND, V2_BOUND, V2_START, Preamble
from wsgid.protocol.refusal import Refusal

pytestmark = [pytest.mark.slow, pytest.mark.fuzz, pytest.mark.timeout(300)]

FUZZ = settings.get_profile("fuzz")

WORDS = (
    b"TCP4",
    b"TCP6",
    b"UNKNOWN",
    b"192.0.2.1",
    b"2001:db8::1",
    b"::",
    b"0",
    b"80",
    b"65536",
    b"01",
    b"-1",
    b"",
)
LINES = st.lists(st.sampled_from(WORDS), max_size=7).map(
    lambda words: b" ".join([b"PROXY", *words]) + b"\r\n"
)
BLOCKS = st.builds(
    lambda command, kind, block, claimed: (
        V2_START + struct.pack("!BBH", command, kind, len(block) if claimed is None else claimed) + block
    ),
    st.sampled_from((0x20, 0x21, 0x21, 0x21, 0x22, 0x11)),
    st.sampled_from((0x00, 0x11, 0x11, 0x21, 0x31, 0x12, 0xFF)),
    st.one_of(st.binary(min_size=12, max_size=60), st.binary(max_size=300)),
    st.sampled_from((None, None, None, 0, 12, V2_BOUND, V2_BOUND + 1)),
)


def read(pieces: list[bytes]) -> tuple[dict[str, str] | None, int] | None:
    """What was told, and how many octets were the preamble's; None for a refusal."""
    preamble = Preamble("auto")
    taken = 0
    for piece in pieces:
        if not piece:
            continue
        try:
            size = preamble.feed(piece)
        except Refusal:
            return None
        taken += size
        assert taken <= max(V1_BOUND, V2_BOUND + 16)
        if preamble.told is not None:
            return preamble.told, taken
        assert size == len(piece)
    return None if taken == 0 else (None, taken)


@settings(FUZZ)
@given(
    st.one_of(LINES, BLOCKS, st.binary(max_size=40)),
    st.binary(max_size=8),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_any_split_of_any_preamble_tells_the_same(preamble: bytes, rest: bytes, places: list[int]) -> None:
    octets = preamble + rest
    whole = read([octets])

    assert whole == read(cut(octets, places))
    assert whole == read([octets[at : at + 1] for at in range(len(octets))])


NODES = (
    "192.0.2.1",
    '"192.0.2.1:80"',
    '"[2001:db8::1]"',
    '"[::1]:_x"',
    "unknown",
    "_a",
    '"',
    "\\",
    "10.0.0.1",
    "",
)
FORWARDED = st.lists(
    st.one_of(
        st.sampled_from(
            ("for=", "For=", "by=", "host=", "proto=", ";", ",", " ", "https", "ftp", "a.example", "=")
        ),
        st.sampled_from(NODES),
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=3),
    ),
    max_size=10,
).map("".join)


@settings(FUZZ)
@given(FORWARDED)
@example('for="\\')
def test_a_forwarded_field_is_read_or_refused(text: str) -> None:
    hops = []
    with contextlib.suppress(Refusal):
        hops = list(read_forwarded(text))

    assert all(hop.scheme in {None, "http", "https"} for hop in hops)


NAMES = (
    "X-Forwarded-For",
    "x-forwarded-host",
    "X-FORWARDED-PROTO",
    "X-Forwarded-Port",
    "Forwarded",
    "X-Forwarded-Ssl",
)
LINE = st.builds(
    "{}: {}".format,
    st.sampled_from((*NAMES, "SCRIPT_NAME", "X_Forwarded_For", "REMOTE_USER", "Remote-User")),
    st.one_of(FORWARDED, st.sampled_from(("https", "http", "on", "/app", "192.0.2.1, 10.0.0.1", "h", "443"))),
)


@settings(FUZZ)
@given(st.lists(LINE, max_size=6), st.sampled_from(("off", "x-forwarded", "forwarded")))
def test_what_a_believed_proxy_says_is_heard_or_refused(lines: list[str], words: str) -> None:
    """Whoever names no client is the client."""
    forwarding = Forwarding(
        Believed(("127.0.0.1", "10.0.0.0/8")),
        scheme_headers={"X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on"},
        words=words,
        forwarder_headers=("SCRIPT_NAME", "REMOTE_USER"),
    )
    common = {
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "1",
        "SCRIPT_NAME": "",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    keys = FieldKeys("drop", forwarding.takes)
    parser = RequestParser(Limits(), keys, lambda _: pytest.fail("a body"), common, forwarding, b"127.0.0.1")
    head = "".join(f"{line}\r\n" for line in ("GET /app/x HTTP/1.1", "Host: h", *lines))
    try:
        request = parser.feed(head.encode("latin-1") + b"\r\n")
    except Refusal:
        return
    assert request is not None
    environ = request.environ
    assert environ["wsgi.url_scheme"] in {"http", "https"}
    assert environ["REMOTE_ADDR"].encode() == parser.peer
    assert environ["SCRIPT_NAME"] + request.path == "/app/x"
    named = {"off": "", "x-forwarded": "x-forwarded-for", "forwarded": "forwarded"}[words]
    if not any(line.lower().startswith(f"{named}:") for line in lines):
        assert environ["REMOTE_ADDR"] == "127.0.0.1"
