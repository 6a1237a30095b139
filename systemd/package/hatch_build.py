"""What `pip install` asks when it builds wsgid: with COMPILE_WSGID=1 the wheel has the hot path compiled.

A hook of hatchling's, which pyproject.toml names. Without the variable it does nothing, and needs nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledBuild(BuildHookInterface[Any]):
    """Puts compiled modules beside their sources."""

    def dependencies(self) -> list[str]:
        """What pip fetches for this build alone: of mypyc the version that `make compiled` has."""
        return [*self.metadata.config["dependency-groups"]["compiled"]] if is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have the wheel take what came of it; hatchling calls this."""
        if not is_wanted():
            return
        if version == "editable":
            self.app.abort(
                "COMPILE_WSGID makes no editable installation, for what is edited would not be what runs:"
                " leave it away, or `make compiled`"
            )
        self._made = tempfile.TemporaryDirectory(prefix="wsgid-compiled-")
        made = Path(self._made.name)
        command = [sys.executable, str(Path(self.root, "systemd", "package", "compile.py")), str(made)]
        if subprocess.run(command, check=False).returncode:
            self.app.abort("COMPILE_WSGID is set, and wsgid was not compiled: the reason stands above")
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for module in made.rglob("*.so"):
            build_data["force_include"][str(module)] = str(module.relative_to(made))

    def finalize(self, _version: str, _build_data: dict[str, Any], _artifact: str) -> None:
        """Take away what the wheel has by now; hatchling calls this."""
        if is_wanted():
            self._made.cleanup()


def is_wanted() -> bool:
    """No name of ours that begins with WSGID_: those are settings, and this one is no setting."""
    return os.environ.get("COMPILE_WSGID", "") not in {"", "0"}
