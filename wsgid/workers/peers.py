"""Who a peer is and what it is believed: decided once a connection, never at a request.

A peer is an address; None is whoever connects to a Unix socket, which is believed: its file's mode says who
that may be.
"""

from typing import Any, Final, NamedTuple

from wsgid.config.settings import Settings
from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.forwarded import Believed, Forwarding
from wsgid.protocol.proxy import Preamble

# Peers that come and go must not fill the memory.
REMEMBERED: Final = 1024


class Hearing(NamedTuple):
    """How the fields of a peer are read, and how the scoreboard writes its name."""

    keys: FieldKeys
    # None: it is not believed.
    forwarding: Forwarding | None
    octets: bytes


class Peers:
    """What the settings of a worker say of peers."""

    __slots__ = (
        "_believed",
        "_forwarding",
        "_keys",
        "_known",
        "_may_introduce",
        "_proxy_protocol",
        "_strange_keys",
    )

    def __init__(self, settings: Settings) -> None:
        """Read them once."""
        self._believed = Believed(settings.forwarded_allow_ips)
        self._forwarding = Forwarding(
            self._believed,
            scheme_headers=settings.secure_scheme_headers,
            words=settings.proxy_headers,
            forwarder_headers=settings.forwarder_headers,
        )
        self._keys = FieldKeys(settings.header_map, self._forwarding.takes)
        self._strange_keys = FieldKeys(settings.header_map)
        self._proxy_protocol = settings.proxy_protocol
        self._may_introduce = Believed(settings.proxy_allow_ips)
        # Whoever has connected once will again: a browser has six connections, a proxy hundreds.
        self._known: dict[str | None, Hearing] = {}

    @property
    def introduce(self) -> bool:
        """Whether some of them begin with a preamble."""
        return self._proxy_protocol != "off"

    def hearing(self, peer: str | None) -> Hearing:
        """How the fields of a peer are read."""
        known = self._known.get(peer)
        if known is not None:
            return known
        octets = b"" if peer is None else peer.encode("ascii", "replace")
        if peer is None or peer in self._believed:
            hearing = Hearing(self._keys, self._forwarding, octets)
        else:
            hearing = Hearing(self._strange_keys, None, octets)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[peer] = hearing
        return hearing

    def preamble(self, peer: str | None) -> Preamble | None:
        """What a connection of this peer begins with, if not with HTTP."""
        if self._proxy_protocol == "off":
            return None
        return Preamble(self._proxy_protocol, is_allowed=peer is None or peer in self._may_introduce)


def introduce(environ: dict[str, Any], told: dict[str, str]) -> None:
    """Put what a preamble told into the environ of a connection."""
    environ.update(told)
    if "REMOTE_ADDR" in told and "REMOTE_PORT" not in told:
        # A Unix socket of the proxy's has no port; that of the proxy would be taken for it.
        environ.pop("REMOTE_PORT", None)
