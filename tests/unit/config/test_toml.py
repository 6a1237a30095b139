"""TOML: the place of every setting, without a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.diagnostics import Mistakes
from wsgid.config.toml import parse_toml, read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.diagnostics import Where

TEXT = '''\
# a comment with workers = 1
workers = 4   # "four"
bind = [
    "127.0.0.1:8000",  # timeout = 3
    "[::1]:8000",
]
"timeout" = "30s"
access_log_format = """
loglevel = "debug"
"""
\tchdir='/srv/#1'
env.A = "dotted"

[secure_scheme_headers]
X-FORWARDED-PROTO = "https"
'''


def quoted(where: Where) -> str:
    assert where.column is not None
    assert where.end is not None
    return where.text[where.column - 1 : where.end - 1]


def test_places_are_those_of_the_settings_alone() -> None:
    """Comments, arrays and texts over lines hold what looks like settings, and is none."""
    places = parse_toml(TEXT, "x.toml").places

    assert {
        ("workers",): 2,
        ("bind",): 3,
        ("timeout",): 7,
        ("access_log_format",): 8,
        ("chdir",): 11,
        ("env",): 12,
        ("env", "A"): 12,
        ("secure_scheme_headers",): 14,
        ("secure_scheme_headers", "X-FORWARDED-PROTO"): 15,
    } == {path: place.key.line for path, place in places.items()}


def test_carets_cover_the_key_and_the_value() -> None:
    places = parse_toml(TEXT, "x.toml").places

    assert ("workers", "4") == (quoted(places["workers",].key), quoted(places["workers",].value))
    assert ('"timeout"', '"30s"') == (quoted(places["timeout",].key), quoted(places["timeout",].value))
    assert ("chdir", "'/srv/#1'") == (quoted(places["chdir",].key), quoted(places["chdir",].value))
    assert "env.A" == quoted(places["env", "A"].key)
    assert "x.toml:2:11" == str(places["workers",].value)


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfworkers = 2\r\n\r\ntimeout = 3\r\n")
    layer = read_toml(path, shown="x.toml")

    assert {"workers": 2, "timeout": 3} == layer.values
    assert "x.toml:3:11" == str(layer.places["timeout",].value)


def test_a_statement_without_end_in_sight_leaves_the_place_out() -> None:
    """Finding the end of a statement costs a parse a line; the file stays known."""
    text = "bind = [\n" + '"127.0.0.1:0",\n' * 300 + "]\nworkers = 2\n"

    assert "x.toml" == str(parse_toml(text, "x.toml").places["workers",].value)


VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    # Of what could lead a scanner astray; all of Unicode costs hypothesis seconds for its tables.
    st.text("ab #\"'\\[]{}=,.\u00e9\u20ac\U0001f40d"),
)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(
    st.dictionaries(st.text("ab-_1", min_size=1), VALUES, max_size=6),
    st.sampled_from(["", " # x = 1", '\t# "', "  "]),
)
def test_what_a_place_cuts_out_is_the_value(values: dict[str, Any], after: str) -> None:
    text = "".join(f"{key} = {written(value)}{after}\n# c\n" for key, value in values.items())
    layer = parse_toml(text, "x.toml")

    assert values == layer.values
    assert values == {
        path[0]: tomli.loads(f"x = {quoted(place.value)}")["x"] for path, place in layer.places.items()
    }


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("workers = 1\nbind = foo\n", "x.toml:2:8", "syntax"),
        ("workers: 4\n", "x.toml:1:8", "syntax"),
        ("workers = 1\nworkers = 2\n", "x.toml:2:1", "duplicate-setting"),
        ('x = """\n', "x.toml:2:1", "syntax"),
        ("x = '\x1b'", "x.toml:1:6", "syntax"),
    ],
)
def test_what_is_not_toml_is_shown_where_it_breaks(text: str, place: str, code: str) -> None:
    with pytest.raises(Mistakes) as caught:
        parse_toml(text, "x.toml")
    (mistake,) = caught.value.diagnostics

    assert (place, code) == (str(mistake.labels[0].where), mistake.code)


def test_a_file_that_is_not_there_or_no_text_is_a_mistake_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "latin1.toml").write_bytes(b"workers = 1\n# \xe9\n")
    for name, text in (
        ("none.toml", "No such file"),
        (".", "Is a directory"),
        ("latin1.toml", "not UTF-8 in line 2"),
    ):
        with pytest.raises(Mistakes, match=text):
            read_toml(tmp_path / name, shown=name)
