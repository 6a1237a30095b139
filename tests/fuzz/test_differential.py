"""h11 and we, on the same octets: what both serve is one and the same, what we alone serve is known.

What h11 serves and we refuse is leniency (tests/conformance/opinions.py). That we serve what it does not is
what must not happen, but in two ways.
"""

from __future__ import annotations

import pytest
from hypothesis import event, example, given, settings

from tests.conformance.readers import Understood, read_ourselves, read_with_h11
from tests.fuzz.streams import streams
from tests.fuzz.test_parser import make
from wsgid.protocol.http1 import Limits
from wsgid.protocol.refusal import Refusal

pytestmark = [pytest.mark.slow, pytest.mark.fuzz, pytest.mark.timeout(300)]

FUZZ = settings.get_profile("fuzz")


@settings(FUZZ)
@given(streams())
@example(b"\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
@example(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
@example(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
def test_h11_reads_what_we_read(octets: bytes) -> None:
    ours, theirs = read_ourselves(octets), read_with_h11(octets)
    event(f"{len(ours.requests)} and {len(theirs.requests)}")

    for mine, other in zip(ours.requests, theirs.requests, strict=False):
        assert _comparable(mine, other) == _comparable(other, other)
    if len(ours.requests) > len(theirs.requests):
        before, at = _place(octets, len(theirs.requests))
        # An empty line before a request (RFC 9112, 2.2), or HTTP/1.0 that asked to be kept.
        assert octets[at : at + 2] == b"\r\n" if theirs.is_refused else not before


def _comparable(request: Understood, as_of: Understood) -> Understood:
    """Of an absolute target h11 gives the text, we what it means."""
    return request if as_of.path.startswith("/") else request._replace(path="", host=None)


def _place(octets: bytes, number: int) -> tuple[bool, int]:
    """Where a request begins, and whether the one before it was HTTP/1.1."""
    parser = make(Limits(body=1 << 30))
    is_http11 = True
    at = 0
    data = octets
    for _ in range(number):
        request = parser.feed(data)
        assert request is not None
        is_http11, at, data = request.is_http11, len(octets) - len(parser.rest), b""
    return is_http11, at


def test_where_a_request_begins_is_found() -> None:
    one = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    assert (True, 0) == _place(one + one, 0)
    assert (True, len(one)) == _place(one + one, 1)
    with pytest.raises(Refusal):
        _place(b"x\r\n", 1)
