"""A machine that has just been booted, with wsgid installed: a story says in shell what to do there.

`box`, beside this file, boots it. Its systemd is this machine's own, or the one of a layer (`layer`).
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

BOX: Final = Path(__file__).with_name("box")
# The exit status of the box itself, as opposed to that of what ran in it.
BROKEN: Final = 125
# A story takes half a minute; several at a time on a machine that does other things, too, take longer.
_LONGEST_S: Final = 300
# What no service sees, for its account's rights or for PrivateTmp=.
HIDDEN: Final = ("/root/", "/home/", "/tmp/", "/var/tmp/")

APP: Final = """
import os, time
def application(environ, start_response):
    if environ["PATH_INFO"] == "/hang":
        time.sleep(3600)
    if environ["PATH_INFO"] == "/fail":
        1 / 0
    if environ["PATH_INFO"] == "/slow":
        with open("/srv/shop/asked", "w") as file:
            file.write(str(os.getpid()))
        time.sleep(8)
    if environ["PATH_INFO"] == "/eat":
        eaten = bytearray(os.urandom(1 << 20)) * 1000
    start_response("200 OK", [("Content-Length", "3")])
    return [b"ok\\n"]
"""

# The words that stories are written in; `shop` is the instance that most of them are about.
WORDS: Final = r"""
set -eu
drop_in() { mkdir -p /etc/systemd/system/wsgid@shop.service.d
    cat > /etc/systemd/system/wsgid@shop.service.d/$1.conf; systemctl daemon-reload; }
ask() { curl -sS -m 20 --unix-socket /run/wsgid/shop.sock http://shop$1; }
show() { systemctl show -P $1 ${2-wsgid@shop.service}; }
wait_for() { for _ in $(seq 600); do if [ "$(show $1)" = "$2" ]; then return; fi; sleep 0.05; done
    echo "$1 is not $2, but $(show $1)"; return 1; }
until_() { for _ in $(seq 600); do if eval "$1"; then return; fi; sleep 0.05; done
    echo "never: $1"; return 1; }
gone() { until_ "! kill -0 $1 2> /dev/null"; }
title() { echo "== $*"; }
log() { journalctl --sync
    journalctl --no-pager -o cat -u ${1-wsgid@shop.service} ${CURSOR:+--after-cursor "$CURSOR"}; }
version() { systemctl --version | sed -nE '1s/systemd ([0-9]+).*/\1/p'; }
"""

# The instance as it is at first: stopped, behind its socket unless it is to be `alone`; `log` begins anew.
ANEW: Final = rf"""
anew() {{
    systemctl stop wsgid@shop.socket wsgid@shop.service 2> /dev/null || true
    systemctl reset-failed 2> /dev/null || true
    rm -rf /etc/systemd/system/wsgid@*.d /etc/default/wsgid-shop /etc/wsgid/shop.toml /srv/shop
    mkdir /srv/shop; chmod 777 /srv/shop
    cat > /srv/shop/shop.py <<'END'
{APP}
END
    printf 'app = "shop"\nchdir = "/srv/shop"\nworkers = 2\n' > /etc/wsgid/shop.toml
    if [ "${{1-}}" = alone ]; then systemctl daemon-reload
    else drop_in socket < {ROOT}/systemd/examples/socket.conf; fi
    journalctl --sync; CURSOR=$(journalctl -q -n 1 -o cat --show-cursor | sed -n 's/^-- cursor: //p')
}}
"""

# What an installation would have done; then one instance, shop, behind its socket.
INSTALLED: Final = rf"""
export PYTHONPATH=/opt/wsgid
ctl() {{ $PYTHON -m wsgid.cli.ctl --instance shop "$@"; }}
check() {{ $PYTHON -m wsgid --check-config --instance shop "$@"; }}
mkdir -p /etc/wsgid
systemd-sysusers {ROOT}/systemd/sysusers.d/wsgid.conf
for unit in service:wsgid@.service socket:wsgid@.socket target:wsgid.target; do
    $PYTHON -m wsgid --print-unit ${{unit%%:*}} > /etc/systemd/system/${{unit#*:}}
done
echo PYTHONPATH=$PYTHONPATH > /etc/default/wsgid
{ANEW}
anew
"""


class Machine:
    """Runs shell scripts, each in a machine of its own that ends with it."""

    def __init__(self, installation: Path, layer: Path | None = None) -> None:
        """`installation` is as `install` makes it; `layer` has another systemd than this machine's."""
        self._installation = installation
        self._python = python_for_a_service()
        self._layer = layer

    def run(self, script: str) -> str:
        """Run a script that must succeed, and give what it printed."""
        place = f"mkdir -p /opt/wsgid; mount --bind {self._installation} /opt/wsgid\n"
        text = f"{WORDS}{place}PYTHON={self._python}\n{INSTALLED}\nset -x\n{script}"
        return boot(text, shown=(self._installation,), layer=self._layer)


def boot(script: str, *, shown: tuple[Path, ...] = (), layer: Path | None = None) -> str:
    """Run a script in a machine with nothing of ours installed; `shown` are directories to be seen there."""
    options = ["-p", str(ROOT), "-t", str(_LONGEST_S)]
    for path in shown:
        options += ["-m", str(path)]
    if layer is not None:
        options += ["-l", str(layer)]
    done = subprocess.run(
        [str(BOX), *options, "--", "bash", "-c", script],
        capture_output=True,
        text=True,
        timeout=_LONGEST_S + 30,
        check=False,
    )
    if done.returncode == BROKEN and "CI" not in os.environ:
        pytest.skip(f"no systemd can be booted here: {done.stderr.strip()}")
    assert 0 == done.returncode, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def chapters(text: str) -> dict[str, str]:
    """Return what was printed under each title: several promises are looked at in one boot."""
    parts = re.split(r"(?m)^== (.*)\n", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def install(path: Path) -> None:
    """Put wsgid and what it needs into a directory, as a machine will see it at /opt/wsgid.

    Compiled: no account there may write beside it, and each start would do it again.
    """
    ignored = shutil.ignore_patterns("__pycache__")
    for distribution in _needed():
        for entry in {file.parts[0] for file in distribution.files or () if ".." not in file.parts}:
            source = Path(str(distribution.locate_file(entry)))
            if source.is_dir() and not (path / entry).exists():
                shutil.copytree(source, path / entry, ignore=ignored)
            elif source.is_file():
                shutil.copy(source, path)
    shutil.copytree(ROOT / "wsgid", path / "wsgid", ignore=ignored)
    shutil.copytree(ROOT / "systemd", path / "wsgid" / "cli" / "systemd", dirs_exist_ok=True)
    subprocess.run(["chmod", "-R", "a+rX", str(path)], check=True)
    words = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(path)]
    subprocess.run([python_for_a_service(), *words], check=False, capture_output=True)


def _needed(name: str = "wsgid-server") -> Iterator[importlib.metadata.Distribution]:
    """Yield what an installation needs, and what that needs."""
    for requirement in importlib.metadata.requires(name) or ():
        if ";" not in requirement:
            found = re.match(r"[\w.-]+", requirement)
            assert found is not None
            yield importlib.metadata.distribution(found[0])
            yield from _needed(found[0])


def python_for_a_service() -> str:
    """Give an interpreter that a service can run and that has what ours has compiled."""
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        if path.startswith(HIDDEN) or not Path(path).exists():
            continue
        code = "import sys; print(*sys.version_info[:2])"
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
        if done.stdout.split() == [str(number) for number in sys.version_info[:2]]:
            return path
    pytest.skip("no interpreter of this version lies where a service may run it")
