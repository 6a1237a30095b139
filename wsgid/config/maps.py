"""Settings that are maps: what stands for a map in gunicorn's files, and what must not be in one.

Each function returns the map, or raises ValueError, whose text says what is wrong; what is no map at all is
left for the type's own check.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wsgid.config.expects import is_of_gunicorn

if TYPE_CHECKING:
    from pydantic import ValidationInfo


def variables(value: object, info: ValidationInfo) -> object:
    """Read a list of NAME=VALUE, too: gunicorn's raw_env."""
    return _pairs(_listed(value, info), "=")


def paste_globals(value: object, info: ValidationInfo) -> object:
    r"""Read a list of NAME=VALUE, too: gunicorn's raw_paste_global_conf, where `\=` is no end of a name."""
    listed = _listed(value, info)
    pairs = _pairs(listed, r"(?<!\\)=")
    if pairs is listed or not isinstance(pairs, dict):
        return value
    return {name.replace("\\=", "="): content.replace("\\=", "=") for name, content in pairs.items()}


def environment(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if not name or "=" in name:
            # It is not quoted: NAME=VALUE may have been meant, and the value be a secret.
            raise ValueError("the name of a variable is not empty, and has no `=` in it")
        if "\0" in f"{name}{value}":
            raise ValueError("a variable of the environment has no NUL in it")
    return values


def log_config(values: dict[str, Any]) -> dict[str, Any]:
    # Where it is left out it is added, as in gunicorn.
    if values.get("version", 1) != 1:
        raise ValueError("`version` is 1: logging.config knows no other")
    return values


def _listed(value: object, info: ValidationInfo) -> object:
    # gunicorn takes a single text for a list of one.
    return [value] if isinstance(value, str) and is_of_gunicorn(info) else value


def _pairs(value: object, equals: str) -> object:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        return value
    pairs = {}
    for item in value:
        name, *content = re.split(equals, item, maxsplit=1)
        if not content:
            # It is not quoted: it may be a secret.
            raise ValueError("an item has no `=`: write `NAME=VALUE`")
        pairs[name] = content[0]
    return pairs
