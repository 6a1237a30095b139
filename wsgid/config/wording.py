"""What is said of a value that pydantic refuses: pydantic's words are for programmers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.diagnostics import did_you_mean
from wsgid.config.expects import Expects
from wsgid.config.layers import BY_NAME
from wsgid.config.settings import Settings, about

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from wsgid.config.diagnostics import Code
    from wsgid.config.layers import KeyPath


class Wording(NamedTuple):
    """What a mistake is, and what would have been right."""

    code: Code
    note: str


def say(path: KeyPath, detail: ErrorDetails) -> Wording:
    """Say what is wrong with a value; `path` begins with the setting's name."""
    name = str(path[0])
    context = detail.get("ctx", {})
    given = detail["input"]
    is_table = len(path) == 1 and BY_NAME[name].kind == "map"
    match detail["type"]:
        case "value_error" if (
            isinstance(given, dict) and not is_table and not given.keys() & {"credential", "file"}
        ):
            pass  # a table where a text belongs, which is no place of a secret either
        case "value_error":
            return Wording("invalid-value", str(context["error"]))
        case "literal_error" if isinstance(given, str):
            near = did_you_mean(given.lower(), about(name).words)
            return Wording("invalid-value", near or f"expected {expected(name)}")
        case "greater_than_equal":
            return Wording("out-of-range", f"expected at least {_number(name, context['ge'])}")
        case "greater_than":
            return Wording("out-of-range", f"expected more than {_number(name, context['gt'])}")
        case "less_than_equal":
            return Wording("out-of-range", f"expected at most {_number(name, context['le'])}")
        case "finite_number":
            return Wording("out-of-range", "expected a finite number")
        case "int_parsing_size":
            return Wording("out-of-range", "the number is too large")
    return Wording("wrong-type", _other_type(path, detail))


def _other_type(path: KeyPath, detail: ErrorDetails) -> str:
    name, given = str(path[0]), detail["input"]
    found = kind(given)
    if len(path) > 1:
        what = detail["msg"] if detail["type"] == "wrong_type" else "a string"
        is_number = found in ("integer", "decimal number", "boolean")
        return f"expected {what}, found {found}" + (": put it in quotes" if is_number else "")
    note = f"expected {expected(name)}, found {found}"
    # These are the commonest slips, so they are shown right.
    if BY_NAME[name].kind == "list" and isinstance(given, str) and '"' not in given:
        return f'{note}: write ["{given}"]'
    if found == "table" and "{" not in note:
        return f"{note}: `{name}` is no table"
    return note


def _number(name: str, limit: float) -> str:
    return f"0o{int(limit):o}" if about(name).is_octal else f"{limit:.15g}"


def expected(name: str) -> str:
    """Return what a setting expects, as a message says it."""
    return [item.what for item in Settings.model_fields[name].metadata if isinstance(item, Expects)][-1]


_KINDS: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "decimal number",
    list: "list",
    tuple: "list",
    dict: "table",
    type(None): "nothing",
}


def kind(value: object) -> str:
    """Return what people call a value's type."""
    return _KINDS.get(type(value)) or ("function" if callable(value) else type(value).__name__)
