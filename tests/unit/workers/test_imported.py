from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from wsgid.workers.changes import GONE, sources_in, stamp
from wsgid.workers.imported import Imported


class Reports:
    """Takes what is told, as the reloader's socket would."""

    def __init__(self) -> None:
        self.files: dict[str, Any] = {}
        self.directories: list[str] = []
        self.untold_then: list[str] = []
        self.is_full = False

    def send(self, data: bytes, _flags: int) -> None:
        if self.is_full:
            raise BlockingIOError
        report = json.loads(data)
        self.untold_then += [
            path for one in self.directories for path in sources_in(one) if path not in self.files
        ]
        self.files |= report["files"]
        self.directories += report["directories"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a package that can be imported, and is older than any worker."""
    package = tmp_path / "shop_to_import"
    for name in ("__init__.py", "views.py", "models.py", "notes.txt"):
        write(package / name, "")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith("shop_to_import")]:
        monkeypatch.delitem(sys.modules, name)
    return package


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(1, 1))


def begin() -> tuple[Reports, Imported]:
    reports = Reports()
    return reports, Imported(cast("Any", reports))


def test_what_is_imported_is_told_and_the_python_files_beside_it(shop: Path) -> None:
    reports, imported = begin()
    importlib.import_module("shop_to_import.views")
    imported.tell()

    told = {path: tuple(seen) for path, seen in reports.files.items() if path.startswith(str(shop))}
    names = ("__init__.py", "models.py", "views.py")
    assert {str(shop / name): stamp(str(shop / name)) for name in names} == told
    assert {str(Path.cwd()), str(shop)} <= set(reports.directories)


def test_the_program_that_was_started_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody imports it again."""
    write(tmp_path / "bin" / "wsgid.py", "")
    program = str(tmp_path / "bin" / "wsgid.py")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", program, raising=False)
    reports, imported = begin()
    imported.tell()

    assert str(tmp_path / "bin") not in reports.directories
    assert str(tmp_path / "bin" / "wsgid.py") not in reports.files


def test_what_the_arbiter_has_imported_is_not_told() -> None:
    """A new worker would inherit it: a reload changes nothing of it."""
    reports, imported = begin()
    imported.tell()

    assert json.__file__ not in reports.files
    assert sys.modules["wsgid.workers.imported"].__file__ not in reports.files


def test_what_was_written_while_it_was_imported_counts_as_changed(shop: Path) -> None:
    reports, imported = begin()
    importlib.import_module("shop_to_import.views")
    os.utime(shop / "views.py", ns=(sys.maxsize, sys.maxsize))
    imported.tell()

    assert list(GONE) == reports.files[str(shop / "views.py")]


def test_a_file_that_could_not_be_imported_is_told(shop: Path) -> None:
    """It is no module, and may lie where nothing else was imported."""
    write(shop / "orders" / "__init__.py", "x = (\n")
    write(shop / "carts" / "__init__.py", "1 / 0\n")
    reports, imported = begin()
    for name in ("orders", "carts"):
        with pytest.raises((SyntaxError, ZeroDivisionError)) as caught:
            importlib.import_module(f"shop_to_import.{name}")
        imported.tell(caught.value)

    assert {str(shop / "orders" / "__init__.py"), str(shop / "carts" / "__init__.py")} <= set(reports.files)


def test_what_could_not_be_told_is_told_at_the_next_beat(shop: Path) -> None:
    reports, imported = begin()
    imported.tell()
    reports.is_full = True
    importlib.import_module("shop_to_import.views")
    imported.tick()
    reports.is_full = False
    imported.tick()

    assert str(shop / "views.py") in reports.files


def test_a_directory_is_told_after_its_files(shop: Path) -> None:
    """Else those of the next datagram would look as if they had just been written."""
    for number in range(250):
        write(shop / f"model_{number}.py", "")
    reports, imported = begin()
    importlib.import_module("shop_to_import.views")
    imported.tell()

    assert str(shop / "model_249.py") in reports.files
    assert [] == reports.untold_then
