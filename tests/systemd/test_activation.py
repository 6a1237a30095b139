"""Sockets that systemd has opened, of every family and of several units; what a restart behind them costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.systemd.site import BY_SOCKET, SITE, lost
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

STORY = Story(f"""
        set +x
        units=/etc/systemd/system
        mkdir -p $units/wsgid@shop.socket.d
        cat > $units/wsgid@shop.socket.d/more.conf <<'END'
[Socket]
ListenStream=127.0.0.1:8000
ListenStream=[::1]:8001
END
        cat > $units/wsgid-admin@.socket <<'END'
[Socket]
ListenStream=127.0.0.1:8002
FileDescriptorName=admin
Service=wsgid@%i.service
END
        rm $units/wsgid@shop.service.d/socket.conf
        systemctl daemon-reload
        all() {{
            ask /; for at in 127.0.0.1:8000 [::1]:8001 127.0.0.1:8002; do curl -sS -m 20 http://$at/; done
        }}

        title lazily
        systemctl start wsgid@shop.socket wsgid-admin@shop.socket
        show ActiveState
        all
        wait_for ActiveState active; show ActiveState

        title by name
        echo 'bind = ["systemd:http", "systemd:admin", "127.0.0.1:9000"]' >> /etc/wsgid/shop.toml
        systemctl restart wsgid@shop
        all; curl -sS http://127.0.0.1:9000/
        log | grep -o 'listening at .* (bind, /etc/wsgid/shop.toml.*), passed as systemd:admin'

        title one forgotten
        sed -i 's/"systemd:admin", //' /etc/wsgid/shop.toml
        ! systemctl reload wsgid@shop 2> /dev/null
        show StatusText
        ! systemctl restart wsgid@shop 2> /dev/null
        show ExecMainStatus; show StatusText
        systemctl stop wsgid@shop wsgid@shop.socket wsgid-admin@shop.socket

        title under load
        rm $units/wsgid@shop.socket.d/more.conf
        {SITE} {BY_SOCKET}
        systemctl start wsgid@shop
        {lost(3, "systemctl restart wsgid@shop")}
        show NRestarts
""")


def test_a_connection_starts_the_service_and_all_sockets_are_served(story: Mapping[str, str]) -> None:
    """Without `bind` every passed socket is: Unix, IPv4, IPv6, of two socket units."""
    assert ["inactive", *["ok"] * 4, "active"] == story["lazily"].split()


def test_sockets_are_named_in_bind_beside_addresses(story: Mapping[str, str]) -> None:
    lines = story["by name"].splitlines()

    assert ["ok"] * 5 == lines[:5]
    assert (
        "listening at http://127.0.0.1:8002 (bind, /etc/wsgid/shop.toml:4:25), passed as systemd:admin"
        in lines
    )


def test_a_socket_that_bind_forgets_is_a_mistake_at_its_place(story: Mapping[str, str]) -> None:
    """Its clients would wait in a queue that nobody empties."""
    reloaded, status, restarted = story["one forgotten"].splitlines()

    mistake = "/etc/wsgid/shop.toml:4:8: error[cannot-bind]: the passed socket `admin`"
    assert reloaded.startswith(f"reload refused: {mistake}")
    assert ("78", True) == (status, restarted.startswith(f"cannot start: {mistake}"))


def test_restarts_behind_the_socket_lose_nothing_under_load(story: Mapping[str, str]) -> None:
    tally, restarts = story["under load"].splitlines()

    assert 0 == json.loads(tally)["lost"], tally
    assert json.loads(tally)["pids"] >= 2 * 4
    assert "0" == restarts
