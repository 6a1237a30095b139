"""Where each key and each value of a TOML document stands: a scanner for text that tomli has accepted.

tomli tells no positions. What it has accepted needs no second check: this walks the text once, knows only
where things begin and end, and leaves to tomli what they are. tests/unit/config/test_toml_places.py holds
the two together: its paths are tomli's paths, and what it cuts out is, parsed alone, the same value.

Of text that tomli refuses, it walks the part before the mistake, and says what it was in when that ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import tomli

if TYPE_CHECKING:
    from wsgid.config.layers import KeyPath

_SPACE = re.compile(r"[ \t]*")
_BETWEEN_STATEMENTS = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
# TOML 1.1 has line ends and comments between all items, and a comma may follow the last.
_BETWEEN_ITEMS = re.compile(r"(?:[ \t\n,]+|#[^\n]*)*")

_COMMENT = re.compile(r"#[^\n]*")

# The loops are unrolled, so that no text makes a match go back more than once.
_BASIC = r'"(?!"")[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_LITERAL = r"'(?!'')[^'\n]*'"
# The last quotes of five are two of the text, and the end.
_LONG_BASIC = r'"""[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*"{3,5}'
_LONG_LITERAL = r"'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}"
# A space is inside a value only between a date and a time.
_BARE = r"""\d{4}-\d\d-\d\d[ ]\d\d:[^ \t\n,\]}#]*|[^ \t\n,\[\]{}#"']+"""
_SCALAR = re.compile(f"{_LONG_BASIC}|{_LONG_LITERAL}|{_BASIC}|{_LITERAL}|{_BARE}", re.DOTALL)
_KEY_PART = re.compile(rf"[A-Za-z0-9_-]+|{_BASIC}|{_LITERAL}", re.DOTALL)


class Span(NamedTuple):
    """From an offset to the one after the last."""

    start: int
    end: int


class Spot(NamedTuple):
    """Where a path stands: its key, and its value.

    The item of a list has its value for a key. A table of a header, and one that only dotted keys make, has
    its name there for a value.
    """

    key: Span
    value: Span


@dataclass(slots=True)
class Container:
    """A list or an inline table that the scanner is in."""

    path: KeyPath
    key: Span | None
    start: int
    is_list: bool
    count: int = 0
    """Items begun."""


class Cut(Exception):  # noqa: N818  no error, but the end of what there is
    """The text ends inside a statement."""


@dataclass(slots=True)
class Scan:
    """One walk; `spots` is what it has found."""

    text: str
    deepest: int
    spots: dict[KeyPath, Spot] = field(default_factory=dict)
    pos: int = 0
    path: KeyPath = ()
    """Of what is being walked, or was when the text ended."""
    key: Span | None = None
    """The last part of its key."""
    value: int | None = None
    """Where its value begins, if that has."""
    around: list[Container] = field(default_factory=list)
    """The lists and inline tables it is in, from the outside in."""
    _table: KeyPath = ()
    _last_item: dict[KeyPath, int] = field(default_factory=dict)
    """Of each array of tables, the index of the table that headers below it speak of."""

    def run(self) -> None:
        """Walk to the end. Raises Cut where that is inside a statement, RecursionError below `deepest`."""
        while True:
            end = self.pos
            self._skip(_BETWEEN_STATEMENTS)
            if "\n" in self.text[end : self.pos]:
                self.path, self.key, self.value = self._table, None, None
            if self.pos == len(self.text):
                return
            if self.text[self.pos] == "[":
                self._header()
            else:
                self._dotted_key(self._table)
                self._value()

    def _header(self) -> None:
        self._table = self.path = ()
        brackets = 2 if self.text.startswith("[[", self.pos) else 1
        self.pos += brackets
        self._dotted_key((), closing="]" * brackets)
        assert self.key is not None
        if brackets == 2:  # noqa: PLR2004  [[...]]
            self._last_item[self.path] = self._last_item.get(self.path, -1) + 1
            self.path = (*self.path, self._last_item[self.path])
            self.spots[self.path] = Spot(self.key, self.key)
        self._table = self.path

    def _dotted_key(self, path: KeyPath, closing: str = "=") -> None:
        """Walk a key to the mark behind it; all its parts get a spot, the last one for the time being."""
        while True:
            self._skip(_SPACE)
            start = self.pos
            part = self._take(_KEY_PART)
            if part[0] in "\"'":
                part = _unquoted(part)
            if path in self._last_item:
                path = (*path, self._last_item[path])
            path = (*path, part)
            self.path, self.key = path, Span(start, self.pos)
            if len(path) > self.deepest:
                raise RecursionError
            self._skip(_SPACE)
            if not self.text.startswith(".", self.pos):
                break
            # First come, first kept: of a key that stands twice, the second one is the mistake.
            self.spots.setdefault(path, Spot(self.key, self.key))
            self.pos += 1
        if not self.text.startswith(closing, self.pos):
            raise Cut
        self.pos += len(closing)
        if closing != "=":
            self.spots.setdefault(path, Spot(self.key, self.key))

    def _value(self) -> None:
        """Walk the value of `path` with all that is in it, without recursion: it may be deep."""
        while True:
            self._skip(_SPACE)
            self.value = start = self.pos
            opening = self.text[start : start + 1]
            if opening and opening in "[{":
                self.pos += 1
                self.around.append(Container(self.path, self.key, start, opening == "["))
                if len(self.path) + 1 > self.deepest:
                    raise RecursionError
            else:
                self._take(_SCALAR)
                self._found(start)
            if not self._next_item():
                return

    def _next_item(self) -> bool:
        """Go to the next item of the innermost container, closing those that end before it."""
        while self.around:
            end = self.pos
            self._skip(_BETWEEN_ITEMS)
            container = self.around[-1]
            following = self.text[self.pos : self.pos + 1]
            if not following:
                if not container.count or "," in _COMMENT.sub("", self.text[end : self.pos]):
                    self.value = None
                raise Cut
            if following in "]}":
                self.around.pop()
                self.pos += 1
                self.path, self.key, self.value = container.path, container.key, container.start
                self._found(container.start)
            else:
                container.count += 1
                self.value = None
                if container.is_list:
                    self.path, self.key = (*container.path, container.count - 1), None
                else:
                    self._dotted_key(container.path)
                return True
        return False

    def _found(self, start: int) -> None:
        value = Span(start, self.pos)
        self.spots.setdefault(self.path, Spot(self.key or value, value))

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.pos)
        assert match is not None  # it may be empty
        self.pos = match.end()

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.pos)
        if match is None:
            raise Cut
        self.pos = match.end()
        return match[0]


def _unquoted(part: str) -> str:
    try:
        return str(tomli.loads(f"x = {part}")["x"])
    except tomli.TOMLDecodeError as error:
        raise Cut from error
