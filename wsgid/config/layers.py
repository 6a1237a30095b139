"""Layers of settings: what each source said, at which place; checked one by one, then merged.

Each layer is checked by itself, so that a mistake is known by its place without guessing, and one in a
value that a higher layer shadows is found too. Files are typed and are checked strictly; environment and
command line are text, and are read leniently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from wsgid.config.diagnostics import Diagnostic, Label, Where, did_you_mean
from wsgid.config.option_table import OPTIONS
from wsgid.config.settings import Settings, about
from wsgid.config.types import Expects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

    from wsgid.config.diagnostics import Code
    from wsgid.config.option import Option

KeyPath = tuple[str | int, ...]
"""Where a value is in a layer: ("bind",), ("bind", 1), ("env", "DEBUG")."""

Style = Literal["typed", "text", "gunicorn"]
"""How a layer's values are read: "typed" as they stand; "text" is split and converted; "gunicorn" is typed,
but text counts for numbers, booleans for on/off words, and only gunicorn's names are settings."""

BY_NAME: dict[str, Option] = {option.name: option for option in OPTIONS}
BY_ALIAS: dict[str, Option] = {alias: option for option in OPTIONS for alias in option.aliases}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting stands: its name, and its value."""

    key: Where
    value: Where


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source said.

    `values` are as the source has them. Where its style is "text", a list or a map is a list of the texts
    that were given, not split yet. `places` knows every setting in `values`, and of what is inside them what
    it can. `mistakes` are what the reader itself has found.
    """

    name: str
    values: Mapping[str, object]
    places: Mapping[KeyPath, Place]
    style: Style = "typed"
    mistakes: tuple[Diagnostic, ...] = ()

    def place(self, path: KeyPath) -> Place:
        """Return the place of a value, or that of the nearest one around it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]


@dataclass(frozen=True, slots=True)
class Checked:
    """A layer after its check: the values that are right, under the settings' names, and what is wrong."""

    layer: Layer
    values: Mapping[str, Any]
    places: Mapping[str, Place]
    mistakes: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a layer gave for a setting."""

    layer: str
    place: Place
    value: object


@dataclass(frozen=True, slots=True)
class Merged:
    """All layers in one: the values in force, and for each setting what was given, the effective one last."""

    values: Mapping[str, Any]
    history: Mapping[str, tuple[Given, ...]]


@dataclass(slots=True)
class _Check:
    """One check under way; `check` is its only user."""

    layer: Layer
    names: dict[str, str] = field(default_factory=dict)
    """The setting's name -> as the layer spells it."""
    mistakes: list[Diagnostic] = field(default_factory=list)

    def refuse(self, path: KeyPath, code: Code, message: str, note: str = "") -> None:
        """Note a mistake; `path` begins with the name as the layer spells it."""
        place = self.layer.place(path)
        where = place.key if code == "unknown-setting" else place.value
        option = BY_NAME.get(str(path[0])) or BY_ALIAS.get(str(path[0]))
        if option is not None and about(option.name).is_secret:
            where = where.redacted()
        self.mistakes.append(Diagnostic("error", code, message, (Label(where, note),)))


def check(layer: Layer) -> Checked:
    """Look at one layer by itself: every unknown name and every wrong value in it is a mistake."""
    state = _Check(layer)
    values: dict[str, object] = {}
    for given, value in layer.values.items():
        option = BY_NAME.get(given) or BY_ALIAS.get(given)
        if option is None:
            state.refuse((given,), "unknown-setting", f"unknown setting `{given}`", suggestion(given))
        elif option.name in values:
            state.refuse(
                (given,),
                "duplicate-setting",
                f"`{given}` is the same setting as `{state.names[option.name]}`",
                "leave one of them out",
            )
        else:
            state.names[option.name] = given
            values[option.name] = value
    if layer.style == "text":
        values = {name: _from_text(state, BY_NAME[name], value) for name, value in values.items()}
    right = _validate(state, values)
    return Checked(
        layer,
        right,
        {name: layer.place((state.names[name],)) for name in right},
        (*layer.mistakes, *state.mistakes),
    )


def merge(layers: Iterable[Checked]) -> Merged:
    """Put layers on one another, low to high: scalars and lists replace, maps merge by key."""
    values: dict[str, Any] = {}
    history: dict[str, list[Given]] = {}
    for checked in layers:
        for name, value in checked.values.items():
            if BY_NAME[name].kind == "map" and name in values:
                values[name] = {**values[name], **value}
            else:
                values[name] = value
            given = Given(checked.layer.name, checked.places[name], value)
            history.setdefault(name, []).append(given)
    return Merged(values, {name: tuple(given) for name, given in history.items()})


def suggestion(given: str) -> str:
    """Return "did you mean ...?" for a name that is no setting, or nothing."""
    spellings = {spelling: option.name for option in OPTIONS for spelling in _spellings(option)}
    return did_you_mean(given.lower().replace("-", "_"), spellings)


def _spellings(option: Option) -> Iterable[str]:
    # People try a flag's name in a file: access_logfile, keep_alive.
    yield option.name
    yield from option.aliases
    for flag in option.flags:
        if flag.startswith("--"):
            yield flag[2:].replace("-", "_")


def _from_text(state: _Check, option: Option, value: object) -> object:
    """Split what is a list or a map; the rest is for pydantic to read."""
    if not isinstance(value, list):
        return value
    if option.kind == "list":
        parts = (part.strip() for text in value for part in text.split(","))
        return tuple(part for part in parts if part)
    pairs: dict[str, str] = {}
    for text in value:
        name, equals, content = text.partition("=")
        if equals:
            pairs[name] = content
        else:
            spelt = state.names[option.name]
            state.refuse((spelt,), "invalid-value", f"invalid value for `{spelt}`", "expected NAME=VALUE")
    return pairs


def _validate(state: _Check, values: dict[str, object]) -> dict[str, Any]:
    """Return the values that pydantic accepts; what it refuses is a mistake, one for a place."""
    try:
        checked = Settings.model_validate(values, strict=state.layer.style == "typed")
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    else:
        return {name: getattr(checked, name) for name in values}
    seen: set[KeyPath] = set()
    for detail in wrong:
        path = _path(detail)
        if path not in seen:
            seen.add(path)
            _refuse_value(state, path, detail)
    # The others may be part of a conflict, which is to be told in the same run.
    refused = {path[0] for path in seen}
    return _validate(state, {name: value for name, value in values.items() if name not in refused})


def _path(detail: ErrorDetails) -> KeyPath:
    # pydantic adds the branch of a union to the place of a value ("app", "str"): only what is inside a list
    # or a map has a place of its own.
    loc = detail["loc"]
    return tuple(loc) if BY_NAME[str(loc[0])].kind in ("list", "map") else (loc[0],)


def _refuse_value(state: _Check, path: KeyPath, detail: ErrorDetails) -> None:
    name = str(path[0])
    spelt = state.names[name]
    path = (spelt, *path[1:])
    message = f"invalid value for `{spelt}`"
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            state.refuse(path, "invalid-value", message, str(context["error"]))
        case "literal_error":
            given = str(detail["input"])
            words = _words(name)
            note = did_you_mean(given.lower(), words) or f"expected one of {', '.join(words)}"
            state.refuse(path, "invalid-value", message, note)
        case "greater_than_equal":
            state.refuse(path, "out-of-range", message, f"expected at least {context['ge']:g}")
        case "greater_than":
            state.refuse(path, "out-of-range", message, f"expected more than {context['gt']:g}")
        case "less_than_equal":
            state.refuse(path, "out-of-range", message, f"expected at most {int(context['le'])}")
        case "finite_number":
            state.refuse(path, "out-of-range", message, "expected a finite number")
        case _ if len(path) > 1 and path[1] in BY_NAME:
            # A key that is appended to a TOML file lands in the last table.
            note = f"`{path[1]}` is a setting, but this is inside `{spelt}`: move it above"
            state.refuse(path, "wrong-type", f"invalid value for `{path[1]}` in `{spelt}`", note)
        case _ if len(path) > 1:
            item = f"`{path[1]}` in `{spelt}`" if isinstance(path[1], str) else f"`{spelt}`"
            note = f"expected a string, found {_kind(detail['input'])}"
            state.refuse(path, "wrong-type", f"invalid value for {item}", note)
        case _:
            state.refuse(path, "wrong-type", message, _expected(name, detail["input"]))


def _expected(name: str, found: object) -> str:
    """Say what a setting expects; a single text for a list is the commonest slip, so it is shown right."""
    expects = [item for item in Settings.model_fields[name].metadata if isinstance(item, Expects)]
    note = f"expected {expects[-1].what}, found {_kind(found)}"
    if BY_NAME[name].kind == "list" and isinstance(found, str) and '"' not in found:
        note += f': write ["{found}"]'
    return note


def _words(name: str) -> list[str]:
    annotation: Any = Settings.model_fields[name].annotation
    return list(annotation.__args__)


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


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
