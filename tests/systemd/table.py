"""Requests that restarts, reloads and upgrades of the package cost: `python -m tests.systemd.table [TIMES]`.

Each in a machine of its own, under the same load: 16 kept connections and 8 that close, on two workers of
four threads. Writes the figures of docs/explanation/reliability.md, and prints them. It needs root.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.figures import origin_now, write
from tests.load.reliability import RESTARTS, Restart, Restarts, write_page
from tests.systemd import package
from tests.systemd.machine import WORDS, Machine, boot, install, python_for_a_service
from tests.systemd.site import BY_BIND, BY_SOCKET, SITE, WITHOUT_STORE, lost

if TYPE_CHECKING:
    from collections.abc import Iterator

RESTART: Final = "systemctl restart wsgid@shop"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is set up, and what is then done under load."""

    name: str
    setup: str
    command: str


SCENES: Final = (
    Scene("`systemctl restart`, behind a socket unit", BY_SOCKET, RESTART),
    Scene("`systemctl restart`, own listener kept by systemd", BY_BIND, RESTART),
    Scene("`systemctl restart`, with neither (`FileDescriptorStoreMax=0`)", BY_BIND + WITHOUT_STORE, RESTART),
    Scene("`systemctl reload`", BY_BIND, "systemctl reload wsgid@shop"),
)
START: Final = "systemctl start wsgid@shop"


def rows(times: int) -> Iterator[Restart]:
    """Yield what came of each scene."""
    with tempfile.TemporaryDirectory(prefix="wsgid-restarts-") as directory:
        installation = Path(directory, "wsgid")
        installation.mkdir()
        install(installation)
        machine = Machine(installation)
        for scene in SCENES:
            script = f"{SITE}\n{scene.setup}\n{START}\n{lost(times, scene.command)}"
            yield row(scene.name, times, machine.run(script))
    packages = package.built_here()
    for name, setup in (("behind a socket unit", BY_SOCKET), ("own listener", BY_BIND)):
        script = f"{WORDS}\nrm -f /var/lib/man-db/auto-update\ndpkg -i {packages.this} >&2\n{SITE}\n{setup}\n"
        script += f"{START}\n{lost(1, f'dpkg -i {packages.next}', package.PYTHON)}"
        told = boot(script, shown=(packages.directory,))
        yield row(f"upgrade of the Debian package, {name}", 1, told)


def row(name: str, times: int, told: str) -> Restart:
    """Give what a machine has printed last."""
    tally = json.loads(told.splitlines()[-1])
    return Restart(name, times, tally["requests"], tally["lost"], tally["kinds"])


def main(times: int) -> None:
    """Measure, print, write."""
    found = []
    for one in rows(times):
        found.append(one)
        sys.stdout.write(f"{one}\n")
        sys.stdout.flush()
    systemd = subprocess.run(["systemctl", "--version"], capture_output=True, text=True, check=True)
    # The service's, which may be another one than ours.
    python = subprocess.run([python_for_a_service(), "--version"], capture_output=True, text=True, check=True)
    origin = replace(origin_now(), python=f"C{python.stdout.strip()}")
    write(Restarts(origin, " ".join(systemd.stdout.split()[:2]), tuple(found)), RESTARTS)
    write_page()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
