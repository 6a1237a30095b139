"""What a believed proxy says of a request that a library has parsed: for asgi and tornado.

The same settings decide as with our own parser (peers.py), and the same reader reads (protocol/forwarded.py);
here its environ is one that nobody else sees, and the library is told what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wsgid.protocol.http1 import Request
from wsgid.workers.peers import Peers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wsgid.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Who asks for what, with what the proxy says of it; None is not known."""

    scheme: str
    address: str | None
    port: str | None
    host: str | None
    """Perhaps with a port."""
    script: str
    """Below which path the application lies, where the proxy has not taken that away."""


class ForwardedReader:
    """Reads the fields of believed proxies; made once a worker."""

    def __init__(self, settings: Settings, *, mounts: bool) -> None:
        """`mounts`: the library can be told where the application lies (`forwarder_headers`)."""
        self._peers: Final = Peers(settings)
        self._mounts: Final = mounts

    def read(
        self, peer: str | None, scheme: str, path: str, fields: Iterable[tuple[str, str]]
    ) -> Forwarded | None:
        """Return what is said, if anything is and the peer is believed; `peer` None is a Unix socket's.

        `scheme` is http or https; `path` as the client sent it. Raises Refusal.
        """
        forwarding = self._peers.hearing(peer).forwarding
        if forwarding is None:
            return None
        environ: dict[str, Any] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": scheme}
        said = []
        for name, value in fields:
            if forwarding.takes(name.upper()) and (self._mounts or "_" not in name):
                said.append(f"{name}:{value}")
            elif name.lower() == "host":
                environ["HTTP_HOST"] = value
        if not said:
            return None
        forwarding.hear(Request(b"", "", path, True, environ), said)
        return Forwarded(
            scheme=environ["wsgi.url_scheme"],
            address=environ["REMOTE_ADDR"] or None,
            port=environ.get("REMOTE_PORT"),
            host=environ.get("HTTP_HOST"),
            script=environ.get("SCRIPT_NAME", ""),
        )
