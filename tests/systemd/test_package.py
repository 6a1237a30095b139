"""The Debian package: installed without a network, started, upgraded under load, removed, purged.

All in one boot; the tests look at what it printed between the titles.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.package import NEXT
from tests.systemd.story import Story
from wsgid import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

# The first one waits for the package to be built.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60, func_only=True),
    pytest.mark.usefixtures("layer"),
]


STORY = Story(
    f"""
        rm -f /var/lib/man-db/auto-update
        title installed; dpkg -i $PACKAGE > /dev/null
        getent passwd wsgid | cut -d: -f1
        readlink -f /usr/bin/wsgid /usr/bin/wsgidctl
        stat -c '%A %U %n' /etc/wsgid; ls -A /etc/wsgid
        wsgid --version
        (cd /usr/share; ls doc/wsgid/examples/minimal.toml wsgid/wsgid.schema.json man/man5/wsgid.toml.5.gz)

        title depends
        dpkg-deb -f $PACKAGE Depends
        /usr/bin/python3 -c 'import sys; print(*sys.version_info[:2])'

        title checked
        mkdir -p /srv/shop/tests
        cp -r {ROOT}/tests/load {ROOT}/tests/__init__.py /srv/shop/tests/
        printf 'app = "tests.load.app"\\nchdir = "/srv/shop"\\nthreads = 4\\n' > /etc/wsgid/shop.toml
        mkdir /etc/systemd/system/wsgid@shop.socket.d
        printf '[Socket]\\nListenStream=\\nListenStream=127.0.0.1:8000\\n' \\
            > /etc/systemd/system/wsgid@shop.socket.d/tcp.conf
        systemctl daemon-reload
        wsgid --check-config --instance shop

        title started
        systemctl enable -q --now wsgid@shop.socket wsgid@shop.service
        curl -sS 'http://127.0.0.1:8000/answer?1' | head -1 | cut -d' ' -f1
        wsgidctl --instance shop status | head -1 | cut -d' ' -f1,2
        find /usr/lib/wsgid -newer /etc/wsgid/shop.toml

        title environment
        # An application with an environment, and a wsgid in that: as the message says, but without an index.
        mkdir -p /srv/site
        /usr/bin/python3 -m venv /srv/site/venv
        export PIP_NO_INDEX=1 PIP_FIND_LINKS=$WHEELS PIP_ROOT_USER_ACTION=ignore
        /srv/site/venv/bin/python -m pip -qq install /usr/share/wsgid/wsgid_server-*.whl
        cat > /srv/site/site_.py <<'END'
import sys
def application(environ, start_response):
    start_response("200 OK", [])
    return [sys.prefix.encode()]
END
        cat > /etc/wsgid/site.toml <<'END'
app = "site_"
chdir = "/srv/site"
virtualenv = "/srv/site/venv"
bind = ["127.0.0.1:8001"]
END
        wsgid --check-config --instance site
        systemctl start wsgid@site
        before=$(show MainPID wsgid@site)
        curl -sS http://127.0.0.1:8001/; echo

        title upgraded
        (while [ ! -e /srv/over ]; do curl -sS -m 20 http://127.0.0.1:8001/ && echo; done) > /srv/asked 2>&1 &
        asking=$!
        (cd {ROOT}; /usr/bin/python3 -B -m tests.systemd.lost 8000 1 "dpkg -i $NEXT_PACKAGE")
        wsgidctl --instance shop status | head -1 | cut -d' ' -f1,2
        systemctl is-active wsgid@shop

        title environment upgraded
        touch /srv/over; wait $asking
        sort -u /srv/asked
        [ $before != $(show MainPID wsgid@site) ]
        wsgidctl --instance site status | head -1 | cut -d' ' -f1,2
        cp -r /usr/lib/wsgid/lib/python3*/site-packages/wsgid /srv/site/venv/lib/python3*/site-packages/
        wsgidctl --instance site upgrade > /dev/null
        wsgidctl --instance site status | head -1 | cut -d' ' -f1,2
        systemctl is-active wsgid@site

        title removed; dpkg -r wsgid > /dev/null
        systemctl is-active wsgid@shop || true
        ls /etc/wsgid
        ls -d /usr/lib/wsgid /usr/bin/wsgid 2> /dev/null || true

        title purged; dpkg -P wsgid > /dev/null
        find /etc /usr/bin /usr/lib/systemd /usr/share /var -name '*wsgid*' ! -path '*/journal/*'
    """,
    in_package=True,
)


def test_it_is_installed_without_a_network_and_makes_the_account(story: Mapping[str, str]) -> None:
    expected = f"""wsgid
/usr/lib/wsgid/bin/wsgid
/usr/lib/wsgid/bin/wsgidctl
drwxr-xr-x root /etc/wsgid
wsgid {__version__}
doc/wsgid/examples/minimal.toml
man/man5/wsgid.toml.5.gz
wsgid/wsgid.schema.json
"""

    assert expected == story["installed"]


def test_an_instance_is_checked_and_started_and_writes_nothing_there(story: Mapping[str, str]) -> None:
    assert "OK: 1 file, 0 variables, 0 warnings" in story["checked"]
    assert f"1\nwsgid {__version__}\n" == story["started"]


def test_it_wants_the_python_that_it_was_built_with(story: Mapping[str, str]) -> None:
    """What is compiled in it is for that minor version alone."""
    depends, version = story["depends"].splitlines()
    major, minor = (int(number) for number in version.split())

    assert f"python3 (>= {major}.{minor}~), python3 (<< {major}.{minor + 1}~), systemd" == depends


def test_its_upgrade_loses_no_request_and_runs_the_next_version(story: Mapping[str, str]) -> None:
    tally, version, state = story["upgraded"].splitlines()

    assert 0 == json.loads(tally)["lost"], tally
    assert (f"wsgid {NEXT}", "active") == (version, state)


def test_who_has_an_environment_goes_on_in_it(story: Mapping[str, str]) -> None:
    """Its wsgid is that of the environment: who renews that has it by an upgrade of the instance."""
    assert story["environment"].endswith("/srv/site/venv\n")
    assert [
        "/srv/site/venv",
        f"wsgid {__version__}",
        f"wsgid {NEXT}",
        "active",
    ] == story["environment upgraded"].splitlines()


def test_its_removal_leaves_the_configuration_and_a_purge_nothing(story: Mapping[str, str]) -> None:
    assert "inactive\nshop.toml\nsite.toml\n" == story["removed"]
    # The drop-in is the administrator's own.
    assert "/etc/systemd/system/wsgid@shop.socket.d\n" == story["purged"]
