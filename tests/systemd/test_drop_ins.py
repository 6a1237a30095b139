"""The drop-in examples, where systemd is new enough for them: understood by it, and what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from tests.systemd.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

EXAMPLES = ROOT / "systemd" / "examples"


def test_each_example_is_understood_where_its_systemd_is_there(machine: Machine) -> None:
    """Without --recursive-errors=yes an unknown directive is a warning, and the status 0."""
    told = machine.run(f"""
        set +x
        version=$(systemctl --version | sed -nE '1s/systemd ([0-9]+).*/\\1/p')
        units=/etc/systemd/system
        mkdir -p /srv/wsgid/venv/bin && ln -s $PYTHON /srv/wsgid/venv/bin/python
        rm $units/wsgid@shop.service.d/socket.conf
        for file in {EXAMPLES}/*.conf; do
            needed=$(sed -nE 's/^# systemd ([0-9]+) and newer.*/\\1/p' $file)
            if [ "${{needed:-0}}" -gt $version ]; then continue; fi
            unit=service; if grep -q '^\\[Socket\\]' $file; then unit=socket; fi
            place=$units/wsgid@.$unit
            mkdir -p $place.d && sed 's,/srv/%i,/srv/wsgid,' $file > $place.d/one.conf
            systemd-analyze verify --man=no --recursive-errors=yes $place 2>&1 || echo "status $?"
            echo "looked at ${{file##*/}}"
            rm $place.d/one.conf
        done
    """)
    looked_at = [line for line in told.splitlines() if line.startswith("looked at ")]

    # Other units of the machine are loaded on the way.
    assert [] == [line for line in told.splitlines() if "wsgid@" in line or line.startswith("status")]
    assert len(list(EXAMPLES.iterdir())) - 2 <= len(looked_at)


def test_notify_reload_waits_for_the_end_and_a_refused_one_serves_on(machine: Machine) -> None:
    """There systemd sends the signal itself, and cannot fail with the outcome: the status says it."""
    told = machine.run(f"""
        if [ $(systemctl --version | sed -nE '1s/systemd ([0-9]+).*/\\1/p') -lt 253 ]; then
            echo old; exit
        fi
        drop_in notify-reload < {EXAMPLES}/notify-reload.conf
        systemctl start wsgid@shop
        systemctl reload wsgid@shop
        log | grep -c 'reload done generation=2'
        echo 'tiemout = 3' >> /etc/wsgid/shop.toml
        systemctl reload wsgid@shop
        show ActiveState; show StatusText
        ask /
    """)
    if told == "old\n":
        pytest.skip("Type=notify-reload is for systemd 253 and newer")

    assert told.startswith("1\nactive\nreload refused: /etc/wsgid/shop.toml:4:1: error[unknown-setting]")
    assert told.endswith("\nok\n")
