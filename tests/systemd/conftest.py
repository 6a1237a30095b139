"""Fixtures that boot: each test of `machine` runs on this machine's systemd and on a newer one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.systemd.machine import Machine, install
from tests.systemd.package import Packages, build

LAYER: Final = Path(__file__).with_name("layer")
# The first with all that newer units and drop-ins ask for: FileDescriptorStorePreserve=.
NEW: Final = 254


def systemd_version() -> int:
    done = subprocess.run(["systemctl", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"systemd (\d+)", done.stdout)
    return int(found[1]) if found else 0


@pytest.fixture(scope="session")
def can_boot() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can boot a systemd of its own")
    has_all = shutil.which("systemd-nspawn") is not None and shutil.which("curl") is not None
    if not has_all and "CI" not in os.environ:
        pytest.skip("systemd-nspawn or curl is not installed (Debian: systemd-container, curl)")


@pytest.fixture(scope="session")
def newer_systemd(can_boot: None) -> Path:
    """Give a layer with a newer systemd than this machine's; it is kept for the next run."""
    if systemd_version() >= NEW:
        pytest.skip("this machine's own systemd is a new one")
    # What is installed here is written down in the layer, too: another machine needs another layer.
    digest = hashlib.sha256(LAYER.read_bytes())
    digest.update(Path("/var/lib/dpkg/status").read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wsgid-tests"
    cache.mkdir(parents=True, exist_ok=True)
    layer = cache / f"systemd-{digest.hexdigest()[:16]}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not layer.exists():
            done = subprocess.run([str(LAYER), str(layer)], capture_output=True, text=True, check=False)
            if done.returncode and "CI" not in os.environ:
                pytest.skip(f"a newer systemd cannot be fetched: {done.stderr.strip()[-300:]}")
            assert 0 == done.returncode, done.stderr
    return layer


@pytest.fixture(scope="session", params=["own", pytest.param("newer", marks=pytest.mark.again)])
def layer(request: pytest.FixtureRequest, can_boot: None) -> Path | None:
    """Give the layer that has the systemd to be used; None is this machine's."""
    newer: Path | None = request.getfixturevalue("newer_systemd") if request.param == "newer" else None
    return newer


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with wsgid and what it needs, to be shown in the box."""
    path = tmp_path_factory.mktemp("wsgid")
    install(path)
    return path


@pytest.fixture(scope="session")
def packages(can_boot: None, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Give the Debian package of this clone; it takes half a minute to build."""
    return build(tmp_path_factory.mktemp("packages"))


@pytest.fixture
def machine(installation: Path, layer: Path | None) -> Machine:
    return Machine(installation, layer)
