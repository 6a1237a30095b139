"""Whoever copies a configuration from etc/wsgid, and has its directories, is told that it is right."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT, _environment

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = sorted(path for path in (ROOT / "etc" / "wsgid").iterdir() if path.is_file())

# What an example expects of its machine.
DIRECTORIES = ("/srv/mysite", "/run/mysite")
CERTIFICATES = "/etc/letsencrypt/live/shop.example/"
FILES = {f"{CERTIFICATES}fullchain.pem": "one.pem", f"{CERTIFICATES}privkey.pem": "one.key"}


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_checker_passes_an_example(example: Path, tmp_path: Path) -> None:
    """With --no-app: the applications are other people's."""
    text = example.read_text(encoding="utf-8")
    if CERTIFICATES in text and os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("only root may use its port")
    for directory in DIRECTORIES:
        (tmp_path / directory[1:]).mkdir(parents=True)
        text = text.replace(directory, f"{tmp_path}{directory}")
    for path, ours in FILES.items():
        text = text.replace(path, str(ROOT / "tests" / "integration" / "tls" / ours))
    copy = tmp_path / example.name
    copy.write_text(text, encoding="utf-8")

    command = [sys.executable, "-m", "wsgid", "--check-config", "--no-app", "-c", str(copy)]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment({}), capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "OK: 1 file, " in done.stdout + done.stderr
