"""The PROXY protocol, as octets in and an environ out."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from wsgid.protocol.proxy import Preamble
from wsgid.protocol.refusal import Refusal

START = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
REQUEST = b"GET / HTTP/1.1\r\n"

FROM_V4 = {
    "PROXY_PROTOCOL": "TCP4",
    "REMOTE_ADDR": "192.0.2.1",
    "REMOTE_PORT": "4711",
    "PROXY_ADDR": "198.51.100.1",
    "PROXY_PORT": "443",
}
FROM_V6 = {
    "PROXY_PROTOCOL": "TCP6",
    "REMOTE_ADDR": "2001:db8::1",
    "REMOTE_PORT": "65535",
    "PROXY_ADDR": "2001:db8::2",
    "PROXY_PORT": "0",
}


def v2(command: int, kind: int, block: bytes = b"") -> bytes:
    return START + struct.pack("!BBH", command, kind, len(block)) + block


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


def addresses(source: str, destination: str, *ports: int) -> bytes:
    packed = [ipaddress.ip_address(text).packed for text in (source, destination)]
    return b"".join(packed) + struct.pack("!HH", *ports)


V4 = addresses("192.0.2.1", "198.51.100.1", 4711, 443)
V6 = addresses("2001:db8::1", "2001:db8::2", 65535, 0)
UNIX = b"/run/client".ljust(108, b"\0") + b"/run/proxy".ljust(108, b"\0")

# The specification's: 107 octets.
LONGEST_V1 = b"PROXY UNKNOWN " + b" ".join([b"ffff:" * 7 + b"ffff"] * 2) + b" 65535 65535\r\n"

V1: dict[str, tuple[bytes, dict[str, str]]] = {
    "TCP4": (b"PROXY TCP4 192.0.2.1 198.51.100.1 4711 443\r\n", FROM_V4),
    "TCP6": (b"PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n", FROM_V6),
    "TCP6, written in full": (
        b"PROXY TCP6 2001:0DB8:0:0:0:0:0:1 2001:db8:0::2 65535 0\r\n",
        FROM_V6,
    ),
    "TCP6 that is IPv4": (
        b"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 4711 443\r\n",
        FROM_V4 | {"PROXY_PROTOCOL": "TCP6"},
    ),
    "UNKNOWN": (b"PROXY UNKNOWN\r\n", {}),
    "UNKNOWN with addresses": (b"PROXY UNKNOWN 2001:db8::1 2001:db8::2 65535 65535\r\n", {}),
    "UNKNOWN with anything": (b"PROXY UNKNOWN \x01 what ever\r\n", {}),
}

V2: dict[str, tuple[bytes, dict[str, str]]] = {
    "TCP4": (v2(PROXY, 0x11, V4), FROM_V4),
    "TCP6": (v2(PROXY, 0x21, V6), FROM_V6),
    "a Unix socket": (v2(PROXY, 0x31, UNIX), {"PROXY_PROTOCOL": "UNIX", "REMOTE_ADDR": ""}),
    "LOCAL": (v2(LOCAL, 0x00), {}),
    "LOCAL, its addresses are ignored": (v2(LOCAL, 0x11, V4), {}),
    "LOCAL, a family that nobody knows is ignored": (v2(LOCAL, 0xFF, b"xyz"), {}),
    "UNSPEC": (v2(PROXY, 0x00), {}),
    "UNSPEC, what follows is ignored": (v2(PROXY, 0x00, b"xyz"), {}),
    "TLVs are skipped": (
        v2(PROXY, 0x11, V4 + tlv(0x02, b"h") + tlv(0x04, b"") + tlv(0xEA, b"x" * 300)),
        FROM_V4,
    ),
    "a client by TLS": (
        v2(PROXY, 0x11, V4 + tlv(0x20, b"\x01\0\0\0\0" + tlv(0x21, b"TLSv1.3"))),
        FROM_V4 | {"wsgi.url_scheme": "https"},
    ),
    "a client without TLS": (v2(PROXY, 0x11, V4 + tlv(0x20, b"\0\0\0\0\0")), FROM_V4),
    "as long as is taken": (v2(PROXY, 0x11, V4 + tlv(0xEA, b"x" * (4096 - 12 - 3))), FROM_V4),
}

WRONG_V1 = {
    "nothing known": b"PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n",
    "small letters": b"proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
    "two spaces": b"PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
    "a space at the end": b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
    "no ports": b"PROXY TCP4 192.0.2.1 198.51.100.1\r\n",
    "a port too large": b"PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n",
    "a port with a zero before it": b"PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
    "a port with a sign": b"PROXY TCP4 192.0.2.1 198.51.100.1 +1 2\r\n",
    "IPv6 in TCP4": b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
    "IPv4 in TCP6": b"PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
    "a name": b"PROXY TCP4 localhost 198.51.100.1 1 2\r\n",
    "an address with a zero before it": b"PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n",
    "an address with a zone": b"PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n",
    "UNKNOWN and more": b"PROXY UNKNOWNS\r\n",
    "bare LF": b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\nGET /" + b"a" * 100,
    "one octet more than a line may have": b"PROXY UNKNOWN " + b"a" * (108 - 16) + b"\r\n",
    "a line without end": b"PROXY UNKNOWN " + b"a" * 93,
}

WRONG_V2 = {
    "version 1": v2(0x11, 0x11, V4),
    "a command that nobody knows": v2(0x22, 0x11, V4),
    "a family that nobody knows": v2(PROXY, 0x41, V4),
    "datagrams": v2(PROXY, 0x12, V4),
    "no transport": v2(PROXY, 0x10, V4),
    "an octet less than its addresses": v2(PROXY, 0x11, V4[:-1]),
    "IPv6 in the space of IPv4": v2(PROXY, 0x21, V4),
    "a TLV that is cut": v2(PROXY, 0x11, V4 + tlv(0x02, b"host")[:-1]),
    "a TLV without its length": v2(PROXY, 0x11, V4 + b"\x02\0"),
    "longer than is taken": START + struct.pack("!BBH", PROXY, 0x11, 4097),
    "another signature": START[:-1] + b"\r" + v2(PROXY, 0x11, V4)[12:],
}

NONE = {
    "a request": b"GET / HTTP/1.1\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\0",
    "an empty line": b"\r\n\r\nGET /",
    "nearly": b"PROX/",
}

BOTH = [*V1.values(), *V2.values()]
NAMES = [*(f"v1: {name}" for name in V1), *(f"v2: {name}" for name in V2)]


@pytest.mark.parametrize(("octets", "told"), BOTH, ids=NAMES)
def test_a_preamble_is_read_and_what_follows_is_left(octets: bytes, told: dict[str, str]) -> None:
    preamble = Preamble("auto")

    assert len(octets) == preamble.feed(octets + REQUEST)
    assert told == preamble.told


@pytest.mark.parametrize(("octets", "told"), BOTH, ids=NAMES)
def test_a_preamble_octet_by_octet(octets: bytes, told: dict[str, str]) -> None:
    """Each octet is taken when it comes, so that a poller does not show it again and again."""
    preamble = Preamble("auto")
    for octet in octets[:-1]:
        assert preamble.feed(bytes([octet])) == 1
        assert preamble.told is None
        assert preamble.has_begun

    assert preamble.feed(octets[-1:] + REQUEST) == 1
    assert told == preamble.told


def test_the_longest_line_of_the_specification() -> None:
    preamble = Preamble("v1")

    assert 107 == preamble.feed(LONGEST_V1 + REQUEST)
    assert {} == preamble.told


@pytest.mark.parametrize(
    "octets", [*WRONG_V1.values(), *WRONG_V2.values(), *NONE.values()], ids=[*WRONG_V1, *WRONG_V2, *NONE]
)
@pytest.mark.parametrize("size", [1, 16, 10_000])
def test_what_is_no_preamble_is_refused(octets: bytes, size: int) -> None:
    preamble = Preamble("auto")
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]

    refused = None
    try:
        for piece in pieces:
            assert len(piece) == preamble.feed(piece)
    except Refusal as refusal:
        refused = refusal.status

    assert 400 == refused
    assert preamble.told is None


@pytest.mark.parametrize(
    ("versions", "octets"),
    [("v1", v2(PROXY, 0x11, V4)), ("v2", b"PROXY UNKNOWN\r\n"), ("v1", START[:1]), ("v2", b"P")],
)
def test_the_other_version_is_refused_at_its_first_octet(versions: str, octets: bytes) -> None:
    with pytest.raises(Refusal, match="no PROXY preamble"):
        Preamble(versions).feed(octets[:1])


@pytest.mark.parametrize("octets", [b"PROXY UNKNOWN\r\n", v2(LOCAL, 0), b"GET / HTTP/1.1\r\n\r\n"])
def test_a_peer_that_may_not_speak_it_is_refused_whatever_it_says(octets: bytes) -> None:
    """A port that takes both is one at which anybody may name an address."""
    with pytest.raises(Refusal, match="proxy_allow_ips"):
        Preamble("auto", is_allowed=False).feed(octets)
