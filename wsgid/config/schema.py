"""--print-schema: the JSON Schema (draft-07) of a configuration file, for editors such as VS Code and taplo.

It is as strict as the checker in all that a schema can say. What it cannot: whether a text is an address,
what settings say to one another, and how a number was written (022).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wsgid.config.gunicorn_names import UNUSED
from wsgid.config.option_table import OPTIONS
from wsgid.config.settings import Settings, about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.option import Option

DRAFT = "http://json-schema.org/draft-07/schema#"


def schema_text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema; the types are the model's, descriptions and defaults those of the option table."""
    made = Settings.model_json_schema(mode="validation")
    properties = {option.name: _property(option, made["properties"][option.name]) for option in OPTIONS}
    for option in OPTIONS:
        for alias in option.aliases:
            properties[alias] = {
                "description": f"another name of `{option.name}`",
                "allOf": [{"$ref": f"#/properties/{option.name}"}],
            }
    for name, reason in UNUSED.items():
        # The checker warns of it, and goes on.
        properties[name] = {
            "description": f"A setting of gunicorn's that has no use here: {reason}.",
            "deprecated": True,
        }
    return {
        "$schema": DRAFT,
        "title": "A configuration of wsgid",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "allOf": [{"not": {"required": list(pair)}} for pair in _same_twice()],
    }


def _property(option: Option, made: dict[str, Any]) -> dict[str, Any]:
    described = {"description": _description(option)}
    default = Settings.model_fields[option.name].get_default(call_default_factory=True)
    if default is not None and not option.default_words:
        described["default"] = _written(option, default)
    return {**described, **_strict(made)}


def _written(option: Option, default: Any) -> Any:
    """Return a default as a file would have it: what JSON has, and a mode as text."""
    return f"{default:04o}" if option.is_octal else json.loads(json.dumps(default))


def _description(option: Option) -> str:
    text = option.help[:1].upper() + option.help[1:]
    words = f" Default: {option.default_words}." if option.default_words else ""
    return f"{text}.{words} A change needs: {about(option.name).change}."


def _strict(made: Any) -> Any:
    """Return a part of pydantic's schema without its titles, and with tables that take nothing unsaid."""
    if isinstance(made, list):
        return [_strict(one) for one in made]
    if not isinstance(made, dict):
        return made
    kept = {key: _strict(value) for key, value in made.items() if key not in ("title", "default")}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return kept


def _same_twice() -> Iterator[tuple[str, str]]:
    """Yield each pair of names that are one setting."""
    for option in OPTIONS:
        names = (option.name, *option.aliases)
        for index, name in enumerate(names):
            for other in names[:index]:
                yield other, name
