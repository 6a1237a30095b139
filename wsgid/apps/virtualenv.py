"""The environment of an application: whether this process runs in it, and how another one would."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def is_here(directory: str, prefix: str = sys.prefix) -> bool:
    """Say whether an environment is the one that this process runs in.

    By its directory: two environments have the same interpreter behind their links.
    """
    return os.path.realpath(directory) == os.path.realpath(prefix)


def interpreter(directory: str) -> str:
    """Return the path of an environment's Python."""
    return str(Path(directory, "bin", "python"))


def command(directory: str) -> list[str]:
    """Return what runs the server in an environment, without its arguments.

    By its script, not by `-m`: that would put the start directory first on sys.path, and a file there called
    logging.py would be taken for the library's.
    """
    return [interpreter(directory), str(Path(directory, "bin", "wsgid"))]


def why_not(directory: str, prefix: str = sys.prefix) -> tuple[str, str]:
    """Return why the server cannot run in an environment, and what to do about it; two "" where it can."""
    python, script = command(directory)
    if not os.access(python, os.X_OK):
        return f"`{directory}` is no virtual environment: there is no bin/python in it", ""
    if not os.access(script, os.R_OK):
        return f"wsgid is not installed in `{directory}`", f"{python} -m pip install {_source(prefix)}"
    return "", ""


def _source(prefix: str) -> str:
    """Return what pip is to install: the wheel that lies beside an installed server (`make install`)."""
    wheels = sorted(Path(prefix, "..", "..", "share", "wsgid").resolve().glob("wsgid_server-*.whl"))
    return str(wheels[-1]) if wheels else "wsgid-server"
