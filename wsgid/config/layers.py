"""Layers of settings: what each source said, at which place; merged when each has been checked by itself.

So a mistake is known by its place without guessing, and one in a value that a higher layer shadows is found
too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from wsgid.config.option_table import OPTIONS
from wsgid.config.redaction import SECRETS, assigned, hide

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
        """Return the place of a value, or that of the nearest one around it, without what may be secret.

        `path` begins with the setting's name as the layer spells it.
        """
        while path not in self.places:
            path = path[:-1]
        place = self.places[path]
        return Place(self._shown(place.key, place, path), self._shown(place.value, place, path))

    def _shown(self, where: Where, place: Place, path: KeyPath) -> Where:
        """Return a place without the secrets of its line: those of others, too, that share the line."""
        if path[0] in SECRETS and where.text and not self._begins_line(place, path, where):
            # Something of a value that began above may stand before it.
            return hide(where, 1)
        secret = sorted(
            (other.value.column, other.value.end or len(where.text) + 1)
            for known, other in self.places.items()
            if known[0] in SECRETS and other.value.column is not None and _share_line(other.value, where)
            if not self._is_only_around(known, other)
        )
        if where.kind == "file":
            # Python may give another value later, and in gunicorn's files some settings are none.
            others = (start for name, start in assigned(where.text) if not self._stands(name, where))
            start = min((*others, *(start for start, _ in secret)), default=None)
            # To the line's end, for a comment may repeat it.
            return where if start is None else hide(where, start)
        # From the last on, for what is hidden moves what comes after it.
        for start, end in reversed(_without_overlaps(secret)):
            where = hide(where, start, end)
        return where

    def _stands(self, spelling: str, where: Where) -> bool:
        """Tell whether a setting's place is known to be in this line."""
        return (spelling,) in self.places and _share_line(self.places[spelling,].key, where)

    def _is_only_around(self, path: KeyPath, place: Place) -> bool:
        """Tell whether a place hides nothing that the places inside of it do not: names are no secrets."""
        value: object = self.values
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if not isinstance(value, dict):
            return False
        if place.value == place.key and place.value.kind == "file":
            return True  # the header of a table, [env], is no value yet
        option = find_option(path[0])
        is_map = option is not None and option.kind == "map" and len(path) == 1
        return is_map and all((*path, key) in self.places for key in value)

    def _begins_line(self, place: Place, path: KeyPath, where: Where) -> bool:
        key = place.key
        if _share_line(key, self.places[path[:1]].key):
            return True
        before = key.text[: (key.column or 1) - 1]
        return _share_line(key, where) and not before.strip(" \t{[,")


@dataclass(frozen=True, slots=True)
class Checked:
    """A layer after its check: the values that are right, under the settings' names, and what is wrong."""

    layer: Layer
    values: Mapping[str, Any]
    mistakes: tuple[Diagnostic, ...]
    spelt: Mapping[str, str]
    """The setting's name -> as the layer spells it."""

    @property
    def places(self) -> dict[str, Place]:
        return {name: self.place(name) for name in self.values}

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


@dataclass(frozen=True, slots=True)
class Merged:
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


def _share_line(one: Where, other: Where) -> bool:
    return (one.kind, one.name, one.line) == (other.kind, other.name, other.line) and one.text == other.text


def _without_overlaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stretches, which are sorted, where one begins before another has ended."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
