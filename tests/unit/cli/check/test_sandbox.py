"""What a unit would not let a configuration do, decided on values."""

from __future__ import annotations

from typing import Any

import pytest

from wsgid.cli.check.sandbox import look_at_unit, notes_of_unit
from wsgid.cli.check.unit import Unit
from wsgid.config.settings import Settings

NAME = "wsgid@shop.service"
# As the shipped one is.
SHIPPED = Unit(
    NAME,
    type="notify",
    hears_us=True,
    timeout_stop_s=60.0,
    protect_system="full",
    protect_home="read-only",
    has_private_tmp=True,
    directories=("/run/wsgid/shop", "/var/lib/wsgid/shop"),
)


def found(unit: Unit, **settings: Any) -> list[tuple[str, str]]:
    """Give setting and message of each finding."""
    return [
        (one.setting, one.message) for one in look_at_unit(Settings.model_construct(**settings), unit, "/")
    ]


def test_what_the_shipped_unit_lets_be_is_no_mistake() -> None:
    assert [] == found(
        SHIPPED,
        chdir="/home/ann/shop",
        bind=("unix:/run/wsgid/shop/http.sock", "127.0.0.1:80", "unix:@name"),
        accesslog="/var/log/shop.log",
        errorlog="-",
        pidfile="/srv/shop/pid",
        tmp_upload_dir="/tmp/uploads",
    )


def test_a_daemon_is_lost_to_systemd_but_where_it_waits_for_one() -> None:
    message = f"`daemon` under {NAME}: systemd would take the server for ended"

    assert [("daemon", message)] == found(SHIPPED, daemon=True)
    assert [] == found(Unit(NAME, type="forking"), daemon=True)


def test_a_stop_that_is_cut_short_is_told_where_nobody_asks_for_more_time() -> None:
    short = Unit(NAME, type="exec", timeout_stop_s=10.0)
    message = (
        f"TimeoutStopSec= of {NAME} is 10 s, less than graceful_timeout, 30 s: "
        "systemd would kill workers that finish their requests"
    )

    assert [("graceful_timeout", message)] == found(short)
    assert [] == found(short, graceful_timeout=9.0)
    assert [] == found(SHIPPED, graceful_timeout=90.0)
    (note,) = notes_of_unit(Settings.model_construct(graceful_timeout=90.0), SHIPPED)
    assert note.endswith(
        "60 s, is less than graceful_timeout, 90 s: a stop that takes longer asks systemd for more time"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chdir": "/tmp/shop"}, "PrivateTmp=: `/tmp/shop` is hidden from it"),
        ({"pythonpath": ("lib",), "chdir": "/var/tmp"}, "PrivateTmp=: `/var/tmp/lib` is hidden from it"),
        ({"virtualenv": "/tmp/venv"}, "PrivateTmp=: `/tmp/venv` is hidden from it"),
        ({"accesslog": "/etc/shop/log"}, "ProtectSystem=full: it cannot write `/etc/shop/log`"),
        ({"pidfile": "/usr/lib/pid"}, "ProtectSystem=full: it cannot write `/usr/lib/pid`"),
        ({"errorlog": "/home/ann/log"}, "ProtectHome=read-only: it cannot write `/home/ann/log`"),
        ({"bind": ("unix:/etc/x",)}, "ProtectSystem=full: it cannot write `/etc/x`"),
        ({"bind": ("unix:/tmp/x",)}, "PrivateTmp=: nobody else sees `/tmp/x`"),
    ],
)
def test_what_is_hidden_or_read_only_is_told(settings: dict[str, Any], message: str) -> None:
    assert f"{NAME} has {message}" in [text for _, text in found(SHIPPED, **settings)]


def test_strict_leaves_what_systemd_makes_and_what_is_named() -> None:
    strict = Unit(
        NAME, timeout_stop_s=60.0, protect_system="strict", directories=("/run/shop",), writable=("/srv/up",)
    )

    assert [] == found(
        strict, pidfile="/run/shop/pid", accesslog="/dev/stdout", tmp_upload_dir="/srv/up/loads", errorlog="-"
    )
    assert [("pidfile", f"{NAME} has ProtectSystem=strict: it cannot write `/srv/pid`")] == found(
        strict, pidfile="/srv/pid"
    )


def test_what_protect_home_hides_cannot_be_entered() -> None:
    hidden = Unit(NAME, timeout_stop_s=60.0, protect_home="yes")

    assert [("chdir", f"{NAME} has ProtectHome=yes: `/home/ann` is hidden from it")] == found(
        hidden, chdir="/home/ann"
    )
