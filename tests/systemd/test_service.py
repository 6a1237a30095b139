"""The shipped units in a systemd that really runs: started, reloaded, restarted, watched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.systemd.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_a_service_is_checked_started_and_asked(machine: Machine) -> None:
    """The whole of a first use: edit, check, start."""
    told = machine.run("""
        $PYTHON -m wsgid --check-config --instance shop
        systemctl start wsgid@shop
        ask /
        systemctl status --no-pager wsgid@shop
        ps -o user= -p $(show MainPID)
    """)

    assert "OK: 1 file" in told
    assert "\nok\n" in told
    assert 'Status: "2 workers, 0 busy, ' in told
    assert "listening at unix:/run/wsgid/shop.sock (bind, environment variable LISTEN_FDS)" in told
    assert "passed as systemd:http mode=0660 owner=wsgid:wsgid" in told
    assert told.endswith("\nwsgid\n")


def test_a_reload_waits_for_its_outcome_and_fails_with_it(machine: Machine) -> None:
    """And in both cases the unit is active again, and not "reloading" for ever."""
    told = machine.run("""
        systemctl start wsgid@shop
        echo 'server_header = "new"' >> /etc/wsgid/shop.toml
        systemctl reload wsgid@shop
        curl -sS --unix-socket /run/wsgid/shop.sock -D - -o /dev/null http://shop/
        echo 'tiemout = 3' >> /etc/wsgid/shop.toml
        ! systemctl reload wsgid@shop
        show ActiveState; show StatusText
        sed -i /tiemout/d /etc/wsgid/shop.toml
        systemctl reload wsgid@shop
        show ActiveState; show StatusText; show NRestarts
    """)

    assert "Server: new" in told
    refused, _, after = told.rpartition("active\n")
    assert "active\nreload refused: /etc/wsgid/shop.toml:5:1: error[unknown-setting]: unknown" in refused
    assert re.fullmatch(r"2 workers, 0 busy, \d requests, 0 failed\n0\n", after)


def test_a_restart_behind_the_socket_loses_nothing_and_its_path_lives(machine: Machine) -> None:
    told = machine.run("""
        systemctl start wsgid@shop
        stat -c %i /run/wsgid/shop.sock
        set +x
        (for _ in $(seq 150); do ask / || echo lost; done) > /srv/answers 2>&1 &
        set -x
        for _ in 1 2 3; do systemctl restart wsgid@shop; done
        wait
        sort /srv/answers | uniq -c
        stat -c %i /run/wsgid/shop.sock
    """)

    assert ["150", "ok"] == told.splitlines()[1].split()
    assert told.splitlines()[0] == told.splitlines()[2]


def test_a_connection_starts_the_service(machine: Machine) -> None:
    told = machine.run("""
        systemctl start wsgid@shop.socket
        show ActiveState
        ask /
        wait_for ActiveState active
    """)

    assert "inactive\nok\n" == told


def test_without_its_socket_unit_a_start_says_what_is_missing_and_goes_on_trying(machine: Machine) -> None:
    told = machine.run("""
        rm /etc/systemd/system/wsgid@shop.service.d/socket.conf /etc/systemd/system/wsgid@.socket
        systemctl daemon-reload
        echo 'bind = ["systemd:http"]' >> /etc/wsgid/shop.toml
        ! systemctl start wsgid@shop
        show ExecMainStatus; show SubState
        journalctl --no-pager -u wsgid@shop
    """)

    assert told.startswith("69\nauto-restart\n")
    assert "cannot listen at systemd:http (bind, /etc/wsgid/shop.toml:4:9): no sockets were passed" in told


def test_a_bad_configuration_is_not_tried_again_and_a_crash_is(machine: Machine) -> None:
    told = machine.run("""
        systemctl start wsgid@shop
        kill -KILL $(show MainPID)
        wait_for NRestarts 1
        wait_for ActiveState active
        echo 'tiemout = 3' >> /etc/wsgid/shop.toml
        kill -KILL $(show MainPID)
        wait_for ActiveState failed
        show NRestarts; show ExecMainStatus
        journalctl --no-pager -u wsgid@shop
    """)

    assert told.startswith("2\n78\n")
    assert "did you mean `timeout`?" in told


def test_an_arbiter_that_stands_still_is_replaced_and_an_application_that_does_is_not(
    machine: Machine,
) -> None:
    told = machine.run("""
        printf '[Service]\\nWatchdogSec=1\\n' | drop_in watchdog
        systemctl start wsgid@shop
        ! curl -s -m 2.5 --unix-socket /run/wsgid/shop.sock http://shop/hang
        show NRestarts
        kill -STOP $(show MainPID)
        wait_for NRestarts 1
        wait_for ActiveState active
        ask /
    """)

    assert "0\nok\n" == told
