"""`make install`, with another PREFIX and with a DESTDIR, and what a service needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.systemd.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

# The first one waits for the wheels to be built.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.again,
    pytest.mark.timeout(60, func_only=True),
    pytest.mark.usefixtures("layer"),
]

STORY = Story(
    rf"""
    cd {ROOT}
    export WHEELS
    title staged
    make -s install DESTDIR=/srv/stage PREFIX=/opt/wsgid
    (cd /srv/stage; find . -maxdepth 4 -type d -name wsgid | LC_ALL=C sort)
    grep -rl /srv/stage /srv/stage || true
    ls -A /srv/stage/etc/wsgid; ls /srv/stage/opt/wsgid/bin
    grep -h ^Exec /srv/stage/opt/wsgid/lib/systemd/system/wsgid@.service
    find /etc /usr /opt /var -newer /srv/stage -name '*wsgid*' ! -path '{ROOT}/*'

    title moved
    cp -r /srv/stage/. /
    /opt/wsgid/bin/wsgid --version

    title installed
    make -s install 2>&1
    systemd-sysusers && systemctl daemon-reload
    mkdir /srv/shop
    printf 'def application(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]
'         > /srv/shop/hello.py
    printf 'app = "hello"
chdir = "/srv/shop"
bind = ["127.0.0.1:8000"]
' > /etc/wsgid/shop.toml
    wsgid --check-config --instance shop
    systemctl start wsgid@shop
    curl -sS http://127.0.0.1:8000/; echo
    systemctl reload wsgid@shop
    show FragmentPath
    readlink -f $(command -v wsgid)
    """,
    in_package=True,
)


def test_a_destdir_is_nowhere_to_be_read(story: Mapping[str, str]) -> None:
    """All lies below it, and nothing of it names it; commands and units name the prefix."""
    assert (
        story["staged"]
        == """./etc/wsgid
./opt/wsgid
./opt/wsgid/lib/wsgid
./opt/wsgid/share/wsgid
wsgid
wsgid-django
wsgid-paster
wsgidctl
ExecStart=/opt/wsgid/bin/wsgid --instance %i
ExecReload=/opt/wsgid/bin/wsgidctl --instance %i reload
"""
    )


def test_what_was_staged_runs_where_it_is_put(story: Mapping[str, str]) -> None:
    assert story["moved"].startswith("wsgid ")


def test_what_is_installed_is_started(story: Mapping[str, str]) -> None:
    """Below /usr/local, without a network, for there are wheels."""
    assert (
        story["installed"]
        == """installed; then, as root: systemd-sysusers && systemctl daemon-reload
note: checked as wsgid (User= of wsgid@shop.service)
OK: 1 file, 0 variables, 0 warnings
hello
/usr/local/lib/systemd/system/wsgid@.service
/usr/local/lib/wsgid/bin/wsgid
"""
    )
