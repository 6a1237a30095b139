"""--show-config: what is in force, each value with its place; as TOML that can be read again, or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wsgid.config.diagnostics import one_line
from wsgid.config.option_table import OPTIONS
from wsgid.config.secrets import REDACTED, SecretSource
from wsgid.config.settings import about
from wsgid.config.written import key, octal, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wsgid.config.load import Loaded
    from wsgid.config.option import Option

# Where the comment with the place begins, unless the value is longer.
COLUMN = 48
DEFAULT = "default"


def show_toml(loaded: Loaded) -> str:
    """Return a file that says all that is in force; secrets alone are not in it."""
    files = ", ".join(loaded.files) or "none"
    lines = [_plain(f"# Files that were read: {files}"), ""]
    section = ""
    for option in OPTIONS:
        if option.kind == "map":
            continue
        if option.section != section:
            section = option.section
            lines += ["", f"# {section}"]
        lines.append(_line(option, loaded))
    # A table takes all lines below it, so tables are last.
    for option in OPTIONS:
        if option.kind == "map":
            lines += ["", *_table(option, loaded)]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def show_json(loaded: Loaded) -> str:
    """Return the same for a program: of each setting its value, its layer and its place."""
    settings: dict[str, Any] = {}
    for option in OPTIONS:
        name = option.name
        given = loaded.history.get(name)
        value = shown(name, loaded)
        settings[name] = {
            "value": value,
            "layer": given[-1].layer if given else DEFAULT,
            "place": str(loaded.where(name)) if given else None,
        }
        if isinstance(value, dict) and given:
            settings[name]["places"] = {
                item: str(loaded.where(name, item) or DEFAULT) for item in map(str, value)
            }
    whole = {"files": list(loaded.files), "settings": settings}
    return json.dumps(whole, indent=2, default=_as_json) + "\n"


def _as_json(value: object) -> object:
    """Return what JSON has for a value that it has not."""
    return {value.kind: value.name} if isinstance(value, SecretSource) else named(value)


def named(value: object) -> str:
    """Return what a function of a Python file is called there."""
    return str(getattr(value, "__qualname__", type(value).__name__))


def shown(name: str, loaded: Loaded) -> Any:
    """Return the value in force as it may be shown; a secret that is kept elsewhere shows where."""
    value = getattr(loaded.settings, name)
    if not about(name).is_secret:
        return value
    if isinstance(value, dict):
        return {item: redacted(_given(name, item, loaded)) for item in value}
    return None if value is None else redacted(_given(name, None, loaded))


def redacted(value: object) -> object:
    """Return what may be shown of a secret as it was given."""
    return value if isinstance(value, SecretSource) else REDACTED


def _given(name: str, item: str | None, loaded: Loaded) -> object:
    for one in reversed(loaded.history.get(name, ())):
        if item is None:
            return one.value
        if isinstance(one.value, dict) and item in one.value:
            return one.value[item]
    return None


def _line(option: Option, loaded: Loaded) -> str:
    name = option.name
    value = shown(name, loaded)
    where = loaded.where(name)
    comment = f"# {where or DEFAULT}"
    if value is None and where is not None and name != "app":
        return _aligned(f'{name} = ""', comment)  # taken back
    if value is None:
        return _aligned(f"# {name} is not set", comment)
    text = octal(value) if about(name).is_octal else written(value)
    return _aligned(f"{name} = {text}", comment)


def _table(option: Option, loaded: Loaded) -> Iterator[str]:
    name = option.name
    values: Mapping[str, Any] = shown(name, loaded)
    if not values and loaded.where(name) is None:
        yield _aligned(f"# {name} is empty", f"# {DEFAULT}")
        return
    yield f"[{name}]"
    for item, value in values.items():
        comment = f"# {loaded.where(name, item) or DEFAULT}"
        try:
            yield _aligned(f"{key(item)} = {written(value)}", comment)
        except TypeError:
            # A function of a Python file; what it is called there says more than nothing.
            yield _plain(_aligned(f"# {key(item)} is {named(value)}", comment))


def _aligned(text: str, comment: str) -> str:
    return f"{text:<{COLUMN}}  {_plain(comment)}"


def _plain(text: str) -> str:
    # A file's name may have anything in it; a comment may not.
    return one_line(text)
