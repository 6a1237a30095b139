"""Listeners that no socket unit has: systemd keeps them while the service is started anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.machine import chapters

if TYPE_CHECKING:
    from tests.systemd.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

# Without its socket unit.
SHOP = """
set +x
rm /etc/systemd/system/wsgid@shop.service.d/socket.conf /etc/systemd/system/wsgid@.socket
systemctl daemon-reload
bind() { sed -i /^bind/d /etc/wsgid/shop.toml; echo "bind = [$1]" >> /etc/wsgid/shop.toml; }
tcp() { curl -sS -m 20 http://127.0.0.1:${2-8000}$1 2>&1 || echo lost; }
unix() { curl -sS -m 20 --unix-socket /run/wsgid/shop/web http://shop$1 2>&1 || echo lost; }
kept() { show NFileDescriptorStore; }
wait_kept() { wait_for NFileDescriptorStore $1; }
bind '"127.0.0.1:8000", "unix:/run/wsgid/shop/web"'
"""


def test_a_restart_and_a_crash_lose_no_connection(machine: Machine) -> None:
    told = chapters(
        machine.run(f"""{SHOP}
        systemctl start wsgid@shop
        title start; kept; stat -c %i /run/wsgid/shop/web > /srv/inode
        (for _ in $(seq 75); do tcp /; unix /; done) > /srv/answers 2>&1 &
        asking=$!
        for _ in 1 2 3; do systemctl restart wsgid@shop; done
        wait $asking
        title restart; sort /srv/answers | uniq -c; kept
        title crash
        kill -KILL $(show MainPID)
        tcp /; unix /; wait_for NRestarts 1; wait_for ActiveState active; kept
        title path
        [ $(cat /srv/inode) = $(stat -c %i /run/wsgid/shop/web) ]; show NRestarts
        title stop
        systemctl stop wsgid@shop; show Result; wait_kept 0; kept
        title log; log
    """)
    )

    assert "2\n" == told["start"]
    assert ["150", "ok", "2"] == told["restart"].split()
    assert "ok\nok\n2\n" == told["crash"]
    assert "1\n" == told["path"]
    assert "success\n0\n" == told["stop"]
    assert "Cannot store" not in told["log"]


def test_bind_may_change_and_nothing_is_left_over(machine: Machine) -> None:
    told = chapters(
        machine.run(f"""{SHOP}
        systemctl start wsgid@shop
        title restart
        bind '"0.0.0.0:8000", "127.0.0.1:8001"'
        systemctl restart wsgid@shop
        tcp /; tcp / 8001; wait_kept 2; kept
        [ ! -e /run/wsgid/shop/web ]
        title reload
        bind '"127.0.0.1:8001", "unix:/run/wsgid/shop/web"'
        systemctl reload wsgid@shop
        tcp / 8001; unix /; wait_kept 2; kept; tcp /
        title gone
        rm /run/wsgid/shop/web
        systemctl restart wsgid@shop
        unix /; wait_kept 2; kept
    """)
    )

    assert "ok\nok\n2\n" == told["restart"]
    assert told["reload"].startswith("ok\nok\n2\n")
    assert told["reload"].endswith("lost\n")
    assert "ok\n2\n" == told["gone"]


def test_a_stop_and_a_start_later_where_systemd_keeps_them_so_long(machine: Machine) -> None:
    told = machine.run(f"""{SHOP}
        if [ $(systemctl --version | sed -nE '1s/systemd ([0-9]+).*/\\1/p') -lt 254 ]; then
            echo old; exit
        fi
        drop_in store < {ROOT}/systemd/examples/descriptor-store.conf
        systemctl enable --now wsgid@shop 2>/dev/null
        systemctl stop wsgid@shop; show ActiveState; kept
        tcp / > /srv/tcp & unix / > /srv/unix &
        systemctl start wsgid@shop
        wait
        cat /srv/tcp /srv/unix; kept
    """)
    if told == "old\n":
        pytest.skip("FileDescriptorStorePreserve= is for systemd 254 and newer")

    assert "inactive\n2\nok\nok\n2\n" == told
