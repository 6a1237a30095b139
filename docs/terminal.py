"""Runs the commands that a page shows, so that what stands below them is what they print.

A page tells one story, in one directory of its own. What its fences say after the language:

    ```toml file=wsgid.toml      the reader writes this file, or writes it anew
    ```console run               each line that begins with `$ ` is run, and what it prints stands below it
    <!-- file=shop.py ... -->    a file that the story needs and the page does not show

A path is relative to the directory where the reader stands, /srv/shop; `/etc/...` and `/srv/...` lie
below the scratch directory that plays the file system's root. Only what prints the same on every machine
and every Python may be shown so.
"""  # noqa: INP001 - beside the pages, not a package

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

START: Final = "srv/shop"

_STEP: Final = re.compile(
    r"^<!-- file=(?P<hidden>\S+)\n(?P<text>.*?)^-->\n"
    r"|^(?P<head>```\w+ (?:file=(?P<file>\S+)|run)\n)(?P<body>.*?)^```\n",
    re.DOTALL | re.MULTILINE,
)
_ROOTED: Final = re.compile(r"(?<![\w./-])/(?=(?:etc|srv)/)")
_DEADLINE_S: Final = 60

# The command as it is installed, but that the host's directory of configurations is below our root.
_WSGID: Final = """#!{python}
import sys
from pathlib import Path
from wsgid.cli.main import main
sys.exit(main())
"""


def is_told(text: str) -> bool:
    """Return whether a page has commands to run."""
    return _STEP.search(text) is not None


def told(text: str) -> str:
    """Return a page with what its commands print now."""
    with tempfile.TemporaryDirectory(prefix="page-") as scratch:
        root = Path(os.path.realpath(scratch))
        (root / START).mkdir(parents=True)
        (root / "bin").mkdir()
        command = root / "bin" / "wsgid"
        command.write_text(_WSGID.format(python=sys.executable), encoding="utf-8")
        command.chmod(0o755)
        return _STEP.sub(lambda step: _step(step, root), text)


def _step(step: re.Match[str], root: Path) -> str:
    name = step["hidden"] or step["file"]
    if name is None:
        return f"{step['head']}{_session(step['body'], root)}```\n"
    path = root / name[1:] if name.startswith("/") else root / START / name
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
        _ROOTED.sub(f"{root}/", command),
        shell=True,
        cwd=root / START,
        env={"PATH": f"{root}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(root), "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=_DEADLINE_S,
        check=False,
    )
    return done.stdout.replace(str(root), "").splitlines()
