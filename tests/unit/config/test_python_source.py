"""The places in a Python file: what is cut out there is the value."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.python_source import Source
from wsgid.config.source_text import SourceText

names = st.sampled_from(["workers", "bind", "env", "timeout", "größe", "x"])
scalars = st.one_of(st.integers(), st.booleans(), st.text(max_size=8), st.none())
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(scalars, st.lists(scalars, max_size=2)), max_size=3),
)


@given(
    st.dictionaries(names, values, min_size=1, max_size=4),
    st.sampled_from(["", "    "]),
    st.sampled_from(["", "  # ä"]),
)
def test_what_is_cut_out_at_a_place_is_the_value(given: dict[str, Any], indent: str, comment: str) -> None:
    lines = ["if True:" if indent else "'''ä\n'''"]
    for name, value in given.items():
        # Non-ASCII stays: ast counts octets, an editor characters.
        lines.append(f"{indent}é, {name} = 1, {value!r}{comment}")
    source = Source(SourceText("x.py", "\n".join(lines) + "\n"))
    first = 2 if indent else 3
    seen = {}
    for line, (name, value) in enumerate(given.items(), first):
        for path, place in source.places(name, line, value).items():
            where = place.value
            assert where.column is not None
            assert where.end is not None
            seen[path] = ast.literal_eval(where.text[where.column - 1 : where.end - 1])
            assert len(path) > 1 or place.key.text[(place.key.column or 0) - 1 :].startswith(name)

    assert _inside(given) == seen


def _inside(values: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Return every value under its path, however deep."""
    found = {path: values} if path else {}
    match values:
        case dict():
            for key, value in values.items():
                found |= _inside(value, (*path, key))
        case list():
            for index, value in enumerate(values):
                found |= _inside(value, (*path, index))
    return found


def test_names_that_are_read_are_known_wherever_that_is() -> None:
    text = "a = b\ndef f(c=d):\n    return e.g[h]\nlambda: i\n[j for k in l]\ndel m\nf'{n}'\no += 1\n"

    assert frozenset("bdehijlmn") == Source(SourceText("x.py", text)).names_read()
    assert Source(SourceText("x.py", "x = locals()")).names_read() is None
