"""ini: what is cut out at a place is what configparser reads there."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.ini import scan
from wsgid.config.source_text import SourceText

if TYPE_CHECKING:
    from wsgid.config.diagnostics import Where

# Anything that configparser has a rule for, in any order.
pieces = st.sampled_from([
    "[server:main]", "[DEFAULT]", "[ä b]", "[a]b]", " [x]", "key", "Key", "a b", "ä", " = ", "=", ":", " : ",
    "value", "a=b", "# c", "; c", " ", "  ", "\t", "\n", "\n", "\n", "\n  ", "\n# c\n", "\r\n", "%(x)s",
    "\x0b",
])  # fmt: skip
texts = st.one_of(
    st.lists(pieces, max_size=30).map("".join),
    st.lists(pieces, max_size=30).map(lambda parts: "[server:main]\n" + "".join(parts)),
)


def cut(where: Where) -> str:
    assert where.column is not None
    assert where.end is not None
    return where.text[where.column - 1 : where.end - 1]


class Parser(configparser.ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


@given(texts)
def test_a_place_has_what_configparser_reads(text: str) -> None:
    source = SourceText("x.ini", text)
    parser = Parser(strict=False, interpolation=None)
    found = scan(source)
    try:
        parser.read_string(source.text)
    except configparser.Error:
        return  # what is found in such a text is not used

    sections = {name: found.of(name) for name, _ in found.sections}
    assert parser.sections() == [name for name in sections if name != "DEFAULT"]
    for name, entries in sections.items():
        values = dict(parser._sections.get(name, parser.defaults()))  # type: ignore[attr-defined]
        assert values.keys() == entries.keys()
        for key, entry in entries.items():
            assert key == cut(entry.place.key)
            lines = [line for line in values[key].split("\n") if line]
            assert lines == [part for part in map(cut, entry.lines) if part]
            assert cut(entry.place.value) == cut(entry.lines[0])
