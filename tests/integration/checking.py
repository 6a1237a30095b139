"""Runs the commands that do not serve: in a directory that every user may enter, as root and as others."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import _environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOBODY = "nobody"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

# Through the code, for the directories of instances and units are not the machine's own.
ELSEWHERE = """
import sys
from wsgid.cli import main
from wsgid.cli.check import command, instances
directory, units = sys.argv[1:3]
for part, name in ((command, "check"), (instances, "check_all")):
    getattr(part, name).__kwdefaults__.update(directory=directory, unit_path=(units,))
sys.exit(main.main(sys.argv[3:]))
"""


# What lies below a directory that is closed to others (pyenv's interpreter in /root) is open in a mount
# namespace of its own. Arguments: the directory, how many things below it are wanted, these, the command.
OPEN = """
set -e
closed=$1 count=$2
shift 2
kept=$(mktemp -d)
mount -t tmpfs tmpfs "$kept"
set -- "$@" --
for _ in $(seq "$count"); do
    mkdir -p "$kept/$1"
    mount --bind "$1" "$kept/$1"
    set -- "$@" "$1"
    shift
done
while [ "$1" != -- ]; do set -- "$@" "$1"; shift; done
shift
mount -t tmpfs -o mode=755 tmpfs "$closed"
for _ in $(seq "$count"); do
    mkdir -p "$1"
    mount --bind "$kept/$1" "$1"
    shift
done
umount -R -l "$kept"
rmdir "$kept"
exec "$@"
"""

# Of this run: the interpreter, its environment, the code.
NEEDED = (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2])


def closed_directory() -> Path | None:
    """Give the directory that closes this interpreter to other users; None where it is open to all."""
    return _closing(NEEDED[0])


def _closing(place: Path) -> Path | None:
    whole = place.resolve()
    return next((one for one in reversed([whole, *whole.parents]) if one.stat().st_mode & 0o5 != 0o5), None)


@cache
def open_to_all() -> tuple[str, ...]:
    """Give what to put before a command so that every user can read what it needs, or skip the test."""
    if os.geteuid() != 0:
        return ()
    wanted: dict[Path, list[str]] = {}
    for place in NEEDED:
        closed = _closing(place)
        if closed is not None:
            wanted.setdefault(closed, []).append(str(place.resolve()))
    prefix: list[str] = []
    for closed, places in wanted.items():
        prefix += ["unshare", "--mount", "sh", "-c", OPEN, "sh", str(closed), str(len(places)), *places]
    done = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        closing = ", ".join(map(str, wanted))
        pytest.skip(f"closed to other users, and cannot be opened: {closing}: {done.stderr}")
    return tuple(prefix)


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    error: str


class Project:
    """A directory with an application's files, open to every user."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *argv: str, env: Mapping[str, str] | None = None, user: str | None = None) -> Done:
        """Run `wsgid` there."""
        return self._run(["-m", "wsgid", *argv], env or {}, user)

    def check(self, *argv: str, env: Mapping[str, str] | None = None, user: str | None = None) -> Done:
        return self.run("--check-config", *argv, env=env, user=user)

    def check_instances(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        """Run --check-config with the instances in `etc` and the units in `units`."""
        directories = [str(self.root / name) for name in ("etc", "units")]
        return self._run(["-c", ELSEWHERE, *directories, "--check-config", *argv], env or {}, None)

    def _run(self, argv: list[str], env: Mapping[str, str], user: str | None) -> Done:
        become = []
        if user:
            entry = pwd.getpwnam(user)
            become = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        done = subprocess.run(
            [*open_to_all(), *become, sys.executable, *argv],
            cwd=self.root,
            env=_environment({"PWD": str(self.root), **env}),
            capture_output=True,
            text=True,
            check=False,
            timeout=40,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def shell(self, arguments: str) -> Done:
        """Run `wsgid` there by a shell, which can redirect."""
        line = f"{sys.executable} -m wsgid {arguments}"
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.root,
            env=_environment({"PWD": str(self.root)}),
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start `wsgid` there, and leave the rest to the caller."""
        return subprocess.Popen(
            [*open_to_all(), sys.executable, "-m", "wsgid", *argv],
            cwd=self.root,
            env=_environment({"PWD": str(self.root)}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def inventory(self) -> dict[str, tuple[int, int, int]]:
        """Give all files and directories with owner, group and mode."""
        paths = [self.root, *self.root.rglob("*")]
        return {
            str(path.relative_to(self.root)): (status.st_uid, status.st_gid, status.st_mode)
            for path in paths
            for status in [path.lstat()]
        }


@contextmanager
def project() -> Iterator[Project]:
    # Not pytest's: its directories are closed to other users.
    root = Path(tempfile.mkdtemp(prefix="wsgid-check-"))
    root.chmod(0o755)
    try:
        yield Project(root)
    finally:
        shutil.rmtree(root)
