"""The one list of settings: every entry is whole, and the names are those that gunicorn's users know."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wsgid.config.settings import NOT_BUILT, Settings, about
from wsgid.config.types import Expects


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().workers = 2  # type: ignore[misc]


def test_every_setting_says_what_it_is_and_what_it_expects() -> None:
    for name, field in Settings.model_fields.items():
        assert about(name).help, name
        assert [item for item in field.metadata if isinstance(item, Expects)], name
        assert about(name).kinds, name
        assert about(name).metavar or isinstance(field.default, bool) or not about(name).flags, name


def test_every_flag_belongs_to_one_setting() -> None:
    flags = [flag for name in Settings.model_fields for flag in (*about(name).flags, *about(name).old_flags)]

    assert sorted(set(flags)) == sorted(flags)


def test_the_defaults_pass_their_own_checks() -> None:
    """Defaults are not validated by pydantic; one that is wrong would be refused when a file repeats it."""
    defaults = Settings().model_dump(exclude={"app"})

    assert defaults == Settings.model_validate(defaults, strict=True).model_dump(exclude={"app"})


def test_what_is_not_built_names_settings() -> None:
    assert {entry.partition("=")[0] for entry in NOT_BUILT} <= set(Settings.model_fields)


def test_a_default_map_is_nobody_elses() -> None:
    first, second = Settings(), Settings()

    assert first.secure_scheme_headers is not second.secure_scheme_headers
    assert first.secure_scheme_headers == second.secure_scheme_headers
