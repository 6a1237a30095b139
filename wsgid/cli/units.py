"""--print-unit: the shipped systemd units, with the path of the interpreter that prints them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

# In an installed package the files are beside us, in a clone they are at its top.
_PLACES: Final = (Path(__file__).with_name("systemd"), Path(__file__).parents[2] / "systemd")

_FILES: Final = {"service": "wsgid@.service", "socket": "wsgid@.socket", "target": "wsgid.target"}
_MODULES: Final = {"wsgid": "wsgid", "wsgidctl": "wsgid.cli.ctl"}

# What a service cannot see, by the unit's PrivateTmp= or by its account's rights.
_HIDDEN: Final = ("/tmp", "/var/tmp", "/root")  # noqa: S108  compared, not used


def unit_text(kind: str, executable: str = sys.executable) -> str:
    """Return a unit whose commands are run by this interpreter."""
    name = _FILES[kind]
    text = next(file for place in _PLACES if (file := place / name).exists()).read_text(encoding="utf-8")
    return re.sub(
        r"^(Exec\w+=)/usr/bin/(wsgid|wsgidctl) ",
        lambda found: f"{found[1]}{_quoted(executable)} -m {_MODULES[found[2]]} ",
        text,
        flags=re.MULTILINE,
    )


def why_not_for_a_service(executable: str = sys.executable) -> str:
    """Say why a service could not run this interpreter; "" where it can, as far as its path tells."""
    for directory in _HIDDEN:
        if executable.startswith(f"{directory}/"):
            return f"{executable} is in {directory}, which the service does not see: install it elsewhere"
    return ""


def _quoted(path: str) -> str:
    """Write a path as systemd reads it back: specifiers, variables, quotes (systemd.service(5))."""
    text = path.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return text if re.fullmatch(r"[^\s\"'\\;]+", path) else f'"{text}"'
