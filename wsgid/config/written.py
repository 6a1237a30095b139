"""A value as TOML has it, in one line: what `tomli` reads back as the same value."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence

from wsgid.config.secrets import REDACTED, Secret, SecretSource


def written(value: object) -> str:
    """Return the text of a value; raises TypeError for what TOML has not, such as a function or None."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            # 30, not 30.0: a setting that takes seconds takes both.
            return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004
        case str():
            return quoted(value)
        case Secret():
            return quoted(REDACTED)
        case SecretSource() | dt.date() | dt.time():
            return str(value)
        case Mapping():
            inside = ", ".join(f"{key(str(name))} = {written(one)}" for name, one in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case Sequence() | set() | frozenset():
            return f"[{', '.join(map(written, value))}]"
        case _:
            raise TypeError(f"TOML has nothing for {type(value).__name__}")


def octal(value: int) -> str:
    return f"0o{value:03o}"


def key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def quoted(text: str) -> str:
    """Return a basic string; JSON's escapes are TOML's, but for DEL, and for what is no character at all."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
