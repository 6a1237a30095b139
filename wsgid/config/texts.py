"""Texts that have a form of their own: names, headers, patterns.

Each function returns what is meant, or raises ValueError, whose text says how it is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from wsgid.config.diagnostics import did_you_mean
from wsgid.config.expects import is_of_gunicorn
from wsgid.config.hooks import HOOKS

if TYPE_CHECKING:
    from pydantic import ValidationInfo

# chown(2) and setresuid(2) take -1, which is this as an unsigned number, for "unchanged".
NOBODYS_ID = 2**32 - 1

# As regular expressions of JSON Schema, too: no look-around, and what \w means there is ASCII.
# RFC 9110, 5.1: a token.
FIELD_NAME = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
# RFC 9110, 5.5: field-content.
FIELD_VALUE = r"^([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$"
# useradd(8) is stricter, but the names of a directory service have @, dots and backslashes.
ACCOUNT = r"^[^\s:/,\x00-][^\s:/,\x00]*$"
FUNCTION = r"^[^\W\d]([\w.]*\w)?:[^\W\d]([\w.]*\w)?$"

_NAME = r"[^\W\d]\w*"
_DOTTED = rf"{_NAME}(\.{_NAME})*"


def text(value: str) -> str:
    if "\0" in value:
        raise ValueError("a NUL has no place here")
    return value


def not_empty(value: str) -> str:
    if not value:
        raise ValueError('it is empty: write a path, or "-"')
    return value


def app(value: str) -> str:
    if not value:
        raise ValueError("it is empty: write `module:variable`")
    return value


def account(value: object) -> int | str | None:
    """Read a user's or a group's name or number; as elsewhere, "" takes back what a lower layer has set."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    match value:
        case bool():
            pass
        case int():
            if not 0 <= value < NOBODYS_ID:
                raise ValueError(f"`{value}` is no number of a user or group: 0 to {NOBODYS_ID - 1}")
            return value
        case str():
            if not re.fullmatch(ACCOUNT, value):
                raise ValueError(f"`{value}` is no name of a user or group")
            return value
    raise PydanticCustomError("wrong_type", "a name or a number")


def header_value(value: str) -> str:
    if not re.fullmatch(FIELD_VALUE, value):
        raise ValueError("a header's value is Latin-1, without control characters, without space at its ends")
    return value


def header_name(value: str) -> str:
    if not re.fullmatch(FIELD_NAME, value):
        raise ValueError(f"`{value}` is no name of a header")
    return value


def environ_name(value: str) -> str:
    """Read a header's name as WSGI has it: capitals and underscores."""
    return header_name(value).upper().replace("-", "_")


def path_pattern(value: str) -> str:
    if not value.startswith(("/", "*")):
        raise ValueError(f"`{value}` is no pattern of paths: it begins with a slash, or with *")
    return value


def hook_name(value: str) -> str:
    if value in HOOKS:
        return value
    advice = did_you_mean(value, list(HOOKS)) or f"there are {', '.join(HOOKS)}"
    raise ValueError(f"there is no hook `{value}`: {advice}")


def hook(value: object, info: ValidationInfo) -> object:
    """Read a function, or the place of one, which is imported where it is called."""
    if callable(value):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "a function")
    if is_of_gunicorn(info) and ":" not in value:
        # gunicorn's own form is dotted to the end.
        value = ":".join(value.rpartition(".")[::2])
    if not re.fullmatch(f"{_DOTTED}:{_DOTTED}", value):
        raise ValueError(f"`{value}` names no function: write `module:function`")
    return value
