"""What is slow is given time, by the server's own word (EXTEND_TIMEOUT_USEC=); what hangs is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

# The first word comes 2 s after the start of the server, which itself may take some on a full machine.
STORY = Story(r"""
    set +x
    sed -i 's/^import os, time/&\ntime.sleep(13)/' /srv/shop/shop.py
    printf '[Service]\nTimeoutStartSec=10\nTimeoutStopSec=4\n' | drop_in timeouts
    title start
    systemctl start wsgid@shop; show ActiveState; show NRestarts
    title stop
    ask /slow > /srv/slow & asking=$!
    until_ "[ -e /srv/shop/asked ]"
    systemctl stop wsgid@shop; wait $asking; cat /srv/slow; show ActiveState; show Result
""")


def test_a_slow_start_outlasts_its_timeout(story: Mapping[str, str]) -> None:
    assert "active\n0\n" == story["start"]


def test_a_slow_stop_outlasts_its_timeout(story: Mapping[str, str]) -> None:
    assert "ok\ninactive\nsuccess\n" == story["stop"]
