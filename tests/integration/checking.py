"""Runs the commands that do not serve: in a directory that every user may enter, as root and as others."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import _environment
from tests.template import Done

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.template import Template

NOBODY = "nobody"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

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


class Project:
    """A directory with an application's files, open to every user."""

    def __init__(self, root: Path, template: Template | None = None) -> None:
        """`template` forks what checks, where a test has one."""
        self.root = root
        self._template = template

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def check(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        """Run `wsgid --check-config` there, forked from the template."""
        return self.ask("--check-config", *argv, env=env)

    def ask(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        """Run `wsgid` there, forked from the template."""
        assert self._template is not None
        return self._template.run(argv, self.root, env or {})

    def check_instances(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        """Check with the instances in `etc` and the units in `units`, which are not the machine's own."""
        assert self._template is not None
        elsewhere = {"directory": str(self.root / "etc"), "unit_path": [str(self.root / "units")]}
        return self._template.run(["--check-config", *argv], self.root, env or {}, elsewhere)

    def run(self, *argv: str, env: Mapping[str, str] | None = None, user: str | None = None) -> Done:
        """Run `wsgid` there, in a process of its own."""
        become = []
        if user:
            entry = pwd.getpwnam(user)
            become = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        done = subprocess.run(
            [*open_to_all(), *become, sys.executable, "-m", "wsgid", *argv],
            cwd=self.root,
            env=_environment({"PWD": str(self.root), **(env or {})}),
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
def project(template: Template | None = None) -> Iterator[Project]:
    # Not pytest's: its directories are closed to other users.
    root = Path(tempfile.mkdtemp(prefix="wsgid-check-"))
    root.chmod(0o755)
    try:
        yield Project(root, template)
    finally:
        shutil.rmtree(root)
