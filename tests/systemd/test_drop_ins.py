"""The drop-in examples, where systemd is new enough for them: understood by it, and what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

EXAMPLES = ROOT / "systemd" / "examples"

STORY = Story(rf"""
    set +x
    title understood
    units=/etc/systemd/system
    mkdir -p /srv/wsgid/venv/bin && ln -s $PYTHON /srv/wsgid/venv/bin/python
    rm -r $units/wsgid@shop.service.d
    for file in {EXAMPLES}/*.conf; do
        needed=$(sed -nE 's/^# systemd ([0-9]+) and newer.*/\1/p' $file)
        if [ "${{needed:-0}}" -gt $(version) ]; then continue; fi
        unit=service; if grep -q '^\[Socket\]' $file; then unit=socket; fi
        place=$units/wsgid@.$unit
        mkdir -p $place.d && sed 's,/srv/%i,/srv/wsgid,' $file > $place.d/one.conf
        systemd-analyze verify --man=no --recursive-errors=yes $place 2>&1 || echo "status $?"
        echo "looked at ${{file##*/}}"
        rm -r $place.d
    done

    title closed
    for name in '' user-per-instance privileged-port bounds descriptor-store notify-reload; do
        cat $units/wsgid@.service ${{name:+{EXAMPLES}/$name.conf}} > /srv/wsgid@.service
        systemd-analyze security --offline=true --threshold=20 /srv/wsgid@.service > /srv/security ||
            tail -1 /srv/security
    done

    title privileged
    anew alone
    drop_in port < {EXAMPLES}/privileged-port.conf
    echo 'bind = ["127.0.0.1:80"]' >> /etc/wsgid/shop.toml
    check --no-app
    systemctl start wsgid@shop
    curl -sS http://127.0.0.1/
    ps -o user= -p $(show MainPID)

    title reload
    if [ $(version) -lt 253 ]; then title refused; title no application; exit; fi
    anew
    drop_in notify-reload < {EXAMPLES}/notify-reload.conf
    systemctl start wsgid@shop
    systemctl reload wsgid@shop
    log | grep -c 'reload done generation=2'

    title refused
    echo 'tiemout = 3' >> /etc/wsgid/shop.toml
    systemctl reload wsgid@shop
    show ActiveState; show StatusText
    ask /
    sed -i /tiemout/d /etc/wsgid/shop.toml

    title no application
    echo 'import nowhere' > /srv/shop/shop.py
    systemctl reload wsgid@shop
    show ActiveState; show StatusText
    ask /
""")


def test_each_example_is_understood_where_its_systemd_is_there(story: Mapping[str, str]) -> None:
    """Without --recursive-errors=yes an unknown directive is a warning, and the status 0."""
    lines = story["understood"].splitlines()

    # Other units of the machine are loaded on the way.
    assert [] == [line for line in lines if "wsgid@" in line or line.startswith("status")]
    assert len(list(EXAMPLES.iterdir())) - 2 <= sum(line.startswith("looked at ") for line in lines)


def test_the_service_is_closed_with_each_of_them(story: Mapping[str, str]) -> None:
    """A score of 2.0 or better, by the judgement of this systemd."""
    assert "" == story["closed"]


def test_a_port_below_1024_is_had_without_root(story: Mapping[str, str]) -> None:
    assert story["privileged"].endswith("OK: 1 file, 0 variables, 0 warnings\nok\nwsgid\n")


def told_by_a_new_one(story: Mapping[str, str], title: str) -> str:
    if not story[title]:
        pytest.skip("Type=notify-reload is for systemd 253 and newer")
    return story[title]


def test_notify_reload_waits_for_the_end(story: Mapping[str, str]) -> None:
    assert "1\n" == told_by_a_new_one(story, "reload")


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("refused", "/etc/wsgid/shop.toml:4:1: error[unknown-setting]"),
        ("no application", "application `shop` cannot be imported"),
    ],
)
def test_a_refused_one_serves_on(story: Mapping[str, str], title: str, reason: str) -> None:
    """There systemd sends the signal itself, and cannot fail with the outcome: the status says it."""
    told = told_by_a_new_one(story, title)

    assert told.startswith(f"active\nreload refused: {reason}")
    assert told.endswith("\nok\n")
