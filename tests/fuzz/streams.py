"""What a client may send: requests made of the parts that readers disagree about, and then damaged.

Noise alone is refused at its first octet; what is nearly right goes deep.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

METHODS = (b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"CONNECT", b"BREW", b"get")
TARGETS = (
    b"/",
    b"/a?b=c",
    b"/%41%zz",
    b"//host/x",
    b"*",
    b"http://h/abs?q",
    b"HTTP://h:8080",
    b"h:443",
    b"/a#b",
    b"/\xe9",
    b"/" + b"a" * 300,
)
VERSIONS = (b"HTTP/1.1",) * 6 + (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.2", b"http/1.1", b"")
LENGTHS = (b"0", b"1", b"5", b"05", b"+5", b"5, 5", b"-1", b"5 ", b"\t5", b"99999999999999999999", b"5\x0b")
CODINGS = (
    b"chunked",
    b"Chunked",
    b"gzip, chunked",
    b"chunked, gzip",
    b"identity",
    b"chunked;a=b",
    b" chunked",
)
FIELDS = (
    b"Host: h",
    b"Host: other",
    b"Host:",
    b"Host: a b",
    b"Connection: close",
    b"Connection: keep-alive",
    b"Connection: Upgrade",
    b"Connection: foo, close",
    b"Upgrade: h2c",
    b"Expect: 100-continue",
    b"Cookie: a=1",
    b"X-A: 1",
    b"X_A: 2",
    b"X-A : 1",
    b" folded: 1",
    b"X-A: \x01",
    b"Proxy: x",
    b"Proxy-Connection: close",
    b"X" * 200 + b": " + b"a" * 200,
    b": none",
    b"none",
)
# What a damaged octet becomes, and what is put between two.
DAMAGE = (
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"\0",
    b"\x7f",
    b"\xff",
    b"0",
    b"a",
    b"",
    b"_",
)

pick = st.sampled_from


def chunks() -> st.SearchStrategy[bytes]:
    """A chunked body, mostly right."""
    one = st.builds(
        _chunk,
        pick((b"%x", b"%x", b"%X", b"0%x", b"1", b"-1", b"0x1", b" %x", b"fffffffffffffffff")),
        pick((b"", b"", b"", b";a", b";a=b", b';a="b c"', b"; a = b", b";", b";\r", b" ")),
        st.binary(min_size=1, max_size=12),
        pick((b"\r\n",) * 8 + (b"\n", b"", b"\r\n\r\n")),
    )
    last = pick(
        (b"0\r\n\r\n",) * 6 + (b"0\r\nX-T: 1\r\n\r\n", b"000\r\n\r\n", b"0;a\r\n\r\n", b"0\n\n", b"0\r\n")
    )
    many: st.SearchStrategy[bytes] = st.lists(one, max_size=4).map(b"".join)
    return st.tuples(many, last).map(b"".join)


def _chunk(size: bytes, extension: bytes, data: bytes, end: bytes) -> bytes:
    return (size % len(data) if b"%" in size else size) + extension + b"\r\n" + data + end


def bodies() -> st.SearchStrategy[tuple[list[bytes], bytes]]:
    """Fields that announce a body, and a body, which mostly fit."""
    sized = st.binary(max_size=20).map(lambda body: ([b"Content-Length: %d" % len(body)], body))
    chunked = chunks().map(lambda body: ([b"Transfer-Encoding: chunked"], body))
    wrong = st.tuples(
        st.lists(
            st.one_of(
                pick(LENGTHS).map(lambda length: b"Content-Length: " + length),
                pick(CODINGS).map(lambda coding: b"Transfer-Encoding: " + coding),
            ),
            max_size=3,
        ),
        st.one_of(st.binary(max_size=20), chunks()),
    )
    return st.one_of(st.just(([], b"")), sized, chunked, wrong)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request."""
    method, target, version = draw(pick(METHODS)), draw(pick(TARGETS)), draw(pick(VERSIONS))
    announced, body = draw(bodies())
    fields = draw(st.lists(pick(FIELDS), max_size=4))
    at = draw(st.integers(0, len(fields)))
    fields[at:at] = announced
    if draw(st.integers(0, 9)):
        fields.insert(0, b"Host: h")
    empty: bytes = b"\r\n" * draw(st.sampled_from((0,) * 8 + (1, 2, 9)))
    return empty + b"\r\n".join([b"%b %b %b" % (method, target, version), *fields, b"", body])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A few requests, some octets of which were changed, left out or put in; most often where it matters."""
    stream = b"".join(draw(st.lists(requests(), min_size=1, max_size=3)))
    for _ in range(draw(pick((0, 0, 1, 1, 2, 3)))):
        places = [at for at, octet in enumerate(stream) if octet in b"\r\n :;,"] or [0]
        at = draw(st.one_of(pick(places), st.integers(0, len(stream))))
        stream = stream[:at] + draw(pick(DAMAGE)) + stream[at + draw(pick((0, 1))) :]
    return stream


def streams() -> st.SearchStrategy[bytes]:
    """All that a connection may bring."""
    return st.one_of(damaged(), damaged(), damaged(), st.binary(max_size=60))


def cut(octets: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut them at these places, whatever lies beyond their end."""
    edges = [0, *sorted(place for place in places if place < len(octets)), len(octets)]
    return [octets[a:b] for a, b in pairwise(edges)]
