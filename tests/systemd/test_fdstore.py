"""Listeners that no socket unit has: systemd keeps them while the service is started anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

STORY = Story(f"""
    set +x
    bind() {{ sed -i /^bind/d /etc/wsgid/shop.toml; echo "bind = [$1]" >> /etc/wsgid/shop.toml; }}
    tcp() {{ curl -sS -m 20 http://127.0.0.1:${{2-8000}}$1 2>&1 || echo lost; }}
    unix() {{ curl -sS -m 20 --unix-socket /run/wsgid/shop/web http://shop$1 2>&1 || echo lost; }}
    kept() {{ show NFileDescriptorStore; }}
    wait_kept() {{ wait_for NFileDescriptorStore $1; }}
    rm /etc/systemd/system/wsgid@.socket
    anew alone

    title start
    bind '"127.0.0.1:8000", "unix:/run/wsgid/shop/web"'
    systemctl start wsgid@shop
    kept; stat -c %i /run/wsgid/shop/web > /srv/inode

    title restart
    (for _ in $(seq 75); do tcp /; unix /; done) > /srv/answers 2>&1 &
    asking=$!
    for _ in 1 2 3; do systemctl restart wsgid@shop; done
    wait $asking
    sort /srv/answers | uniq -c; kept

    title crash
    kill -KILL $(show MainPID)
    tcp /; unix /; wait_for NRestarts 1; wait_for ActiveState active; kept

    title path
    [ $(cat /srv/inode) = $(stat -c %i /run/wsgid/shop/web) ]; show NRestarts

    title stop
    systemctl stop wsgid@shop; show Result; wait_kept 0; kept

    title log; log

    title changed by a restart
    systemctl start wsgid@shop
    bind '"0.0.0.0:8000", "127.0.0.1:8001"'
    systemctl restart wsgid@shop
    tcp /; tcp / 8001; wait_kept 2; kept
    [ ! -e /run/wsgid/shop/web ]

    title changed by a reload
    bind '"127.0.0.1:8001", "unix:/run/wsgid/shop/web"'
    systemctl reload wsgid@shop
    tcp / 8001; unix /; wait_kept 2; kept; tcp /

    title path gone
    rm /run/wsgid/shop/web
    systemctl restart wsgid@shop
    unix /; wait_kept 2; kept

    title preserved
    if [ $(version) -lt 254 ]; then exit; fi
    anew alone
    bind '"127.0.0.1:8000", "unix:/run/wsgid/shop/web"'
    drop_in store < {ROOT}/systemd/examples/descriptor-store.conf
    systemctl enable --now wsgid@shop 2>/dev/null
    systemctl stop wsgid@shop; show ActiveState; kept
    tcp / > /srv/tcp & unix / > /srv/unix &
    systemctl start wsgid@shop
    wait
    cat /srv/tcp /srv/unix; kept
""")


def test_a_restart_and_a_crash_lose_no_connection(story: Mapping[str, str]) -> None:
    assert "2\n" == story["start"]
    assert ["150", "ok", "2"] == story["restart"].split()
    assert "ok\nok\n2\n" == story["crash"]
    assert "1\n" == story["path"]


def test_a_stop_lets_go_of_them(story: Mapping[str, str]) -> None:
    assert "success\n0\n" == story["stop"]
    assert "Cannot store" not in story["log"]


def test_bind_may_change_and_nothing_is_left_over(story: Mapping[str, str]) -> None:
    assert "ok\nok\n2\n" == story["changed by a restart"]
    assert story["changed by a reload"].startswith("ok\nok\n2\n")
    assert story["changed by a reload"].endswith("lost\n")
    assert "ok\n2\n" == story["path gone"]


def test_a_stop_and_a_start_later_where_systemd_keeps_them_so_long(story: Mapping[str, str]) -> None:
    if not story["preserved"]:
        pytest.skip("FileDescriptorStorePreserve= is for systemd 254 and newer")

    assert "inactive\n2\nok\nok\n2\n" == story["preserved"]
