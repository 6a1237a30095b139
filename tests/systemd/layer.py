"""A newer systemd than this machine's, as files that are laid above the machine's own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

MAKE: Final = Path(__file__).with_name("make-layer")
# The first with all that newer units and drop-ins ask for: FileDescriptorStorePreserve=.
NEW: Final = 254


def newer_systemd() -> Path:
    """Give the layer; it is kept for the next run."""
    if _version() >= NEW:
        pytest.skip("this machine's own systemd is a new one")
    # What is installed here is written down in the layer, too: another machine needs another layer.
    layer = kept() / f"systemd-{digest(MAKE)[:16]}"
    with (kept() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not layer.exists():
            done = subprocess.run([str(MAKE), str(layer)], capture_output=True, text=True, check=False)
            if done.returncode and "CI" not in os.environ:
                pytest.skip(f"a newer systemd cannot be fetched: {done.stderr.strip()[-300:]}")
            assert 0 == done.returncode, done.stderr
    return layer


def kept() -> Path:
    """Give the directory of what is made once, and kept for later runs."""
    path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wsgid-tests"
    path.mkdir(parents=True, exist_ok=True)
    return path


def digest(*paths: Path) -> str:
    """Sum up these files, and what is installed on this machine."""
    total = hashlib.sha256(Path("/var/lib/dpkg/status").read_bytes())
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def _version() -> int:
    done = subprocess.run(["systemctl", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"systemd (\d+)", done.stdout)
    return int(found[1]) if found else 0
