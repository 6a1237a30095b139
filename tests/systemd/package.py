"""The Debian package, built from this clone, and a next version of it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support import ROOT
from tests.systemd.layer import digest, kept

PYTHON: Final = "/usr/bin/python3"
NEXT: Final = "0.1.999"
_KEPT_S: Final = 86400
# What a package is made of, besides its directories.
_FILES: Final = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
# What pip says where an index cannot be reached.
_NO_NETWORK: Final = re.compile(r"NewConnectionError|Name or service not known|Temporary failure|No matching")


@dataclass(frozen=True, slots=True)
class Packages:
    """Where the package is, and the one that `apt upgrade` would bring."""

    directory: Path
    this: Path
    next: Path

    @property
    def wheels(self) -> Path:
        """What both are made of."""
        return self.directory / "wheels"


@cache
def built_here() -> Packages:
    """Give those of this clone as it is; they are kept for a day, for other runs."""
    parts = [ROOT / name for name in ("wsgid", "systemd", "etc", "docs/man", *_FILES)]
    sources = [path for part in parts for path in sorted(part.rglob("*")) or [part] if path.is_file()]
    sources = [path for path in sources if path.parent.name != "__pycache__"]
    directory = kept() / f"packages-{digest(*sources)[:16]}"
    with (kept() / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "next.deb").exists():
            for former in kept().glob("packages-*/"):
                if time.time() - former.stat().st_mtime > _KEPT_S:
                    shutil.rmtree(former)
            # An attempt that was ended half-way is none.
            scratch = Path(f"{directory}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            build(scratch)
            scratch.rename(directory)
    (this,) = directory.glob("wsgid_*.deb")
    return Packages(directory, this, directory / "next.deb")


def build(directory: Path) -> Packages:
    """Build both; the second differs by its version alone."""
    if shutil.which("dpkg-deb") is None and "CI" not in os.environ:
        pytest.skip("dpkg-deb is not installed: packages are built on Debian and Ubuntu")
    if _has_no_venv() and "CI" not in os.environ:
        pytest.skip(f"{PYTHON} makes no virtual environments (Debian: python3-venv)")
    done = subprocess.run(
        [str(ROOT / "systemd" / "package" / "deb"), str(directory)],
        env={**os.environ, "WHEELS": str(directory / "wheels")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and _NO_NETWORK.search(done.stderr) and "CI" not in os.environ:
        pytest.skip(f"no package can be built without an index: {done.stderr.strip()[-200:]}")
    assert 0 == done.returncode, done.stderr
    (this,) = directory.glob("wsgid_*.deb")
    return Packages(directory, this, _renew(this, directory))


def _has_no_venv() -> bool:
    code = "import ensurepip, venv"
    return subprocess.run([PYTHON, "-c", code], capture_output=True, check=False).returncode != 0


def _renew(package: Path, directory: Path) -> Path:
    """Give a package that is this one, but says that it is a later version."""
    tree = directory / "next"
    subprocess.run(["dpkg-deb", "-R", str(package), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {NEXT}", control.read_text()))
    (module,) = tree.glob("usr/lib/wsgid/lib/python3.*/site-packages/wsgid/__init__.py")
    module.write_text(re.sub(r"(?m)^__version__ = .*", f'__version__ = "{NEXT}"', module.read_text()))
    words = ["-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", str(module)]
    subprocess.run([PYTHON, *words], check=True)
    renewed = directory / "next.deb"
    # Its octets are of no interest, its time is.
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(tree), str(renewed)], check=True)
    shutil.rmtree(tree)
    return renewed
