"""The compiled build: what it is made of, how it is refused, and that a server says which one it is.

`make test-compiled` runs the tests of `make test` against it, by hand: compiling takes more than a minute.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import wsgid
from tests.support import ROOT, start_server

if TYPE_CHECKING:
    from pathlib import Path

COMPILE = ROOT / "systemd" / "package" / "compile.py"


def test_each_module_that_is_compiled_is_there() -> None:
    """One that was given another name would else be noticed by whoever installs."""
    spec = importlib.util.spec_from_file_location("compile_hot", COMPILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert [] == [name for name in module.HOT if not (ROOT / "wsgid" / name).is_file()]


def test_without_a_compiler_nothing_is_made_and_the_reason_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(COMPILE), str(tmp_path)],
        env={**os.environ, "CC": "/nowhere/cc"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.splitlines() == [
        "wsgid cannot be compiled: there is no C compiler (/nowhere/cc): apt install gcc libc6-dev",
        "Without COMPILE_WSGID it needs none of that, and does the same.",
    ]
    assert [] == list(tmp_path.iterdir())


def test_a_server_says_which_build_it_is() -> None:
    """In `make test-compiled` that is how one knows that servers are compiled there, too."""
    build = "compiled" if wsgid.is_compiled() else "pure"
    with start_server() as server:
        server.expect(rf"server started version=\S+ build={build} python=")
