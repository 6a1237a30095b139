"""Writes option_table.py from the model: `python -m wsgid.config.generate`.

The table is there so that --help and --version need not import pydantic (29 ms against 129, measured). A
test says when it is older than the model.
"""

from __future__ import annotations

import typing
from pathlib import Path

from pydantic_core import PydanticUndefined

from wsgid.config.option import Kind, Option
from wsgid.config.settings import Settings, about

if typing.TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from wsgid.config.about import About

TABLE = Path(__file__).with_name("option_table.py")

# ruff's, with the line end.
LONGEST_LINE = 111

HEAD = '''"""The settings as the command line sees them; made by `python -m wsgid.config.generate`."""

from typing import Final

from wsgid.config.option import Option

OPTIONS: Final = (
'''


def main() -> None:
    TABLE.write_text(table(), encoding="utf-8")


def table() -> str:
    """Return the text that option_table.py should have."""
    return HEAD + "".join(_entry(option(name)) for name in Settings.model_fields) + ")\n"


def option(name: str) -> Option:
    field = Settings.model_fields[name]
    known = about(name)
    kind = _kind(field)
    return Option(
        name=name,
        kind=kind,
        section=known.section,
        flags=known.flags,
        old_flags=known.old_flags,
        aliases=known.aliases,
        metavar=known.metavar,
        bare=known.bare,
        words=known.words,
        default=_written(field.get_default(call_default_factory=False), known),
        default_words=known.default_words,
        is_gunicorn=known.is_gunicorn,
        is_octal=known.is_octal,
        help=known.help,
    )


def _kind(field: FieldInfo) -> Kind:
    if field.annotation is bool:
        return "flag"
    kinds: dict[object, Kind] = {tuple: "list", dict: "map"}
    return kinds.get(typing.get_origin(field.annotation), "value")


def _written(default: object, known: About) -> str:
    """Return a default as a person would write it on a command line."""
    match default:
        case bool():
            return "on" if default else "off"
        case None | "" | () | {}:
            return ""
        case _ if default is PydanticUndefined:
            return ""
        case tuple():
            return ",".join(default)
        case int() if known.is_octal:
            return f"{default:04o}"
        case int() if known.metavar == "SIZE":
            return _size(default)
        case float() if not default:
            return "0"
        case float():
            return f"{default:g}s"
        case _:
            return str(default)


def _size(octets: int) -> str:
    for power, unit in ((30, "G"), (20, "M"), (10, "K")):
        if octets and octets % 2**power == 0:
            return f"{octets >> power}{unit}"
    return str(octets)


def _entry(option: Option) -> str:
    # The form that ruff gives it, so that the formatter leaves the file alone.
    lines = [_line(name, value) for name, value in option._asdict().items()]
    return "    Option(\n" + "".join(lines) + "    ),\n"


def _line(name: str, value: str | bool | tuple[str, ...]) -> str:  # noqa: FBT001  a value like any other
    line = f"        {name}={_literal(value)},\n"
    if isinstance(value, tuple) and len(line) > LONGEST_LINE:
        inside = "".join(f"            {_literal(item)},\n" for item in value)
        return f"        {name}=(\n{inside}        ),\n"
    return line


def _literal(value: str | bool | tuple[str, ...]) -> str:  # noqa: FBT001  a value like any other
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, tuple):
        inside = ", ".join(_literal(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    text = value.replace("\\", "\\\\")
    # The quotes that want fewer backslashes.
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + text.replace(quote, f"\\{quote}") + quote


if __name__ == "__main__":
    main()
