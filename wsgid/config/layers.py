"""Layers of settings: what each source said, at which place; merged when each has been checked by itself.

So a mistake is known by its place without guessing, and one in a value that a higher layer shadows is found
too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from wsgid.config.option_table import OPTIONS
from wsgid.config.veil import Veil

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wsgid.config.diagnostics import Diagnostic, Where
    from wsgid.config.option import Option

KeyPath = tuple[str | int, ...]
"""Where a value is in a layer: ("bind",), ("bind", 1), ("env", "DEBUG")."""

Style = Literal["typed", "text", "gunicorn"]
"""How a layer's values are read: "typed" as they stand; "text" is split and converted; "gunicorn" is typed,
but text counts for numbers, booleans for on/off words, and only gunicorn's names are settings."""

BY_NAME: dict[str, Option] = {option.name: option for option in OPTIONS}
BY_ALIAS: dict[str, Option] = {alias: option for option in OPTIONS for alias in option.aliases}


def find_option(spelling: object) -> Option | None:
    """Return the setting of this name or alias, if there is one."""
    return (BY_NAME.get(spelling) or BY_ALIAS.get(spelling)) if isinstance(spelling, str) else None


class Place(NamedTuple):
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
    _veil: Veil = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_veil", Veil(self.values, self.places))

    def place(self, path: KeyPath) -> Place:
        """Return the place of a value, or that of the nearest one around it, without what may be secret.

        `path` begins with the setting's name as the layer spells it.
        """
        while path not in self.places and len(path) > 1:
            path = path[:-1]
        place = self.places[path]
        return Place(self._veil.shown(place.key, path), self._veil.shown(place.value, path))


class Checked(NamedTuple):
    """A layer after its check: the values that are right, under the settings' names, and what is wrong."""

    layer: Layer
    values: Mapping[str, Any]
    mistakes: tuple[Diagnostic, ...]
    spelt: Mapping[str, str]
    """The setting's name -> as the layer spells it."""

    def place(self, name: str, *inside: str | int) -> Place:
        """Return the place of a setting, or of something inside its value."""
        return self.layer.place((self.spelt[name], *inside))


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a layer gave for a setting."""

    layer: str
    place: Place
    value: object
    source: Checked = field(repr=False, compare=False)


class Merged(NamedTuple):
    """All layers in one: the values in force, and for each setting what was given, the effective one last."""

    values: Mapping[str, Any]
    history: Mapping[str, tuple[Given, ...]]

    def last(self, name: str) -> Given:
        """Return what was given last, which is in force."""
        return self.history[name][-1]

    def source(self, name: str, key: str) -> Given:
        """Return who gave the value in force for a key of a map."""
        return next(given for given in reversed(self.history[name]) if key in given.source.values[name])


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
            given = Given(checked.layer.name, checked.place(name), value, checked)
            history.setdefault(name, []).append(given)
    return Merged(values, {name: tuple(given) for name, given in history.items()})
