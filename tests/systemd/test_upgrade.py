"""An upgrade under systemd: another main process, watched as the first was, and not a request lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

STORY = Story(r"""
    set +x
    printf '[Service]\nWatchdogSec=2\n' | drop_in watchdog
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

    title refused
    anew
    systemctl start wsgid@shop
    before=$(show MainPID)
    echo 'import nothing_like_it' > /srv/shop/shop.py
    ! ctl upgrade 2>&1
    title after a refusal
    [ $before = $(show MainPID) ]; show ActiveState; show StatusText; ask /

    title by hand
    anew
    echo 'upgrade = "manual"' >> /etc/wsgid/shop.toml
    systemctl start wsgid@shop
    upgrade() { ctl upgrade | sed -nE 's/pid ([0-9]+) serves, .*/\1/p'; }
    first=$(show MainPID); second=$(upgrade)
    [ $first = $(show MainPID) ]
    ctl stop > /dev/null; gone $first; wait_for MainPID $second
    show ActiveState; ask /
    third=$(upgrade)

    title both are stopped
    ask /slow > /srv/slow & asking=$!
    until_ "[ -e /srv/shop/asked ]"
    systemctl stop wsgid@shop; wait $asking; cat /srv/slow
    ! kill -0 $second 2> /dev/null; ! kill -0 $third 2> /dev/null
    show ActiveState; show Result
    title log of both; log
""")


def test_the_successor_is_the_service(story: Mapping[str, str]) -> None:
    """It is watched from then on (WATCHDOG_PID), reloaded and stopped; systemd refuses no word of it."""
    assert ["150", "ok"] == story["answers"].split()
    assert story["after"].startswith("active\n0\n2 workers, 0 busy, ")
    assert "150 requests" not in story["after"], "they are counted anew"
    assert "active\n" == story["reload"]
    assert "inactive\nsuccess\n" == story["stop"]
    assert 2 == story["log"].count("upgrade done")


@pytest.mark.parametrize("title", ["log", "log of both"])
def test_systemd_refuses_no_word_and_kills_nobody(story: Mapping[str, str], title: str) -> None:
    for word in ("reception only permitted", "notification", "watchdog", "Killing", "timed out"):
        assert word not in story[title]


def test_a_successor_that_does_not_come_up_changes_nothing(story: Mapping[str, str]) -> None:
    assert "No module named 'nothing_like_it'" in story["refused"]
    after = story["after a refusal"]
    assert after.startswith("active\nupgrade refused: application `shop` cannot be imported")
    assert after.endswith("\nok\n")


def test_wsgidctl_ends_the_former_and_the_service_goes_on(story: Mapping[str, str]) -> None:
    assert "active\nok\n" == story["by hand"]


def test_a_stop_ends_both_and_what_they_have_begun_is_finished(story: Mapping[str, str]) -> None:
    """For systemd speaks to the main process alone, and kills who is left when that has ended."""
    assert "ok\ninactive\nsuccess\n" == story["both are stopped"]
