"""What of a layer's lines may be shown: secrets are hidden, whatever it is that quotes the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.config.option_table import OPTIONS
from wsgid.config.redaction import SECRETS, assigned, hide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wsgid.config.diagnostics import Where
    from wsgid.config.layers import KeyPath, Place

_MAPS = frozenset(
    spelling for option in OPTIONS if option.kind == "map" for spelling in (option.name, *option.aliases)
)

Line = tuple[str, str, int | None, str]
"""Kind and name of a source, the number of a line in it, and its text."""


class Veil:
    """Knows, of each line of a layer, the stretches that are hidden."""

    __slots__ = ("_hidden", "_hidden_from", "_places", "_values")

    def __init__(self, values: Mapping[str, object], places: Mapping[KeyPath, Place]) -> None:
        self._values = values
        self._places = places
        self._hidden: dict[Line, list[tuple[int, int]]] = {}
        # Of a file's lines that were asked for; some thousand mistakes may share one.
        self._hidden_from: dict[Line, int | None] = {}
        for path, place in places.items():
            if (
                path[0] in SECRETS
                and place.value.column is not None
                and not self._is_only_around(path, place)
            ):
                value = place.value
                stretch = (place.value.column, value.end or len(value.text) + 1)
                self._hidden.setdefault(_line(value), []).append(stretch)

    def shown(self, where: Where, path: KeyPath) -> Where:
        """Return a place that is known for a path, without the secrets of its line, whosever they are."""
        if path[0] in SECRETS and where.text and not self._begins_line(path, where):
            # Something of a value that began above may stand before it.
            return hide(where, 1)
        line = _line(where)
        if where.kind == "file":
            if line not in self._hidden_from:
                self._hidden_from[line] = self._first_hidden(where)
            first = self._hidden_from[line]
            # To the line's end, for a comment may repeat it.
            return where if first is None else hide(where, first)
        # From the last on, for what is hidden moves what comes after it.
        for start, end in reversed(_without_overlaps(sorted(self._hidden.get(line, [])))):
            where = hide(where, start, end)
        return where

    def _first_hidden(self, where: Where) -> int | None:
        """Return the column at which something secret begins in a file's line."""
        # Python may give another value later, and in gunicorn's files some settings are none.
        others = (start for name, start in assigned(where.text) if not self._stands(name, where))
        known = (start for start, _ in self._hidden.get(_line(where), []))
        return min((*others, *known), default=None)

    def _is_only_around(self, path: KeyPath, place: Place) -> bool:
        """Tell whether a place hides nothing that the places inside of it do not: names are no secrets."""
        value: object = self._values
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if not isinstance(value, dict):
            return False
        if place.value == place.key and place.value.kind == "file":
            return True  # the header of a table, [env], is no value yet
        is_map = len(path) == 1 and path[0] in _MAPS
        return is_map and all((*path, key) in self._places for key in value)

    def _begins_line(self, path: KeyPath, where: Where) -> bool:
        key = self._places[path].key
        if _line(key) == _line(self._places[path[:1]].key):
            return True
        before = key.text[: (key.column or 1) - 1]
        return _line(key) == _line(where) and not before.strip(" \t{[,")

    def _stands(self, spelling: str, where: Where) -> bool:
        """Tell whether a setting's place is known to be in this line."""
        return (spelling,) in self._places and _line(self._places[spelling,].key) == _line(where)


def _line(where: Where) -> Line:
    return where.kind, where.name, where.line, where.text


def _without_overlaps(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stretches, which are sorted, where one begins before another has ended."""
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
