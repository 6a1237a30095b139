"""What an administrator sees when something is wrong: the status of the unit, its journal, its priorities."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Final

import pytest

from tests.support import ROOT
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a start fails."""

    title: str
    done: str
    """What has been done to a good instance."""
    end: str
    """The exit status, and what systemd does about it."""
    said: str
    """A part of the status."""


# What only an editor mends is not tried again, what time may mend is.
NEVER, USAGE, BOOT, BUSY = "78 failed", "2 failed", "3 auto-restart", "69 auto-restart"
WAYS: Final = (
    # Mistakes in the configuration.
    Way("a wrong setting", "say 'tiemout = 3'", NEVER, "did you mean `timeout`?"),
    Way("a file that is no TOML", "say 'workers: 4'", NEVER, "shop.toml:5"),
    Way("no file", "rm /etc/wsgid/shop.toml", NEVER, "there is no instance `shop`"),
    Way("a file that nobody may read", "chmod 600 /etc/wsgid/shop.toml", NEVER, "/etc/wsgid/shop.toml"),
    Way("a variable", "echo WSGID_WORKERS=many > /etc/default/wsgid-shop", NEVER, "WSGID_WORKERS"),
    Way(
        "a wrong argument",
        "echo WSGID_CMD_ARGS=--no-such > /etc/default/wsgid-shop",
        USAGE,
        "there is no option --no-such",
    ),
    Way("a hook", """say '[hooks]' 'on_starting = "shop:nothing"'""", NEVER, "on_starting"),
    Way(
        "a secret that is nowhere",
        """say '[env]' 'KEY = { credential = "key" }'""",
        NEVER,
        "`KEY` in `env` cannot be read",
    ),
    Way("a library that is not installed", """say 'worker_class = "gevent"'""", NEVER, "gevent"),
    Way(
        "no environment",
        """say 'virtualenv = "/srv/shop/venv"'""",
        NEVER,
        "`/srv/shop/venv` is no virtual environment",
    ),
    Way("no certificate", """say 'certfile = "/etc/ssl/none.pem"'""", NEVER, "/etc/ssl/none.pem"),
    Way(
        "a log that cannot be written",
        """sed -i /accesslog/d /etc/wsgid/shop.toml; say 'accesslog = "/etc/shop.log"'""",
        NEVER,
        "/etc/shop.log",
    ),
    Way("a pidfile that cannot be written", """say 'pidfile = "/etc/shop.pid"'""", NEVER, "/etc/shop.pid"),
    Way("another user than the unit's", """say 'user = "nobody"'""", NEVER, "nobody"),
    Way("a server that leaves its terminal", "say 'daemon = true'", NEVER, "daemon"),
    # The application.
    Way(
        "no application",
        """sed -i 's/"shop"/"shop:app"/' /etc/wsgid/shop.toml""",
        BOOT,
        "there is no `app` in `shop`",
    ),
    Way(
        "no module",
        "echo 'import nowhere' > /srv/shop/shop.py",
        BOOT,
        "finds no module `nowhere`: is it installed there?",
    ),
    Way(
        "an application that raises",
        "echo 'raise OSError(7, \"no database\")' > /srv/shop/shop.py",
        BOOT,
        "no database",
    ),
    Way(
        "an application that ends its process",
        "echo 'import os; os.abort()' > /srv/shop/shop.py",
        BOOT,
        "SIGABRT",
    ),
    Way(
        "an application that takes for ever",
        "echo 'time.sleep(99)' >> /srv/shop/shop.py; say 'boot_timeout = 1'",
        BOOT,
        "boot_timeout",
    ),
    # Addresses.
    Way("an address that is held", "hold", BUSY, "cannot listen at http://127.0.0.1:8000"),
    Way(
        "a privileged port",
        "sed -i s/8000/80/ /etc/wsgid/shop.toml",
        BUSY,
        "cannot listen at http://127.0.0.1:80",
    ),
    Way(
        "a socket that is not passed",
        "sed -i 's/127.0.0.1:8000/systemd:http/' /etc/wsgid/shop.toml",
        BUSY,
        "no sockets were passed",
    ),
)

# systemd does not come as far as the server: what it says itself.
UNITS: Final = (
    Way(
        "no account",
        "printf '[Service]\\nUser=nobody-like-it\\n' | drop_in user",
        "217 auto-restart",
        "status=217/USER",
    ),
    Way(
        "no interpreter",
        "printf '[Service]\\nExecStart=\\nExecStart=/srv/none\\n' | drop_in exec",
        "203 auto-restart",
        "status=203/EXEC",
    ),
    Way(
        "no credential",
        "printf '[Service]\\nLoadCredential=key:/etc/none\\n' | drop_in key",
        "243 auto-restart",
        "status=243/CREDENTIALS",
    ),
)

STORY = Story(
    r"""
    set +x
    say() { printf '%s\n' "$@" >> /etc/wsgid/shop.toml; }
    hold() {
        $PYTHON -c 'import socket, time; s = socket.create_server(("127.0.0.1", 8000)); time.sleep(60)' &
        holder=$!
        until_ "grep -q ':1F40 00000000:0000 0A' /proc/net/tcp"
    }
    good() {
        anew alone
        sed -i /workers/d /etc/wsgid/shop.toml
        say 'bind = ["127.0.0.1:8000"]' 'accesslog = "-"'
    }
    fails() {  # TITLE COMMAND: a start, its end, and what the status says of it
        title "$1"
        good; eval "$2"
        ! systemctl start wsgid@shop 2> /dev/null
        echo "$(show ExecMainStatus) $(show SubState)"
        journalctl --sync; systemctl status --no-pager --full wsgid@shop || true
        if [ -n "${holder-}" ]; then kill $holder; holder=; fi
    }
"""
    + "\n".join(f"fails {quote(way.title)} {quote(way.done)}" for way in (*WAYS, *UNITS))
    + rf"""
    title priorities
    good; systemctl start wsgid@shop
    curl -sS http://127.0.0.1:8000/fail; curl -sS http://127.0.0.1:8000/ > /dev/null
    wait_for StatusText "1 workers, 0 busy, 2 requests, 1 failed"
    journalctl --sync
    echo "errors: $(journalctl --no-pager -o cat -p err -u wsgid@shop | grep -c ZeroDivision)"
    echo "access: $(journalctl --no-pager -o cat -p err -u wsgid@shop | grep -c 'GET / HTTP')"
    journalctl --no-pager -o json -u wsgid@shop | grep 'GET / HTTP' | tail -1 | grep -o '"PRIORITY":"."'
    systemctl stop wsgid@shop

    title namespace
    mkdir -p /etc/systemd/system/wsgid@.service.d
    cp {ROOT}/systemd/examples/log-namespace.conf /etc/systemd/system/wsgid@.service.d/
    printf '[Journal]\nSystemMaxUse=2G\nRateLimitIntervalSec=0\n' > /etc/systemd/journald@wsgid.conf
    systemctl daemon-reload; systemctl start wsgid@shop
    for _ in 1 2 3; do curl -sS http://127.0.0.1:8000/in-its-own > /dev/null; done
    journalctl --namespace=wsgid --sync
    journalctl --namespace=wsgid --no-pager -o cat -u wsgid@shop | grep -c /in-its-own
    journalctl --no-pager -o cat -u wsgid@shop | grep -c /in-its-own || true
"""
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_the_status_says_why_a_start_has_failed(story: Mapping[str, str], way: Way) -> None:
    """What time may mend is tried again; what only an editor can is not."""
    end, *lines = story[way.title].splitlines()

    (status,) = [line for line in lines if line.startswith("     Status: ")]
    assert way.end == end
    assert status.startswith('     Status: "cannot start: ')
    assert way.said in status


@pytest.mark.parametrize("way", UNITS, ids=lambda way: way.title)
def test_what_keeps_systemd_from_starting_it_is_named_by_systemd(story: Mapping[str, str], way: Way) -> None:
    end, *lines = story[way.title].splitlines()

    assert way.end == end
    assert way.said in "\n".join(lines)


def test_each_line_has_its_priority(story: Mapping[str, str]) -> None:
    """`journalctl -p err` is what somebody must look at, and not the access log."""
    errors, access, priority = story["priorities"].splitlines()[-3:]

    assert "errors: 1" == errors
    assert ("access: 0", '"PRIORITY":"6"') == (access, priority)


def test_an_access_log_has_a_journal_of_its_own(story: Mapping[str, str]) -> None:
    assert "3\n0\n" == story["namespace"]
