"""Slips in a Python file that ran: a name that is nearly a setting's, a value that goes nowhere.

Any name is allowed in Python, so a slip is only what nothing else explains: a variable that the file itself
gives a value and never reads, and that two keystrokes separate from a setting.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.gunicorn_names import OURS, UNUSED
from wsgid.config.hooks import HOOKS
from wsgid.config.layers import BY_ALIAS, BY_NAME
from wsgid.config.option_table import OPTIONS
from wsgid.config.redaction import hide, sounds_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wsgid.config.diagnostics import Severity, Where
    from wsgid.config.python_run import Namespace
    from wsgid.config.python_source import Source

# What people call a setting's raw text, its default, a switch for it: timeout_s, bind_str, use_bind.
_NAMED_AFTER = re.compile(r"(use|my|is|has|the|max|min)_.+|.+_(s|ms|str|var|env|int|raw|n|num|default)")

# What files change in gunicorn itself to have another Server header.
HEADER_ATTRIBUTES = ("SERVER_SOFTWARE", "SERVER")
# No name of gunicorn's, so its files cannot set it.
SERVER_HEADER = "--server-header or WSGID_SERVER_HEADER"

# Between short names a keystroke lies too easily: `api` is no slip of `app`.
_SHORT = 4


def slips(source: Source, names: Namespace, *, is_of_gunicorn: bool) -> Iterator[Diagnostic]:
    """Yield what looks like a slip: errors, but in a file of gunicorn's, which goes on there, warnings."""
    severity: Severity = "warning" if is_of_gunicorn else "error"
    known = OURS if is_of_gunicorn else {**OURS, **{name: name for name in BY_NAME}}
    for name, where, written in source.annotated_only():
        if name in known and name not in names:
            message = f"`{name}:` gives `{name}` no value"
            label = Label(where, f"write `{name} = {written}`")
            if sounds_secret(name):
                label = Label(hide(where, (where.column or 1) + len(name)), f"write `{name} = ...`")
            yield Diagnostic(severity, "syntax", message, (label,))
    for attribute, where in source.attributes_assigned("gunicorn"):
        message = f"`gunicorn.{attribute}` has no effect here"
        note = f"use {SERVER_HEADER}" if attribute in HEADER_ATTRIBUTES else ""
        yield Diagnostic("warning", "deprecated", message, (Label(where, note),))
    read = source.names_read()
    if read is None:
        return
    spellings = _spellings(is_of_gunicorn=is_of_gunicorn)
    for name in source.names_assigned():
        if name not in names or name in read or not _may_be_slip(name):
            continue
        meant = near(name, {hook: hook for hook in HOOKS} if callable(names[name]) else spellings)
        if meant:
            message = f"unknown setting `{name}`, which nothing in this file reads"
            where = _place(source, names, name, meant)
            yield Diagnostic(
                severity, "unknown-setting", message, (Label(where, f"did you mean `{meant}`?"),)
            )


def near(name: str, spellings: Mapping[str, str]) -> str:
    """Return what a name is a slip of, or nothing; `spellings` lead to the names to suggest."""
    given = name.lower()
    best, best_distance = "", 3
    for spelling, meant in spellings.items():
        shorter = min(len(given), len(spelling))
        if shorter < _SHORT and sorted(given) != sorted(spelling):
            continue
        allowed = 1 if shorter <= _SHORT else 2
        if abs(len(given) - len(spelling)) > allowed:
            continue  # each letter too many is a keystroke, and this is asked of every unread name
        distance = keystrokes(given, spelling)
        if distance <= allowed and distance < best_distance:
            best, best_distance = meant, distance
    return best


def keystrokes(one: str, other: str) -> int:
    """Return how many letters have to be added, taken away, changed or swapped with their neighbours."""
    # Damerau's distance (optimal string alignment), a row a letter of `one`.
    older: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        row = [i + 1]
        for j, its in enumerate(other):
            cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != its))
            if i and j and (letter, one[i - 1]) == (other[j - 1], its):
                cost = min(cost, older[j - 1] + 1)
            row.append(cost)
        older, above = above, row
    return above[-1]


def _may_be_slip(name: str) -> bool:
    is_name_of_something = name in BY_NAME or name in BY_ALIAS or name in UNUSED or name in HOOKS
    return not (is_name_of_something or name.startswith("_") or _NAMED_AFTER.fullmatch(name))


def _spellings(*, is_of_gunicorn: bool) -> dict[str, str]:
    """Return the settings, the hooks, and the flags that people write in files: access_logfile, log_level."""
    spellings = {name: name for name in OURS}
    for option in OPTIONS:
        if option.is_gunicorn or not is_of_gunicorn:
            spellings[option.name] = option.name
            flags = (flag for flag in option.flags if flag.startswith("--"))
            spellings |= {flag[2:].replace("-", "_"): option.name for flag in flags}
    return spellings


def _place(source: Source, names: Namespace, name: str, meant: str) -> Where:
    place = source.place(name, names.lines.get(name))
    if (sounds_secret(name) or sounds_secret(meant)) and place.key.text:
        return hide(place.key, (place.key.end or 1))
    return place.key
