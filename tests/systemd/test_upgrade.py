"""An upgrade under systemd: another main process, watched as the first was, and not a request lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.systemd.machine import chapters

if TYPE_CHECKING:
    from tests.systemd.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

# Its second word waits until a process that need not be our child has ended.
SHOP = """
ctl() { $PYTHON -m wsgid.cli.ctl --instance shop "$@"; }
gone() { for _ in $(seq 600); do kill -0 $1 2>/dev/null || return 0; sleep 0.05; done; return 1; }
set +x
"""


def test_the_successor_is_the_service(machine: Machine) -> None:
    """It is watched from then on (WATCHDOG_PID), reloaded and stopped; systemd refuses no word of it."""
    told = chapters(
        machine.run(f"""{SHOP}
        printf '[Service]\\nWatchdogSec=2\\n' | drop_in watchdog
        systemctl start wsgid@shop
        (for _ in $(seq 150); do ask / || echo lost; done) > /srv/answers 2>&1 &
        asking=$!
        for _ in 1 2; do
            before=$(show MainPID)
            ctl upgrade > /srv/told
            gone $before
            [ "$(cat /srv/told)" = "pid $(show MainPID) serves, and this server leaves" ]
        done
        wait $asking
        title answers; sort /srv/answers | uniq -c
        sleep 5  # longer than two intervals of the watchdog
        title after
        show ActiveState; show NRestarts; show StatusText
        title reload
        systemctl reload wsgid@shop; show ActiveState
        title stop
        systemctl stop wsgid@shop; show ActiveState; show Result
        title log; log
    """)
    )

    assert ["150", "ok"] == told["answers"].split()
    assert "active\n0\n2 workers, 0 busy, 150 requests, 0 failed\n" != told["after"]  # they are counted anew
    assert told["after"].startswith("active\n0\n2 workers, 0 busy, ")
    assert "active\n" == told["reload"]
    assert "inactive\nsuccess\n" == told["stop"]
    assert 2 == told["log"].count("upgrade done")
    for word in ("reception only permitted", "notification", "watchdog", "Killing"):
        assert word not in told["log"]


def test_a_successor_that_does_not_come_up_changes_nothing(machine: Machine) -> None:
    told = chapters(
        machine.run(f"""{SHOP}
        systemctl start wsgid@shop
        before=$(show MainPID)
        echo 'import nothing_like_it' > /srv/shop/shop.py
        title upgrade
        ! ctl upgrade 2>&1
        title after
        [ $before = $(show MainPID) ]; show ActiveState; show StatusText; ask /
    """)
    )

    assert "No module named 'nothing_like_it'" in told["upgrade"]
    assert told["after"].startswith("active\nupgrade refused: application `shop` cannot be imported")
    assert told["after"].endswith("\nok\n")
