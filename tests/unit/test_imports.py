"""What the arbiter's process imports, asked of fresh interpreters.

gevent and eventlet replace locks, sockets and selectors after the fork. What a worker inherits must
therefore not have been made of the real ones: nothing that the arbiter imports brings in these modules.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# What gevent and eventlet patch badly once it is there, or what builds on it at import.
UNWANTED = ("ssl", "asyncio", "concurrent.futures", "queue")

ARBITER = "wsgid.cli.main, wsgid.config.load, wsgid.arbiter.arbiter, wsgid.workers.process"


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout.strip()


def brought_in(modules: str, unwanted: tuple[str, ...], then: str = "") -> str:
    return run(
        f"import sys, {modules}\n{then}\nprint(*(name for name in {unwanted!r} if name in sys.modules))"
    )


@pytest.mark.parametrize(
    "modules", ["pydantic", "tomli", "httptools", "sdnotify", "wsgid.config.load", ARBITER]
)
def test_nothing_that_must_be_patched_is_imported(modules: str) -> None:
    assert "" == brought_in(modules, UNWANTED)


def test_reading_settings_imports_nothing_of_it_either() -> None:
    """Much of pydantic is imported at first use; a mistake's way is the longest."""
    then = """
from wsgid.config.load import load
from wsgid.errors import ConfigurationError
load(["-w", "auto", "-b", "[::1]:80", "x:y"], {"WSGID_TIMEOUT": "3s"}, "/")
try:
    load(["-w", "many"], {"WSGID_TIEMOUT": "3s"}, "/")
except ConfigurationError as error:
    str(error)
"""
    assert "" == brought_in("wsgid.config.load", UNWANTED, then)


def test_which_environment_is_asked_for_is_known_without_pydantic() -> None:
    """It takes 100 ms, and is for nothing where another interpreter goes on."""
    then = 'early.virtualenv(parse_command(["--virtualenv", "x"]), {}, "/")'
    then = f"from wsgid.config import early\nfrom wsgid.config.options import parse_command\n{then}"
    assert "" == brought_in("wsgid.cli.main", ("pydantic", "pydantic_core", "yaml"), then)


def test_the_arbiter_imports_nothing_that_it_does_not_need() -> None:
    """It waits for it at each start and upgrade, and holds it as long as it lives."""
    unwanted = ("importlib.metadata", "email", "zipfile", "csv", "tempfile", "shutil", "multiprocessing")
    assert "" == brought_in(ARBITER, (*unwanted, "ctypes", "urllib.request", "yaml", "tomli"))


def test_reading_settings_looks_for_no_plugins() -> None:
    """Pydantic does, by the metadata of all that is installed: a tenth of what settings cost."""
    assert "" == brought_in("wsgid.config.settings", ("importlib.metadata", "pydantic.plugin._loader"))


def test_plugins_of_pydantic_are_there_for_the_application_alone(tmp_path: Path) -> None:
    """One that the arbiter had would bring threads and event loops into every worker."""
    about = tmp_path / "plugin-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pydantic]\nours = plugin_of_pydantic:plugin\n")
    (tmp_path / "plugin_of_pydantic.py").write_text(
        "class plugin:\n    new_schema_validator = staticmethod(lambda *_: (None, None, None))\n"
    )

    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import wsgid.config.settings
print("plugin_of_pydantic" in sys.modules)
import pydantic
class Model(pydantic.BaseModel):
    number: int
print("plugin_of_pydantic" in sys.modules)
"""
    assert "False\nTrue" == run(code)


def test_the_probe_of_a_reload_imports_nothing_that_it_does_not_look_at() -> None:
    """What a worker is made of would be a fifth of what it costs."""
    then = """
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()):
    wsgid.cli.main.main(["--check-config", "--no-app", "x:y"])
"""
    unwanted = ("httptools", "logging", "wsgid.workers.boot", "wsgid.log.access", "importlib.metadata")
    assert "" == brought_in("wsgid.cli.main", unwanted, then)


def test_a_start_waits_for_no_reader_but_that_of_its_file() -> None:
    """PyYAML costs 9 ms and half a megabyte, the reader of Python files as much; measured."""
    then = """
import pathlib, tempfile
from wsgid.config.load import load
with tempfile.TemporaryDirectory() as directory:
    pathlib.Path(directory, "wsgid.toml").write_text("workers = 2")
    load([], {}, directory)
"""
    unwanted = ("yaml", "configparser", "wsgid.config.yaml", "wsgid.config.python", "wsgid.config.paste")
    assert "" == brought_in("wsgid.config.load", unwanted, then)


def test_help_and_version_import_no_pydantic() -> None:
    """A person waits for them, and so does a shell that starts with the completion they print."""
    for argv in (["--help"], ["--version"], ["--print-completion", "bash"]):
        then = f"with contextlib.redirect_stdout(io.StringIO()):\n    wsgid.cli.main.main({argv!r})"
        unwanted = ("pydantic", "tomli", "socket", "inspect")
        assert "" == brought_in("contextlib, io, wsgid.cli.main", unwanted, then)


def test_importing_the_package_imports_nothing_of_it() -> None:
    """Whoever asks for wsgid.__version__, or embeds the server, pays when it serves."""
    assert "wsgid" == run(
        "import sys, wsgid\nprint(*(name for name in sys.modules if name.partition('.')[0] == 'wsgid'))"
    )
