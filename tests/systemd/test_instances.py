"""Instances: their files, variables, secrets, directories and users, and sockets of every kind.

One boot for all of it; the tests look at what was printed between the titles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60, func_only=True), pytest.mark.usefixtures("layer")]

# Tells what its surroundings are, and leaves a file where it may.
APP = """
import json, os, pathlib
def application(environ, start_response):
    if environ["PATH_INFO"] == "/write":
        pathlib.Path(os.environ["STATE_DIRECTORY"], "note").write_text("here")
    names = "MODE", "DRINK", "PASSWORD", "TOKEN"
    told = {name: os.environ.get(name) for name in names}
    told["user"] = os.popen("id -un").read().strip()
    told["secrets"] = sorted(os.listdir(os.environ["CREDENTIALS_DIRECTORY"]))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told, sort_keys=True).encode() + b"\\n"]
"""

STORY = Story(f"""
        set +x
        units=/etc/systemd/system
        rm $units/wsgid@shop.service.d/socket.conf
        cat > /srv/shop/tell.py <<'END'
{APP}
END
        cat > /etc/wsgid/wsgid.toml <<'END'
workers = 2
[env]
MODE = "host"
DRINK = "tea"
END
        for name in one two; do
            cat > /etc/wsgid/$name.toml <<END
app = "tell"
chdir = "/srv/shop"
bind = ["unix:/run/wsgid/$name/http.sock"]
socket_mode = "0666"
[env]
MODE = "$name"
PASSWORD = {{ credential = "database" }}
TOKEN = {{ credential = "token" }}
END
            mkdir -p /etc/wsgid/$name.credentials $units/wsgid@$name.service.d
            echo secret-of-$name > /etc/wsgid/$name.credentials/database
            chmod 700 /etc/wsgid/$name.credentials; chmod 600 /etc/wsgid/$name.credentials/database
            cp {ROOT}/systemd/examples/credentials.conf $units/wsgid@$name.service.d/
            printf '[Service]\\nSetCredential=token:token-of-%s\\n' $name \\
                > $units/wsgid@$name.service.d/token.conf
        done
        mkdir -p /etc/wsgid/two.d $units/wsgid@.service.d
        echo 'threads = 3' > /etc/wsgid/two.d/50-threads.toml
        echo WSGID_WORKERS=1 > /etc/default/wsgid-two
        cp {ROOT}/systemd/examples/user-per-instance.conf $units/wsgid@.service.d/
        systemctl daemon-reload

        title all checked
        $PYTHON -m wsgid --check-config --all 2>&1 || echo "status $?"

        title asked
        systemctl start wsgid@one wsgid@two
        for name in one two; do curl -sS --unix-socket /run/wsgid/$name/http.sock http://x/write; done

        title workers
        for name in one two; do $PYTHON -m wsgid.cli.ctl --instance $name status | sed -n 2p; done
        log wsgid@two | grep -o 'threads=3'

        title directories
        (cd /; find run/private/wsgid var/{{lib,cache,log}}/private/wsgid | LC_ALL=C sort)

        title strangers
        setpriv --reuid=wsgid --regid=wsgid --clear-groups cat /var/lib/private/wsgid/one/note 2>&1 || true

        title all at once
        systemctl start wsgid.target
        systemctl add-wants wsgid.target wsgid@one.service wsgid@two.service 2> /dev/null
        before=$(show MainPID wsgid@one)
        others() {{
            [ "$(show MainPID wsgid@one)" != $before ] && [ "$(show ActiveState wsgid@two)" = active ]
        }}
        systemctl restart wsgid.target
        until others; do sleep 0.05; done
        systemctl is-active wsgid@one wsgid@two
        systemctl stop wsgid.target
        for name in one two; do
            until [ "$(show ActiveState wsgid@$name)" = inactive ]; do sleep 0.05; done
        done
        find /run/private/wsgid -mindepth 1
""")


def test_all_are_checked_and_what_the_check_cannot_see_is_said(story: Mapping[str, str]) -> None:
    told = story["all checked"]

    assert "status" not in told, told
    assert told.count("OK: ") == 4  # all together, shop, one, two
    assert "has DynamicUser=" in told


def test_an_instance_has_its_files_variables_and_secrets(story: Mapping[str, str]) -> None:
    def answer(name: str) -> str:
        return (
            f'{{"DRINK": "tea", "MODE": "{name}", "PASSWORD": "secret-of-{name}", '
            f'"TOKEN": "token-of-{name}", "secrets": ["database", "token"], "user": "wsgid-{name}"}}\n'
        )

    assert answer("one") + answer("two") == story["asked"]


def test_defaults_of_the_host_drop_ins_and_variables_come_in_their_order(story: Mapping[str, str]) -> None:
    one, two, threads = story["workers"].splitlines()

    assert one.startswith("2 workers")
    assert two.startswith("1 workers")
    assert "threads=3" == threads


def test_no_file_is_there_that_nobody_asked_for(story: Mapping[str, str]) -> None:
    """The control socket is the way of `systemctl reload`; the note is the application's."""
    assert [
        "run/private/wsgid",
        *(
            f"run/private/wsgid/{name}{file}"
            for name in ("one", "two")
            for file in ("", "/control", "/http.sock")
        ),
        "var/cache/private/wsgid",
        *(f"var/cache/private/wsgid/{name}" for name in ("one", "two")),
        "var/lib/private/wsgid",
        *(f"var/lib/private/wsgid/{name}{file}" for name in ("one", "two") for file in ("", "/note")),
        "var/log/private/wsgid",
        *(f"var/log/private/wsgid/{name}" for name in ("one", "two")),
    ] == story["directories"].splitlines()


def test_the_files_of_an_instance_are_closed_to_others(story: Mapping[str, str]) -> None:
    assert "Permission denied" in story["strangers"]


def test_the_target_restarts_and_stops_all(story: Mapping[str, str]) -> None:
    assert ["active", "active"] == story["all at once"].split(), story["all at once"]
