"""Which addresses cannot be listened at together, and who could connect to a Unix socket."""

from __future__ import annotations

import pytest

from wsgid.cli.check.addresses import are_at_odds, look_at_pairs
from wsgid.cli.check.proxy import may_connect
from wsgid.net.address import parse_address


@pytest.mark.parametrize(
    ("one", "other", "at_odds"),
    [
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.1:81", False),
        ("127.0.0.1:80", "127.0.0.2:80", False),
        ("0.0.0.0:80", "127.0.0.1:80", True),
        ("[::]:80", "127.0.0.1:80", True),
        ("[::]:80", "[::1]:80", True),
        ("0.0.0.0:80", "[::1]:80", False),
        ("127.0.0.1:0", "127.0.0.1:0", False),
        ("localhost:80", "127.0.0.1:80", False),
        ("localhost:80", "localhost:80", True),
        ("unix:/a", "unix:/a", True),
        ("unix:/a", "unix:@/a", False),
        ("unix:/a", "127.0.0.1:80", False),
    ],
)
def test_addresses_are_at_odds_as_the_kernel_has_it(one: str, other: str, at_odds: bool) -> None:  # noqa: FBT001
    assert at_odds is are_at_odds(parse_address(one), parse_address(other))
    assert at_odds is are_at_odds(parse_address(other), parse_address(one))


def test_passed_sockets_are_left_to_who_passes_them() -> None:
    assert [] == list(look_at_pairs(["fd://3", "systemd:*", ":80"]))
    (finding,) = look_at_pairs(["fd://3", ":80", "[::1]:80", "[::]:80"])
    assert ("http://0.0.0.0:80 takes http://[::]:80 too", 3) == (finding.message, finding.item)


@pytest.mark.parametrize(
    ("uid", "groups", "mode", "may"),
    [
        (1, [1], 0o660, True),
        (33, [33], 0o660, False),
        (33, [33, 2], 0o660, True),
        (33, [33], 0o666, True),
        # The first that fits counts, and an owner without a right has none.
        (1, [2], 0o066, False),
        (33, [2], 0o606, False),
    ],
)
def test_a_socket_is_connected_to_by_who_may_write(
    uid: int,
    groups: list[int],
    mode: int,
    may: bool,  # noqa: FBT001
) -> None:
    assert may is may_connect(uid, groups, mode, owner=1, group=2)
