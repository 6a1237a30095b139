"""The example file: right as it is, and right with every setting in force."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tomli

from wsgid.config.example import INSTEAD, example
from wsgid.config.load import load
from wsgid.config.option_table import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path


def test_it_begins_with_its_schema() -> None:
    assert example().startswith("#:schema ")


def test_as_it_is_it_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / "wsgid.toml").write_text(example())
    loaded = load([], {}, str(tmp_path))

    assert ({}, ()) == (dict(loaded.history), loaded.warnings)


def test_without_its_comment_signs_it_is_right_too(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^#(?=[a-zA-Z\[])", "", example())
    config = tmp_path / "wsgid.toml"
    config.write_text(text)
    config.chmod(0o600)
    loaded = load(["--check-config"], {}, str(tmp_path))

    assert {option.name for option in OPTIONS} - set(INSTEAD) == set(tomli.loads(text))
    # Some have no effect without another; none is wrong.
    assert {"conflict", "unreadable-file"} >= {one.code for one in loaded.warnings}
    assert not text.count("#bind")
