"""Who is believed, by address."""

from __future__ import annotations

import pytest

from wsgid.config.settings import Settings
from wsgid.workers.peers import REMEMBERED, Peers


@pytest.mark.parametrize(
    ("peer", "is_believed", "octets"),
    [
        ("10.0.0.1", True, b"10.0.0.1"),
        ("192.0.2.1", False, b"192.0.2.1"),
        (None, True, b""),
        ("", False, b""),
    ],
)
def test_a_peer_is_heard_as_the_settings_say(peer: str | None, *, is_believed: bool, octets: bytes) -> None:
    """None is a Unix socket's; "" one of whom a proxy has told no address. The second time as the first."""
    peers = Peers(Settings(forwarded_allow_ips=("10.0.0.0/8",)))

    assert [(is_believed, octets)] * 2 == [
        (heard.forwarding is not None, heard.octets) for heard in (peers.hearing(peer), peers.hearing(peer))
    ]


def test_peers_that_come_and_go_do_not_fill_the_memory() -> None:
    peers = Peers(Settings(forwarded_allow_ips=("10.0.0.1",)))

    for number in range(3 * REMEMBERED):
        peers.hearing(f"2001:db8::{number:x}")

    assert len(peers._known) <= REMEMBERED
    assert peers.hearing("10.0.0.1").forwarding is not None
    assert peers.hearing("2001:db8::1").forwarding is None
