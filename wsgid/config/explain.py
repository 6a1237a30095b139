"""--explain: all that is known of one setting, and every place that gave it a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.config.diagnostics import did_you_mean, one_line
from wsgid.config.gunicorn_names import COMMANDS, UNUSED
from wsgid.config.hooks import HOOKS
from wsgid.config.layers import BY_NAME
from wsgid.config.option_table import OPTIONS
from wsgid.config.settings import ALL_KINDS, Settings, about
from wsgid.config.show import DEFAULT, named, redacted, shown
from wsgid.config.types import AUTO_WORKERS
from wsgid.config.wording import expected
from wsgid.config.written import octal, written
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.layers import Given
    from wsgid.config.load import Loaded
    from wsgid.config.option import Option

CHANGES = {
    "live": "a reload; workers that run need not be told",
    "workers": "a reload, which starts new workers",
    "listeners": "a reload, which opens the new listeners before the old are closed",
    "restart": "a restart",
}


def find_setting(text: str) -> str:
    """Return the name of a setting that was named in any of its spellings; raises UsageError."""
    for option in OPTIONS:
        if text in (*option.flags, *option.old_flags):
            return option.name
    spellings = {spelling: option.name for option in OPTIONS for spelling in option.names}
    simple = text.lower().lstrip("-").removeprefix("wsgid_").replace("-", "_")
    if simple in spellings:
        return spellings[simple]
    if simple in HOOKS:
        raise UsageError(
            f"wsgid: `{simple}` is a hook, called with {', '.join(HOOKS[simple])}: `wsgid --explain hooks`"
        )
    if simple in COMMANDS:
        raise UsageError(f"wsgid: --{simple.replace('_', '-')} is no setting: `wsgid --help` has it")
    if simple in UNUSED:
        raise UsageError(f"wsgid: gunicorn's `{simple}` has no use here: {UNUSED[simple]}")
    meant = did_you_mean(simple, spellings)
    raise UsageError(f"wsgid: there is no setting `{text}`{', ' + meant if meant else ''}")


def explain(name: str, loaded: Loaded) -> str:
    """Return what is known of a setting, for a person."""
    option = BY_NAME[name]
    lines = [f"{name} = {_text(name, shown(name, loaded))}", ""]
    lines += _aligned(_history(name, loaded))
    lines += ["", one_line(_sentence(option.help)), ""]
    lines += _aligned([(what, text) for what, text in _facts(option) if text])
    return "\n".join(lines) + "\n"


def _history(name: str, loaded: Loaded) -> list[tuple[str, ...]]:
    """Return the places that gave a value, the one in force first."""
    given = loaded.history.get(name, ())
    rows = [
        (
            one_line(str(one.place.value)),
            _text(name, _shown(name, one)),
            _standing(name, index == 0, one),
        )
        for index, one in enumerate(reversed(given))
    ]
    return [*rows, (DEFAULT, _default(BY_NAME[name]), "" if given else _standing_of_default(name, loaded))]


def _standing_of_default(name: str, loaded: Loaded) -> str:
    """Say what becomes of a default where nobody gave a value: `derived` may have made another from it."""
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    is_derived = getattr(loaded.settings, name) != default and not BY_NAME[name].default_words
    return "follows another setting" if is_derived else "in force"


def _standing(name: str, is_highest: bool, given: Given) -> str:  # noqa: FBT001  a value like any other
    if BY_NAME[name].kind == "map":
        return f"{given.layer}: merged by key"
    return "in force" if is_highest else "shadowed"


def _shown(name: str, given: Given) -> object:
    if not about(name).is_secret:
        return given.value
    if isinstance(given.value, dict):
        return {key: redacted(value) for key, value in given.value.items()}
    return redacted(given.value)


def _facts(option: Option) -> Iterator[tuple[str, str]]:
    known = about(option.name)
    yield "type", expected(option.name)
    yield "words", ", ".join(known.words)
    yield "default", _default(option)
    yield "a change needs", CHANGES[known.change]
    kinds = ", ".join(known.kinds)
    yield "honoured by", "all kinds of workers" if known.kinds == ALL_KINDS else f"{kinds} workers"
    yield "section", known.section
    metavar = f" {option.metavar}" if option.metavar and option.kind != "flag" else ""
    flags = ", ".join(known.flags)
    negations = [flag.replace("--", "--no-", 1) for flag in known.flags if flag.startswith("--")]
    yield (
        "flags",
        flags and (f"{flags}, {', '.join(negations)}" if option.kind == "flag" else flags + metavar),
    )
    yield "variable", option.variable
    yield "other names", ", ".join(known.aliases)
    yield "gunicorn", "has it too" if known.is_gunicorn else "does not have it"


def _default(option: Option) -> str:
    return option.default_words or option.default or "none"


def _text(name: str, value: object) -> str:
    if value is None:
        return "none"
    if name == "workers" and value == AUTO_WORKERS:
        return '"auto"'
    if about(name).is_octal and isinstance(value, int):
        return octal(value)
    try:
        return written(value)
    except TypeError:
        # Functions of a Python file.
        items = value.items() if isinstance(value, dict) else ()
        inside = (f"{name} = {written(one) if isinstance(one, str) else named(one)}" for name, one in items)
        return f"{{ {', '.join(inside)} }}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows of columns as lines, indented; the last column may be as long as it likes."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return [
        ("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
