"""Runs the commands that a page shows, so that what stands below them is what they print.

A page tells one story, in one directory of its own. What its fences say after the language:

    ```toml file=wsgid.toml      the reader writes this file, or writes it anew
    ```console run               each line that begins with `$ ` is run, and what it prints stands below it
    <!-- file=shop.py ... -->    a file that the story needs and the page does not show

A path is relative to the directory where the reader stands, /srv/shop; /etc/wsgid is the only other one
there is. Only what prints the same on every machine and every Python may be shown so.
"""  # noqa: INP001 - beside the pages, not a package

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

START: Final = "/srv/shop"
INSTANCES: Final = "/etc/wsgid"

# INSTANCES, as the commands find it in START; of the same length, so that what is aligned stays so.
_INSTANCES_HERE: Final = "@etc@wsgid"

_STEP: Final = re.compile(
    r"^<!-- file=(?P<hidden>\S+)\n(?P<text>.*?)^-->\n"
    r"|^(?P<head>```\w+ (?:file=(?P<file>\S+)|run)\n)(?P<body>.*?)^```\n",
    re.DOTALL | re.MULTILINE,
)
_DEADLINE_S: Final = 60
_OUR_FAULT: Final = "Traceback (most recent call last):"

# The command as it is installed, but that the files of instances are ours, and that whoever runs this is
# nobody in particular: a check says other things to root.
_WSGID: Final = """#!{python}
import os, sys
from wsgid.config import files
files.DIRECTORY = "{instances}"
os.geteuid = lambda: 65534
from wsgid.cli.main import main
sys.exit(main())
"""


class BrokenCommandError(Exception):
    """A command that a page shows has failed by a mistake of ours; no page is to show that."""


def is_told(text: str) -> bool:
    """Return whether a page has commands to run."""
    return _STEP.search(text) is not None


def told(text: str) -> str:
    """Return a page with what its commands print now."""
    with tempfile.TemporaryDirectory(prefix="page-") as scratch:
        root = Path(os.path.realpath(scratch))
        for directory in (START, INSTANCES, "/bin"):
            (root / directory[1:]).mkdir(parents=True)
        (root / START[1:] / _INSTANCES_HERE).symlink_to(root / INSTANCES[1:])
        command = root / "bin" / "wsgid"
        command.write_text(_WSGID.format(python=sys.executable, instances=_INSTANCES_HERE), encoding="utf-8")
        command.chmod(0o755)
        return _STEP.sub(lambda step: _step(step, root), text)


def _step(step: re.Match[str], root: Path) -> str:
    name = step["hidden"] or step["file"]
    if name is None:
        return f"{step['head']}{_session(step['body'], root)}```\n"
    path = root / name[1:] if name.startswith("/") else root / START[1:] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(step["text"] or step["body"], encoding="utf-8")
    # Whatever the umask of who runs this: a secret in a file that others can read is a warning.
    path.chmod(0o644)
    return step[0]


def _session(body: str, root: Path) -> str:
    lines = []
    for line in body.splitlines():
        if line.startswith("$ "):
            lines += [line, *_printed(line[2:], root)]
    return "\n".join(lines) + "\n"


def _printed(command: str, root: Path) -> list[str]:
    done = subprocess.run(  # noqa: S602  a page's own commands
        command.replace(INSTANCES, _INSTANCES_HERE),
        shell=True,
        cwd=root / START[1:],
        env={"PATH": f"{root}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(root), "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=_DEADLINE_S,
        check=False,
    )
    if _OUR_FAULT in done.stdout:
        raise BrokenCommandError(f"{command}\n{done.stdout}")
    return done.stdout.replace(str(root), "").replace(_INSTANCES_HERE, INSTANCES).splitlines()
