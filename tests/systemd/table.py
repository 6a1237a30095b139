"""Requests that restarts, reloads and upgrades of the package cost: `python -m tests.systemd.table [TIMES]`.

Each in a machine of its own, under the same load: 16 kept connections and 8 that close, on two workers of
four threads. Writes the table of docs/explanation/restarts.md, and prints it. It needs root.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support import ROOT
from tests.systemd import package
from tests.systemd.machine import WORDS, Machine, boot, install
from tests.systemd.site import BY_BIND, BY_SOCKET, SITE, WITHOUT_STORE, lost

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = ROOT / "docs" / "explanation" / "restarts.md"
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


def rows(times: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| What is done | Times | Requests | Lost | of these: |"
    yield "|---|---|---|---|---|"
    with tempfile.TemporaryDirectory(prefix="wsgid-restarts-") as directory:
        installation = Path(directory, "wsgid")
        installation.mkdir()
        install(installation)
        machine = Machine(installation)
        for scene in SCENES:
            script = f"{SITE}\n{scene.setup}\n{START}\n{lost(times, scene.command)}"
            yield row(scene.name, times, machine.run(script))
        packages = package.build(Path(directory, "packages"))
        for name, setup in (("behind a socket unit", BY_SOCKET), ("own listener", BY_BIND)):
            script = (
                f"{WORDS}\nrm -f /var/lib/man-db/auto-update\ndpkg -i {packages.this} >&2\n{SITE}\n{setup}\n"
            )
            script += f"{START}\n{lost(1, f'dpkg -i {packages.next}', package.PYTHON)}"
            told = boot(script, shown=(packages.directory,))
            yield row(f"upgrade of the Debian package, {name}", 1, told)


def row(name: str, times: int, told: str) -> str:
    """Give one line of the table from what a machine has printed."""
    tally = json.loads(told.splitlines()[-1])
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in tally["kinds"].items()) or "-"
    return f"| {name} | {times} | {tally['requests']:,} | {tally['lost']:,} | {kinds} |"


def machine_line() -> str:
    """Say where it was measured."""
    systemd = subprocess.run(["systemctl", "--version"], capture_output=True, text=True, check=True)
    cpus = len(re.findall(r"(?m)^processor", Path("/proc/cpuinfo").read_text(encoding="utf-8")))
    return f"Measured with {' '.join(systemd.stdout.split()[:2])} on {cpus} CPUs."


def main(times: int) -> None:
    """Measure, write, print."""
    table = "\n".join(rows(times))
    text = PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- measured: make restarts -->", "<!-- end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(f"{before}{begin}\n\n{table}\n\n{machine_line()}\n\n{end}{after}", encoding="utf-8")
    sys.stdout.write(f"{table}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
