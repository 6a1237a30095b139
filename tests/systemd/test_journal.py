"""What an administrator sees when something is wrong: the status of the unit, its journal, its priorities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.machine import Machine, chapters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def story(installation: Path, layer: Path | None) -> Mapping[str, str]:
    """Give what is told of each way in which a start fails, and of a service that runs."""
    script = f"""
        set +x
        rm /etc/systemd/system/wsgid@shop.service.d/socket.conf; systemctl daemon-reload
        good() {{ cat > /etc/wsgid/shop.toml <<'END'
app = "shop"
chdir = "/srv/shop"
bind = ["127.0.0.1:8000"]
accesslog = "-"
END
        }}
        fails() {{  # TITLE: a start, its end, and what the status says of it
            title "$1"
            ! systemctl start wsgid@shop 2> /dev/null
            echo "status $(show ExecMainStatus) $(show SubState)"
            journalctl --sync; systemctl status --no-pager --full wsgid@shop || true
            systemctl stop wsgid@shop; systemctl reset-failed wsgid@shop 2> /dev/null || true
        }}
        good; echo 'tiemout = 3' >> /etc/wsgid/shop.toml; fails "a wrong setting"
        good; sed -i 's/"shop"/"shop:app"/' /etc/wsgid/shop.toml; fails "no application"
        good; echo 'import nowhere' > /srv/shop/bad.py; sed -i 's/"shop"/"bad"/' /etc/wsgid/shop.toml
        fails "no module"
        $PYTHON -c 'import socket, time; s = socket.create_server(("127.0.0.1", 8000)); time.sleep(60)' &
        holder=$!
        until grep -q ':1F40 00000000:0000 0A' /proc/net/tcp; do sleep 0.05; done
        good; fails "an address that is held"; kill $holder || true
        good; sed -i 's/8000/80/' /etc/wsgid/shop.toml; fails "a privileged port"
        rm /etc/wsgid/shop.toml; fails "no file"
        good; echo 'virtualenv = "/srv/shop/venv"' >> /etc/wsgid/shop.toml; fails "no environment"
        good; echo 'accesslog = "/etc/shop.log"' >> /etc/wsgid/shop.toml; sed -i '/"-"/d' /etc/wsgid/shop.toml
        fails "a log that cannot be written"
        good; echo WSGID_CMD_ARGS=--no-such > /etc/default/wsgid-shop; fails "a wrong argument"
        rm /etc/default/wsgid-shop

        title priorities
        good; systemctl start wsgid@shop
        curl -sS http://127.0.0.1:8000/fail; curl -sS http://127.0.0.1:8000/ > /dev/null
        wait_for StatusText "1 workers, 0 busy, 2 requests, 1 failed" > /dev/null
        journalctl --sync
        echo "errors: $(journalctl --no-pager -o cat -p err -u wsgid@shop | grep -c ZeroDivision)"
        echo "access: $(journalctl --no-pager -o cat -p err -u wsgid@shop | grep -c 'GET / HTTP')"
        journalctl --no-pager -o json -u wsgid@shop | grep 'GET / HTTP' | tail -1 | grep -o '"PRIORITY":"."'

        title a worker that is killed for want of memory
        show OOMPolicy
        before=$(show MainPID)
        kill -KILL $(pgrep -P $before | head -1)
        curl -sS --retry 5 --retry-connrefused http://127.0.0.1:8000/
        [ $before = $(show MainPID) ]; show NRestarts
        systemctl stop wsgid@shop

        title namespace
        mkdir -p /etc/systemd/system/wsgid@.service.d
        cp {ROOT}/systemd/examples/log-namespace.conf /etc/systemd/system/wsgid@.service.d/
        printf '[Journal]\\nSystemMaxUse=2G\\nRateLimitIntervalSec=0\\n' > /etc/systemd/journald@wsgid.conf
        systemctl daemon-reload; systemctl start wsgid@shop
        for _ in 1 2 3; do curl -sS http://127.0.0.1:8000/in-its-own > /dev/null; done
        journalctl --namespace=wsgid --sync
        journalctl --namespace=wsgid --no-pager -o cat -u wsgid@shop | grep -c /in-its-own
        journalctl --no-pager -o cat -u wsgid@shop | grep -c /in-its-own || true
    """
    return chapters(Machine(installation, layer).run(script))


@pytest.mark.parametrize(
    ("title", "status", "said"),
    [
        ("a wrong setting", "status 78 failed", "did you mean `timeout`?"),
        ("no application", "status 3 auto-restart", "there is no `app` in `shop`"),
        ("no module", "status 3 auto-restart", "finds no module `nowhere`: is it installed there?"),
        ("an address that is held", "status 69 auto-restart", "cannot listen at http://127.0.0.1:8000"),
        ("a privileged port", "status 69 auto-restart", "cannot listen at http://127.0.0.1:80"),
        ("no file", "status 78 failed", "there is no instance `shop`"),
        ("no environment", "status 78 failed", "`/srv/shop/venv` is no virtual environment"),
        ("a log that cannot be written", "status 78 failed", "/etc/shop.log"),
        ("a wrong argument", "status 2 failed", "there is no option --no-such"),
    ],
)
def test_the_status_says_why_a_start_has_failed(
    story: Mapping[str, str], title: str, status: str, said: str
) -> None:
    """What time may mend is tried again; what only an editor can is not."""
    told = story[title]

    (line,) = [line for line in told.splitlines() if line.startswith("     Status: ")]
    assert status == told.splitlines()[0]
    assert line.startswith('     Status: "cannot start: ')
    assert said in line


def test_each_line_has_its_priority(story: Mapping[str, str]) -> None:
    """`journalctl -p err` is what somebody must look at, and not the access log."""
    errors, access, priority = story["priorities"].splitlines()[-3:]

    assert "errors: 1" == errors
    assert ("access: 0", '"PRIORITY":"6"') == (access, priority)


def test_the_loss_of_a_worker_does_not_end_the_service(story: Mapping[str, str]) -> None:
    assert "continue\nok\n0\n" == story["a worker that is killed for want of memory"]


def test_an_access_log_has_a_journal_of_its_own(story: Mapping[str, str]) -> None:
    assert "3\n0\n" == story["namespace"]
