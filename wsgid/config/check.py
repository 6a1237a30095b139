"""One layer by itself: which of its values are right, and what is wrong with the others.

Files are typed and are checked strictly; environment and command line are text, and are read leniently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from wsgid.config.diagnostics import Diagnostic, Label, did_you_mean
from wsgid.config.env import split
from wsgid.config.gunicorn_names import COMMANDS, OURS, UNUSED
from wsgid.config.hooks import HOOKS
from wsgid.config.layers import BY_NAME, Checked, find_option
from wsgid.config.misplaced import take_out_misplaced
from wsgid.config.numbers import why_not_octal
from wsgid.config.option_table import OPTIONS
from wsgid.config.redaction import hide, sounds_secret
from wsgid.config.settings import Settings, about
from wsgid.config.synonyms import SYNONYMS
from wsgid.config.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pydantic_core import ErrorDetails

    from wsgid.config.diagnostics import Code
    from wsgid.config.layers import KeyPath, Layer
    from wsgid.config.option import Option


@dataclass(slots=True)
class _Check:
    """One check under way; `check` is its only user."""

    layer: Layer
    spelt: dict[str, str] = field(default_factory=dict)
    """The setting's name -> as the layer spells it."""
    mistakes: list[Diagnostic] = field(default_factory=list)

    def refuse(self, path: KeyPath, code: Code, message: str, note: str = "") -> None:
        """Note a mistake in a value; `path` begins with the name as the layer spells it."""
        where = self.layer.place(path).value
        self.mistakes.append(Diagnostic("error", code, message, (Label(where, note),)))


def check(layer: Layer) -> Checked:
    """Look at one layer by itself: every unknown name and every wrong value in it is a mistake."""
    state = _Check(layer)
    values = _named(state)
    misplaced, values = take_out_misplaced(layer, state.spelt, values)
    state.mistakes += misplaced
    for name in [name for name in values if about(name).is_octal]:
        _read_octal(state, name, values)
    if layer.style != "typed":
        values = {name: _split(state, BY_NAME[name], value) for name, value in values.items()}
    right = _validate(state, values)
    mistakes = sorted((*layer.mistakes, *state.mistakes), key=_line)
    return Checked(layer, right, tuple(mistakes), state.spelt)


def _line(mistake: Diagnostic) -> tuple[int, int]:
    """Return what orders the mistakes of a file: whoever mends them goes through it once."""
    where = next((label.where for label in mistake.labels if label.where.kind == "file"), None)
    return (where.line or 0, where.column or 0) if where else (0, 0)


def suggestion(given: str) -> str:
    """Return "did you mean ...?" for a name that is no setting, or nothing."""
    given = given.lower().replace("-", "_")
    if given in SYNONYMS:
        return f"did you mean `{SYNONYMS[given]}`?"
    spellings = {spelling: option.name for option in OPTIONS for spelling in option.names}
    return did_you_mean(given, spellings)


# Names


def _named(state: _Check) -> dict[str, object]:
    """Return the values under their settings' names, and note what no setting is."""
    values: dict[str, object] = {}
    for given, value in state.layer.values.items():
        option = find_option(given)
        if state.layer.style == "gunicorn" and given not in OURS and given != "hooks":
            # The other names are ordinary variables there, ours too.
            if given in UNUSED:
                state.mistakes.append(_unused(state.layer, given))
        elif state.layer.style == "gunicorn" and value is None:
            pass  # gunicorn's "not given"
        elif option is None:
            state.mistakes.append(_no_setting(state.layer, given, value))
        elif option.name in values:
            state.mistakes.append(_twice(state.layer, given, state.spelt[option.name]))
        else:
            state.spelt[option.name] = given
            values[option.name] = value
    return values


def _no_setting(layer: Layer, given: str, value: object) -> Diagnostic:
    if given in UNUSED:
        return _unused(layer, given)
    note = _advice(given, value)
    place = layer.place((given,))
    where = place.key
    # A name that reminds of no setting may be one of `[env]`, which somebody has commented out.
    if (sounds_secret(given) or not note) and where.text:
        same_line = (where.line, where.text) == (place.value.line, place.value.text)
        start = place.value.column if same_line else None
        where = hide(where, max(start or 0, where.end or 1))
    return Diagnostic("error", "unknown-setting", f"unknown setting `{given}`", (Label(where, note),))


def _advice(given: str, value: object) -> str:
    """Say what may have been meant with a name that is no setting."""
    if given in HOOKS:
        return f'a hook stands in the table `hooks`: {given} = "module:function"'
    if given in COMMANDS:
        return f"this is a command: give --{given.replace('_', '-')}"
    if isinstance(value, dict):
        inside = next((str(name) for name in value if find_option(name) is not None), None)
        if inside is not None:
            return f"settings stand in no table: move `{inside}` to the top"
    return suggestion(given)


def _unused(layer: Layer, given: str) -> Diagnostic:
    message = f"`{given}` is a setting of gunicorn's that has no use here"
    return Diagnostic("warning", "deprecated", message, (Label(layer.place((given,)).key, UNUSED[given]),))


def _twice(layer: Layer, given: str, before: str) -> Diagnostic:
    message = f"`{given}` is the same setting as `{before}`"
    labels = (
        Label(layer.place((given,)).key, "leave one of them out"),
        Label(layer.place((before,)).key, "given here, too"),
    )
    return Diagnostic("error", "duplicate-setting", message, labels)


# Values


def _read_octal(state: _Check, name: str, values: dict[str, object]) -> None:
    """See that a number was written in octal; `umask = 22` is a mistake, whichever number is meant.

    Where a program computes it, as it may in a Python file, and in what gunicorn takes as it is, nobody can
    tell.
    """
    spelt = state.spelt[name]
    where = state.layer.place((spelt,)).value
    written = where.text[(where.column or 1) - 1 : (where.end or 1) - 1].strip().replace("_", "")
    is_literal = where.kind == "file" and written.isdecimal() and written.isascii()
    if state.layer.style != "typed" or type(values[name]) is not int or not is_literal:
        return
    if re.fullmatch("0[0-7]*", written):  # in YAML 022 is 22, elsewhere it is no number
        values[name] = int(written, 8)
        return
    state.refuse((spelt,), "invalid-value", f"invalid value for `{spelt}`", why_not_octal(written))
    del values[name]


def _split(state: _Check, option: Option, value: object) -> object:
    """Split the text of a list or of a map; the rest is for pydantic to read."""
    if option.kind == "list" and isinstance(value, str):
        return _items([value])
    if state.layer.style == "gunicorn" or not isinstance(value, list):
        return value
    if option.kind == "list":
        return _items(value)
    spelt = state.spelt[option.name]
    pairs: dict[str, str] = {}
    for index, text in enumerate(value):
        name, equals, content = text.partition("=")
        if equals:
            pairs[name] = content
        else:
            state.refuse(
                (spelt, index), "invalid-value", f"invalid value for `{spelt}`", "expected NAME=VALUE"
            )
    return pairs


def _items(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(piece.text for text in texts for piece in split(text))


def _validate(state: _Check, values: dict[str, object]) -> dict[str, Any]:
    """Return the values that pydantic accepts; what it refuses is a mistake, one for a place."""
    style = state.layer.style
    try:
        checked = Settings.model_validate(values, strict=style == "typed", context={"style": style})
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    except UnicodeEncodeError:
        # The words for a value quote it, and pydantic passes on none with what is not UTF-8. It does not say
        # either whose they are.
        if len(values) > 1:
            each = [_validate(state, {name: value}) for name, value in values.items()]
            return {name: value for right in each for name, value in right.items()}
        spelt = state.spelt[next(iter(values))]
        state.refuse((spelt,), "invalid-value", f"invalid value for `{spelt}`", "it has what is not UTF-8")
        return {}
    else:
        return {name: getattr(checked, name) for name in values}
    seen: set[KeyPath] = set()
    for detail in wrong:
        path = _path(detail, values)
        if path not in seen:
            seen.add(path)
            spelt = state.spelt[str(path[0])]
            item = f"`{path[1]}` in " if len(path) > 1 and isinstance(path[1], str) else ""
            code, note = say(path, detail)
            if detail["loc"][-1] == "[key]":
                place = state.layer.place((spelt, *path[1:])).key
                message = f"invalid name {item}`{spelt}`"
                state.mistakes.append(Diagnostic("error", code, message, (Label(place, note),)))
            else:
                state.refuse((spelt, *path[1:]), code, f"invalid value for {item}`{spelt}`", note)
    # The others may be part of a conflict, which is to be told in the same run.
    refused = {path[0] for path in seen}
    return _validate(state, {name: value for name, value in values.items() if name not in refused})


def _path(detail: ErrorDetails, values: dict[str, object]) -> KeyPath:
    """Return where in the values it is: pydantic adds branches of a union, and what it was looking at."""
    name, *inside = detail["loc"]
    value: object = values[str(name)]
    path: KeyPath = (name,)
    for step in inside:
        is_key = isinstance(value, dict) and step in value
        is_index = isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value)
        if not is_key and not is_index:
            break
        value = value[step]  # type: ignore[index]  # mypy loses what it is in the names of the questions
        path = (*path, step)
    return path
