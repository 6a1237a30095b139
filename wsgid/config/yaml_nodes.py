"""A text in YAML -> its nodes: none of them deep, and without the values that are broken.

The loader written in Python, not libyaml's: it says better what is wrong, can be stopped at a depth, and a
file of 1 MiB, the largest, takes it two seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from wsgid.config.diagnostics import Mistakes
from wsgid.config.source_text import DEEPEST, SourceText
from wsgid.config.yaml_syntax import broken_value, explain

if TYPE_CHECKING:
    from yaml.nodes import Node

    from wsgid.config.diagnostics import Diagnostic

# Each costs that the file is composed once more; who has made that many means another language.
_MOST_MISTAKES = 20


@dataclass(frozen=True, slots=True)
class Composed:
    """The root, the ids of all nodes that have a tag, and the lines whose values are none."""

    node: Node | None
    tagged: set[int]
    broken: set[int]


def compose(source: SourceText, mistakes: list[Diagnostic]) -> Composed:
    """Return the nodes of a text, and append what is wrong with values that only lack their quotes.

    Raises Mistakes, with those before it, at one that nothing can be read behind.
    """
    broken: set[int] = set()
    rest = source
    while True:
        try:
            loader = _Loader(rest.text)
            return Composed(loader.compose(), loader.tagged, broken)
        except (yaml.YAMLError, RecursionError) as error:
            mistakes.append(explain(rest, error))
            span = broken_value(rest, mistakes[-1])
            if span is None or len(mistakes) == _MOST_MISTAKES:
                raise Mistakes(source.name, mistakes) from error
            start, end = span
            broken.add(source.line(start))
            # A number in its stead, of one letter, so that all other places stay.
            text = rest.text[:start] + "0".ljust(end - start) + rest.text[end:]
            rest = SourceText(source.name, text)


class _Loader(yaml.SafeLoader):
    """Composes nodes, none of them deeper than `DEEPEST`, and resolves nothing."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own way to say it

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.tagged: set[int] = set()
        """The ids of the nodes that have a tag written before them."""
        self._depth = 0

    def compose(self) -> Node | None:
        """Return the one document's node; None where there is none."""
        try:
            return self.get_single_node()
        except (ValueError, OverflowError) as error:
            # PyYAML hands to chr() what it reads after \U, and to int() what is a directive's version.
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="a number is too large", problem_mark=mark) from error

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
        self._depth += 1
        if self._depth > DEEPEST + 1:
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=event.start_mark)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if getattr(event, "tag", None) is not None:
            self.tagged.add(id(node))
        return node
