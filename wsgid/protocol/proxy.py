"""The PROXY protocol, versions 1 and 2: what a proxy says of its client before the first octet of it.

`Preamble.feed` takes what a socket shows and says how much of it belongs to the preamble, so that whoever
reads takes no octet of what follows, be it a request or a handshake.
"""

# Rule 1: whether there is a preamble is known beforehand, by the peer's address, and never guessed from what
#         it sends (haproxy's proxy-protocol.txt, 2). A peer that may not speak it here is refused, whatever
#         it says: a port that takes both is a port at which anybody may name an address.
# Rule 2: what cannot be read ends the connection: an address that was misread would be another client's.

import ipaddress
import re
import struct

from wsgid.protocol.refusal import Refusal, bad_request

V1_START = b"PROXY "
# "PROXY UNKNOWN" with the longest addresses and ports, and its CRLF, as the specification counts.
V1_BOUND = 107
V1_LINE = re.compile(
    r"PROXY (?:(TCP[46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})"
    r"|UNKNOWN(?: .*)?)"
)

V2_START = b"\r\n\r\n\0\r\nQUIT\n"
V2_HEAD = struct.Struct("!12sBBH")
# Addresses take 216 octets at most, and what else proxies say some hundreds; nginx stops at 4096 as well.
V2_BOUND = 4096
LOCAL, PROXY = 0x20, 0x21
UNSPEC, TCP4, TCP6, UNIX = 0x00, 0x11, 0x21, 0x31
V2_ADDRESSES = {
    TCP4: struct.Struct("!4s4sHH"),
    TCP6: struct.Struct("!16s16sHH"),
    UNIX: struct.Struct("!108s108s"),
}

TLV = struct.Struct("!BH")
# PP2_TYPE_SSL, and the bit in it that says that the client came by TLS.
ABOUT_TLS, CLIENT_BY_TLS = 0x20, 0x01

LARGEST_PORT = 0xFFFF


class Preamble:
    """What one connection begins with.

    `told` is None until it is complete; then what it changes in the environ of the connection, which is
    nothing where the proxy speaks for itself (LOCAL) or does not know its client (UNKNOWN, UNSPEC).
    """

    __slots__ = ("_is_allowed", "_received", "_versions", "told")

    def __init__(self, versions: str, *, is_allowed: bool = True) -> None:
        """`versions` are "v1", "v2" or "auto", which is both; `is_allowed`: this peer may speak it."""
        self._versions = versions
        self._is_allowed = is_allowed
        self._received = b""
        self.told: dict[str, str] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether a part of it was taken."""
        return bool(self._received)

    def feed(self, data: bytes) -> int:
        """Look at octets, and give how many of them, from the first, belong to the preamble.

        These are not to be fed again. Raises Refusal for what is no preamble.
        """
        if not self._is_allowed:
            raise bad_request("the PROXY protocol is spoken here, and not with this peer (proxy_allow_ips)")
        taken = len(self._received)
        octets = self._received + data
        if self._versions != "v1" and _begins(octets, V2_START):
            end = self._feed_v2(octets)
        elif self._versions != "v2" and _begins(octets, V1_START):
            end = self._feed_v1(octets)
        else:
            raise bad_request(f"no PROXY preamble ({self._versions}): {octets[:40].decode('latin-1')}")
        if self.told is None:
            self._received = octets
            return len(data)
        return end - taken

    def _feed_v1(self, octets: bytes) -> int:
        end = octets.find(b"\r\n", 0, V1_BOUND) + 2
        if end == 1:
            if len(octets) >= V1_BOUND:
                raise bad_request(f"a PROXY line of more than {V1_BOUND} octets")
            return 0
        line = octets[: end - 2].decode("latin-1")
        match = V1_LINE.fullmatch(line)
        if match is None:
            raise bad_request(f"a PROXY line that cannot be read: {line}")
        kind, source, destination, *ports = match.groups()
        if kind is None:
            self.told = {}
            return end
        try:
            make = ipaddress.IPv4Address if kind == "TCP4" else ipaddress.IPv6Address
            self.told = _told(kind, (make(source), make(destination)), (int(ports[0]), int(ports[1])))
        except ValueError:
            raise bad_request(f"a PROXY line with a wrong address or port: {line}") from None
        return end

    def _feed_v2(self, octets: bytes) -> int:
        if len(octets) < V2_HEAD.size:
            return 0
        command: int
        kind: int
        size: int
        _, command, kind, size = V2_HEAD.unpack_from(octets)
        if size > V2_BOUND:
            raise bad_request(f"a PROXY preamble of {size} octets; {V2_BOUND} are taken")
        if command not in (LOCAL, PROXY):
            raise bad_request(f"a PROXY preamble with version and command {command:#04x}")
        end = V2_HEAD.size + size
        if len(octets) < end:
            return 0
        block = octets[V2_HEAD.size : end]
        if command == LOCAL or kind == UNSPEC:
            self.told = {}
        elif kind not in V2_ADDRESSES:
            raise bad_request(f"a PROXY preamble with family and transport {kind:#04x}")
        else:
            self.told = _read_block(kind, block)
        return end


def _begins(octets: bytes, start: bytes) -> bool:
    """Whether it is the beginning of what begins so, or goes on behind it."""
    return octets.startswith(start) or start.startswith(octets)


def _read_block(kind: int, block: bytes) -> dict[str, str]:
    """What the addresses, and what is said behind them, change in the environ."""
    layout = V2_ADDRESSES[kind]
    if len(block) < layout.size:
        raise bad_request("a PROXY preamble that is too short for its addresses")
    if kind == UNIX:
        # Where a client has no address, the environ has none: as on a Unix socket of our own.
        told = {"PROXY_PROTOCOL": "UNIX", "REMOTE_ADDR": ""}
    else:
        source, destination, *ports = layout.unpack_from(block)
        make = ipaddress.IPv4Address if kind == TCP4 else ipaddress.IPv6Address
        name = "TCP4" if kind == TCP4 else "TCP6"
        told = _told(name, (make(source), make(destination)), (ports[0], ports[1]))
    at = layout.size
    while at < len(block):
        if at + TLV.size > len(block):
            raise _cut_short()
        what, size = TLV.unpack_from(block, at)
        value = block[at + TLV.size : at + TLV.size + size]
        if len(value) < size:
            raise _cut_short()
        if what == ABOUT_TLS and value and value[0] & CLIENT_BY_TLS:
            told["wsgi.url_scheme"] = "https"
        at += TLV.size + size
    return told


def _cut_short() -> Refusal:
    return bad_request("a PROXY preamble with something cut short behind its addresses")


def _told(
    kind: str,
    addresses: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...],
    ports: tuple[int, int],
) -> dict[str, str]:
    """The names are gunicorn's: PROXY_ADDR and PROXY_PORT are where the client reached the proxy."""
    if max(ports) > LARGEST_PORT:
        raise ValueError("a port beyond 65535")
    source, destination = (str(getattr(address, "ipv4_mapped", None) or address) for address in addresses)
    return {
        "PROXY_PROTOCOL": kind,
        "REMOTE_ADDR": source,
        "REMOTE_PORT": str(ports[0]),
        "PROXY_ADDR": destination,
        "PROXY_PORT": str(ports[1]),
    }
