"""YAML: a file -> a layer, with the place of every key and of every value.

PyYAML's own loader keeps the last of two equal keys in silence, and has the types of YAML 1.1, where `no`,
`1:30` and `2024-01-01` are no texts. So it only composes here, which gives nodes with marks, and the types
are those of YAML 1.2's core schema (10.3.2): true, True and TRUE are a boolean, yes and on are texts; 0o22 is
a number in octal, and what 022 is nobody can tell. There are no tags, and no merge keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.config.layers import Layer, Place, find_option
from wsgid.config.redaction import hide, hide_named, sounds_secret
from wsgid.config.source_text import DEEPEST, SourceText, read_source
from wsgid.config.unread import may_quote, show_names
from wsgid.config.yaml_nodes import compose
from wsgid.config.yaml_syntax import BOOLEANS, no_map, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.diagnostics import Code
    from wsgid.config.layers import KeyPath

# What aliases may repeat, all together: ten lines of them can stand for more than any memory holds.
_MOST_REPEATED = 10_000

# YAML 1.2.2, 10.3.2.
_NULL = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII
)
_ZERO_FIRST = re.compile(r"[-+]?0[0-9]+", re.ASCII)

_ANCHOR = re.compile(r"&[^ \t\n]+[ \t\n]+")
_TAG = re.compile(r"(?:&[^ \t\n]+[ \t\n]+)?(![^ \t\n,\]}]*)")


def read_yaml(path: Path, *, shown: str) -> Layer:
    """Read a file; `shown` is its name in messages. Raises Mistakes."""
    return _read(read_source(path, shown=shown))


def parse_yaml(text: str, shown: str) -> Layer:
    """Read a text; raises Mistakes where it is no map in YAML; other mistakes are in the layer.

    A value that only lacks its quotes does not keep the rest from being read.
    """
    return _read(SourceText(shown, text))


def _read(source: SourceText) -> Layer:
    mistakes: list[Diagnostic] = []
    composed = compose(source, mistakes)
    node = composed.node
    reading = _Reading(source, composed.tagged, composed.broken, mistakes)
    if node is None:
        return Layer(source.name, {}, {})
    if id(node) in composed.tagged:
        raise Mistakes(source.name, [*mistakes, reading.tag(node)])
    if isinstance(node, ScalarNode) and node.style is None and node.value in _NULL:
        return Layer(source.name, {}, {})
    if not isinstance(node, MappingNode):
        raise Mistakes(source.name, [*mistakes, no_map(source, node.start_mark.index)])
    values = reading.map(node, ())
    return Layer(source.name, values, reading.places(), mistakes=tuple(reading.mistakes))


class _Noted(Exception):  # noqa: N818  no error of ours
    """There is no value to go on with; why not is among the mistakes."""


@dataclass(slots=True)
class _Reading:
    """Nodes -> values, with the places of all of them and what is wrong with some."""

    source: SourceText
    tagged: set[int]
    broken: set[int] = field(default_factory=set)
    """The lines whose values are none."""
    mistakes: list[Diagnostic] = field(default_factory=list)
    _keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    _values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    _repeated: int = 0

    def places(self) -> dict[KeyPath, Place]:
        where = self.source.where
        return {
            path: Place(where(*self._keys.get(path, value)), where(*value))
            for path, value in self._values.items()
        }

    def map(self, node: MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        first: dict[str, tuple[int, int]] = {}
        for key_node, value_node in node.value:
            span = self._span(key_node)
            try:
                key = self._key(key_node, path)
                if key in first:
                    self._twice((*path, key), span, first[key])
                    continue
                first[key] = span
                inside = (*path, key)
                self._keys[inside] = span
                values[key] = self._value(value_node, inside)
            except _Noted:
                continue
        return values

    def _list(self, node: SequenceNode, path: KeyPath) -> list[object]:
        values: list[object] = []
        for item in node.value:
            try:
                values.append(self._value(item, (*path, len(values))))
            except _Noted:
                continue
        return values

    def _value(self, node: Node, path: KeyPath) -> object:
        self._count(node, path)
        if id(node) in self.tagged:
            self.mistakes.append(self.tag(node, path))
            raise _Noted
        start, end = self._span(node)
        if isinstance(node, ScalarNode) and self.source.line(start) in self.broken:
            raise _Noted
        value: object
        if isinstance(node, MappingNode):
            value = self.map(node, path)
        elif isinstance(node, SequenceNode):
            value = self._list(node, path)
        else:
            value = self._scalar(node, path)
        inside = [(*path, key) for key in value][-1:] if isinstance(value, dict) else []
        inside += [(*path, len(value) - 1)] if isinstance(value, list) and value else []
        if inside and not getattr(node, "flow_style", False):
            # A block ends for PyYAML where the next thing begins, behind comments and empty lines.
            end = self._values[inside[0]][1]
        self._values[path] = start, end
        return value

    def _count(self, node: Node, path: KeyPath) -> None:
        """Bound what aliases can do: repeat much, contain themselves."""
        if len(path) > DEEPEST:
            note = "an alias may not stand inside of what it means"
            self._refuse(path, self._span(node), "invalid-value", f"more than {DEEPEST} deep", note)
            raise _Noted
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > _MOST_REPEATED:
            note = "write out what they mean, or less of it"
            self._refuse(path, self._span(node), "invalid-value", "aliases repeat too much", note)
            raise Mistakes(self.source.name, self.mistakes)

    # Scalars

    def _scalar(self, node: Node, path: KeyPath) -> object:
        assert isinstance(node, ScalarNode)
        text = self._text(node, path)
        span = self._span(node)
        if node.style is not None:
            return text
        option = find_option(path[0]) if len(path) == 1 else None
        if text in _NULL:
            self._nothing(path)
        if _ZERO_FIRST.fullmatch(text):
            if option is not None and option.is_octal:
                return text
            note = f"write {quoted(text)} for a text, {text.lstrip('+-0') or 0} for a number"
            self._refuse(path, span, "invalid-value", "a number does not begin with 0", note)
            raise _Noted
        if (
            option is not None
            and option.kind == "flag"
            and text.lower() in BOOLEANS
            and text not in _BOOLEANS
        ):
            note = f"write {BOOLEANS[text.lower()]}: `{text}` is a text in YAML 1.2"
            self._refuse(path, span, "wrong-type", f"invalid value for `{path[0]}`", note)
            raise _Noted
        try:
            return _plain(text)
        except ValueError:
            # int() takes no more than 4,300 digits (sys.set_int_max_str_digits).
            self._refuse(path, span, "invalid-value", "a number has too many digits", "at most 4300 are read")
            raise _Noted from None

    def _text(self, node: ScalarNode, path: KeyPath) -> str:
        text: str = node.value
        try:
            # JSON writes a character beyond U+FFFF as two.
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            note = "write the character itself"
            self._refuse(path, self._span(node), "invalid-value", "\\u has half a character here", note)
            raise _Noted from None

    def _nothing(self, path: KeyPath) -> None:
        step = next(step for step in reversed(path) if isinstance(step, str))
        # In {A: x, y} the second name is y, and may have been meant for a value.
        name = f"a name in `{path[0]}`" if len(path) > 1 and sounds_secret(str(path[0])) else f"`{step}`"
        key = next(path[:length] for length in range(len(path), 0, -1) if path[:length] in self._keys)
        option = find_option(path[0])
        if isinstance(path[-1], int):
            note = "give it one, or take its line out"
            if option is not None and option.kind == "value":
                note = f'for the text "-" write {step}: "-"'
            message = f"an item of {name} has no value"
        else:
            note = 'give it one, or take the line out; an empty text is ""'
            message = f"{name} has no value"
        self._refuse(path, self._keys[key], "invalid-value", message, note)
        raise _Noted

    def tag(self, node: Node, path: KeyPath = ()) -> Diagnostic:
        """Return the mistake of a node with a tag."""
        start = node.start_mark.index
        tag = _TAG.match(self.source.text, start)
        span = tag.span(1) if tag is not None else (start, start + 1)
        note = "write the value alone; a text that begins with ! stands in quotes"
        return self._mistake(path, span, "invalid-value", "tags are not read here", note)

    # Keys

    def _key(self, node: Node, path: KeyPath) -> str:
        span = self._span(node)
        if id(node) in self.tagged:
            self.mistakes.append(self.tag(node, path))
            raise _Noted
        if not isinstance(node, ScalarNode):
            self._refuse(path, span, "wrong-type", "a key is a text, and no list or map", "write name: value")
            raise _Noted
        text = self._text(node, path)
        if node.style is not None:
            return text
        if text == "<<":
            note = "write out what is to be merged: YAML 1.2 has no merge keys"
            self._refuse(path, span, "invalid-value", "`<<` is no key here", note)
            raise _Noted
        if text in _NULL or text in _BOOLEANS or _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
            self._refuse(path, span, "wrong-type", "a key is a text", f"write {quoted(text)}")
            raise _Noted
        return text

    def _twice(self, path: KeyPath, span: tuple[int, int], first: tuple[int, int]) -> None:
        labels = (
            Label(self._where(path, span), "a key is given once"),
            Label(self._where(path, first), "first given here"),
        )
        message = (
            f"`{path[-1]}` stands in the file twice" if len(path) == 1 else f"`{path[-1]}` stands here twice"
        )
        self.mistakes.append(Diagnostic("error", "duplicate-setting", message, labels))

    # Places

    def _span(self, node: Node) -> tuple[int, int]:
        """Return where a node stands, without the anchor before it."""
        start, end = node.start_mark.index, node.end_mark.index
        anchor = _ANCHOR.match(self.source.text, start)
        return (min(anchor.end(), end) if anchor is not None else start), end

    def _refuse(self, path: KeyPath, span: tuple[int, int], code: Code, message: str, note: str) -> None:
        self.mistakes.append(self._mistake(path, span, code, message, note))

    def _mistake(
        self, path: KeyPath, span: tuple[int, int], code: Code, message: str, note: str
    ) -> Diagnostic:
        return Diagnostic("error", code, message, (Label(self._where(path, span), note),))

    def _where(self, path: KeyPath, span: tuple[int, int]) -> Where:
        """Return a place; of what may be secret its line shows the key at most."""
        where = self.source.where(*span)
        if not path:
            return hide_named(show_names(where))
        if may_quote(str(path[0])) and not any(sounds_secret(step) for step in path if isinstance(step, str)):
            return hide_named(where)
        key = re.match(r"""[ \t]*(?:- +)?["']?[\w-]+["']?[ \t]*:(?=[ \t]|$)[ \t]*""", where.text)
        return hide(where, 1 + (key.end() if key is not None else 0))


def _plain(text: str) -> object:
    """Return what a plain scalar is in YAML 1.2's core schema. ValueError: an integer too long for int()."""
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    if _FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=[in])", "", text.lower()))
    return text
