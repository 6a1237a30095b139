"""The one list of settings: every entry is whole, and the names are those that gunicorn's users know."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pydantic import ValidationError

import wsgid
from wsgid.config.settings import SECTIONS, Settings, about
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


def test_every_setting_is_read() -> None:
    """None is taken, checked, and then without effect."""
    house = Path(wsgid.__path__[0])
    read = {
        node.attr
        for room in ("arbiter", "workers", "cli")
        for file in (house / room).rglob("*.py")
        if "check" not in file.relative_to(house).parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and _is_settings(node.value)
    }

    assert set(Settings.model_fields) == read & set(Settings.model_fields)


def _is_settings(node: ast.expr) -> bool:
    """Tell whether it is `settings`, or `something.settings`."""
    return isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node).split(".")[-1] == "settings"


def test_sections_are_in_the_order_in_which_people_read_them() -> None:
    sections = [about(name).section for name in Settings.model_fields]

    assert [section.__name__ for section in SECTIONS] == list(dict.fromkeys(sections))
    assert sections == sorted(sections, key=[section.__name__ for section in SECTIONS].index)


def test_words_are_known_where_only_words_are_taken() -> None:
    assert ("off", "v1", "v2", "auto") == about("proxy_protocol").words
    assert ("auto", "manual") == about("upgrade").words
    assert () == about("server_header").words


def test_the_schema_knows_what_every_setting_takes() -> None:
    """Where a validator does not say what it reads, the schema has what it gives, or nothing at all."""
    schema = Settings.model_json_schema(mode="validation")

    assert not schema["additionalProperties"]
    assert not [
        name for name, known in schema["properties"].items() if not {"type", "enum", "anyOf"} & set(known)
    ]
    assert [{"type": "number", "exclusiveMinimum": 0, "maximum": 2_073_600}, "string"] == [
        schema["properties"]["boot_timeout"]["anyOf"][0],
        schema["properties"]["boot_timeout"]["anyOf"][1]["type"],
    ]
    assert ["off", "auto", "on"] == [
        word for word in schema["properties"]["asgi_lifespan"]["enum"] if isinstance(word, str)
    ]
    assert "post_fork" in schema["properties"]["hooks"]["properties"]


def test_what_no_flag_takes() -> None:
    """A secret on a command line is read by everybody (`ps`); the others are tables, or rarely changed."""
    flagless = [name for name in Settings.model_fields if not about(name).flags]

    assert [
        "app",  # APP_MODULE
        "socket_user",
        "socket_group",
        "secure_scheme_headers",
        "logconfig_dict",
        "keyfile_password",
        "hooks",
    ] == flagless


def test_a_default_map_is_nobody_elses() -> None:
    first, second = Settings(), Settings()

    assert first.secure_scheme_headers is not second.secure_scheme_headers
    assert first.secure_scheme_headers == second.secure_scheme_headers
