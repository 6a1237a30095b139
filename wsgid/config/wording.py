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
    match detail["type"]:
        case "value_error":
            return Wording("invalid-value", str(context["error"]))
        case "literal_error" if isinstance(detail["input"], str):
            words = about(name).words
            note = did_you_mean(detail["input"].lower(), words) or f"expected {expected(name)}"
            return Wording("invalid-value", note)
        case "greater_than_equal":
            return Wording("out-of-range", f"expected at least {context['ge']:g}")
        case "greater_than":
            return Wording("out-of-range", f"expected more than {context['gt']:g}")
        case "less_than_equal":
            return Wording("out-of-range", f"expected at most {int(context['le'])}")
        case "finite_number":
            return Wording("out-of-range", "expected a finite number")
        case "int_parsing_size":
            return Wording("out-of-range", "the number is too large")
    found = kind(detail["input"])
    if len(path) > 1:
        what = detail["msg"] if detail["type"] == "wrong_type" else "a string"
        note = f"expected {what}, found {found}"
        if found in ("integer", "number", "boolean"):
            note += ": put it in quotes"
        return Wording("wrong-type", note)
    note = f"expected {expected(name)}, found {found}"
    # A single text for a list is the commonest slip, so it is shown right.
    if BY_NAME[name].kind == "list" and isinstance(detail["input"], str) and '"' not in detail["input"]:
        note += f': write ["{detail["input"]}"]'
    return Wording("wrong-type", note)


def expected(name: str) -> str:
    """Return what a setting expects, as a message says it."""
    return [item.what for item in Settings.model_fields[name].metadata if isinstance(item, Expects)][-1]


_KINDS: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "list",
    tuple: "list",
    dict: "table",
    type(None): "nothing",
}


def kind(value: object) -> str:
    """Return what people call a value's type."""
    return _KINDS.get(type(value)) or ("function" if callable(value) else type(value).__name__)
