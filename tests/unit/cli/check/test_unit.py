"""What is read from a unit's files, in the order in which systemd reads them."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from wsgid.cli.check.unit import Unit, find_unit, read_unit, seconds

if TYPE_CHECKING:
    from pathlib import Path

NAME = "wsgid@shop.service"


def test_what_matters_of_a_unit_is_read() -> None:
    text = """
# [Service]
; User=comment
[Unit]
User=nobody
[Service]
User=wsgid-%i
Group = www-data
SupplementaryGroups=a b
SupplementaryGroups=c
WorkingDirectory=-/srv/%i
RuntimeDirectory=wsgid/%i \\
    extra
LogsDirectory=wsgid
AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_KILL
Environment=A=1 "WSGID_WORKERS=2 3" WSGID_X=%%
EnvironmentFile=-/etc/default/wsgid-%i
Type=notify
TimeoutStopSec=1min 30s
ProtectSystem=full
ProtectHome=1
PrivateTmp=true
ReadWritePaths=/srv/a -/srv/b
"""
    assert read_unit(NAME, "shop", [text]) == Unit(
        name=NAME,
        user="wsgid-shop",
        group="www-data",
        supplementary_groups=("a", "b", "c"),
        working_directory="/srv/shop",
        directories=("/run/wsgid/shop", "/run/extra", "/var/log/wsgid"),
        may_bind_low_ports=True,
        type="notify",
        hears_us=True,
        timeout_stop_s=90.0,
        protect_system="full",
        protect_home="yes",
        has_private_tmp=True,
        writable=("/srv/a", "/srv/b"),
        variables=("A", "WSGID_WORKERS", "WSGID_X"),
        environment_files=("/etc/default/wsgid-shop",),
    )


def test_an_empty_assignment_takes_back_what_was_said() -> None:
    drop_in = "[Service]\nUser=\nRuntimeDirectory=\nRuntimeDirectory=new\nDynamicUser=yes\n"
    unit = read_unit(NAME, "shop", ["[Service]\nUser=a\nRuntimeDirectory=old\n", drop_in])

    assert ("", ("/run/new",), True) == (unit.user, unit.directories, unit.is_dynamic)


def test_an_instances_own_unit_and_drop_ins_come_first(tmp_path: Path) -> None:
    etc, lib = tmp_path / "etc", tmp_path / "lib"
    for name, text in {
        etc / "wsgid@shop.service.d/20.conf": "User=c\nGroup=g20",
        lib / "wsgid@.service": "User=a\nWorkingDirectory=/a",
        lib / "wsgid@.service.d/10.conf": "User=b\nGroup=g10",
        lib / "wsgid@.service.d/20.conf": "User=never",
        lib / "wsgid@.service.d/readme": "User=never",
    }.items():
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_text(f"[Service]\n{text}\n")
    unit = find_unit("shop", [str(etc), str(lib)])

    assert unit is not None
    assert ("c", "g20", "/a") == (unit.user, unit.group, unit.working_directory)


def test_no_unit_and_a_masked_one_are_none(tmp_path: Path) -> None:
    (tmp_path / "wsgid@gone.service").symlink_to("/dev/null")

    assert find_unit("shop", [str(tmp_path)]) is None
    assert find_unit("gone", [str(tmp_path)]) is None


def test_a_socket_unit_listens_for_it(tmp_path: Path) -> None:
    (tmp_path / "wsgid@.service").write_text("[Service]\nUser=a\n")
    assert not _found(tmp_path).is_passed_sockets

    wants = tmp_path / "sockets.target.wants"
    wants.mkdir()
    (wants / "wsgid@shop.socket").symlink_to("/usr/lib/systemd/system/wsgid@.socket")
    assert _found(tmp_path).is_passed_sockets
    assert read_unit(NAME, "shop", ["[Service]\nSockets=wsgid@%i.socket\n"]).is_passed_sockets


def _found(path: Path) -> Unit:
    unit = find_unit("shop", [str(path)])
    assert unit is not None
    return unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60", 60.0),
        ("1min 30s", 90.0),
        ("500ms", 0.5),
        ("infinity", inf),
        ("", 90.0),
        ("soon", 90.0),
        ("1y", 90.0),
    ],
)
def test_a_time_span_is_read_as_systemd_reads_it(text: str, expected: float) -> None:
    assert expected == seconds(text)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", False),
        ("AmbientCapabilities=CAP_NET_BIND_SERVICE", True),
        ("AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=", False),
        ("AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE", True),
        ("AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=~CAP_KILL", True),
    ],
)
def test_a_capability_is_of_use_within_its_bounds(lines: str, expected: bool) -> None:  # noqa: FBT001
    assert expected is read_unit(NAME, "shop", [f"[Service]\n{lines}\n"]).may_bind_low_ports


def test_a_dynamic_user_brings_its_protection_along() -> None:
    unit = read_unit(NAME, "shop", ["[Service]\nDynamicUser=yes\nProtectSystem=full\n"])

    assert ("strict", "read-only", True) == (unit.protect_system, unit.protect_home, unit.has_private_tmp)
