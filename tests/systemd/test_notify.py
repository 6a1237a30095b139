"""What is slow is given time, by the server's own word (EXTEND_TIMEOUT_USEC=); what hangs is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.systemd.machine import chapters

if TYPE_CHECKING:
    from tests.systemd.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

APP = """
import time
time.sleep(13)
def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(8)
    start_response("200 OK", [("Content-Length", "3")])
    return [b"ok\\n"]
"""


def test_a_slow_start_and_a_slow_stop_outlast_their_timeouts(machine: Machine) -> None:
    told = chapters(
        machine.run(f"""
        set +x
        cat > /srv/shop/shop.py <<'END'
{APP}
END
        printf '[Service]\\nTimeoutStartSec=10\\nTimeoutStopSec=4\\n' | drop_in timeouts
        title start
        systemctl start wsgid@shop; show ActiveState; show NRestarts
        title stop
        ask /slow > /srv/slow & sleep 1
        systemctl stop wsgid@shop; wait; cat /srv/slow; show ActiveState; show Result
    """)
    )

    assert "active\n0\n" == told["start"]
    assert "ok\ninactive\nsuccess\n" == told["stop"]
