"""The scanner of TOML: its paths are tomli's, and what it cuts out is the value."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.source_text import DEEPEST
from wsgid.config.toml import parse_toml
from wsgid.config.toml_places import Scan, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DrawFn

    from wsgid.config.layers import KeyPath


def scan(text: str) -> dict[KeyPath, Spot]:
    """Return the spots of a text without CR LF."""
    state = Scan(text, DEEPEST)
    state.run()
    return state.spots


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of all that is in a value of tomli's."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, item in items:
        yield (*path, step)
        yield from paths(item, (*path, step))


def at(value: Any, path: KeyPath) -> Any:
    for step in path:
        value = value[step]
    return value


def assert_places_are_right(text: str) -> None:
    values = tomli.loads(text)
    spots = scan(text)

    assert set(paths(values)) == set(spots)
    for path, spot in spots.items():
        key, cut = text[slice(*spot.key)], text[slice(*spot.value)]
        expected = at(values, path)
        name = next(step for step in reversed(path) if isinstance(step, str))
        if isinstance(path[-1], str) or spot.key != spot.value:
            assert [name] == list(tomli.loads(f"{key} = 1"))
        if isinstance(expected, (dict, list)) and cut[0] not in "{[":
            # A header or a dotted key made it: its value has no place of its own.
            assert spot.key == spot.value
        else:
            # repr, for nan is not nan.
            assert repr(expected) == repr(tomli.loads(f"x = {cut}")["x"])


TRAPS = {
    "dotted keys make their parents": "a.b.c = 1\na.b.d = 2\n",
    "a table below an array of tables": "[[a]]\nx=1\n[[a]]\n[a.b]\ny=2\n[[a.c]]\n[[a.c]]\nz=3\n",
    "quoted and spaced keys": ' "a b" . \'c.d\' . e = 1\n[ x . "]" ]\n"#" = 2\n"\\u0041\\"" = 3\n',
    "keys that look like numbers": "1.2 = 3\n-_- = 4\n[5.6]\n7 = 8\n",
    "an empty key": "\"\".'' = 2\n",
    "up to five quotes": 'a = """"b""""\nc = """""d"""""\ne = """"""\nf = \'\'\'\'g\'\'\'\'\'\nh = 1\n',
    "escaped quotes": 'a = """\\"""" # """\nb = "\\"#"\nc = "\\\\"\nd = """\\\\"""\n',
    "a backslash at the end of a line": 'a = """x \\   \n\n   y""" # z\nb = 1\n',
    "texts that look like settings": "a = '''\nb = 1\n[c]\n# '''\nd = \"[e]\"\n",
    "a date and a time with a space": "a = 1979-05-27 07:32:00Z # c\nb = [1979-05-27 07:32,1979-05-27]\n",
    "times": "a = 07:32:00.5\nb = {c=1979-05-27t07:32:00-07:00}\n",
    "inline tables over lines": "a = { # {\n b = 1 # ,\n\n,c.d = [ ], e = { },}\nf = 1\n",
    "lists over lines": "a = [ # ]\n'x' # ,\n, [[], [1]] ,\n{b=[{}]},\n]\n",
    "a list of tables in one line": "a = [{b = 1}, {b = 2, c = [3]}]\n",
    "numbers": "a = +1_000\nb = -inf\nc = nan\nd = 0xdead_beef\ne = 0o22\nf = 6.626e-34\ng=[1e5,-0.0]\n",
    "tabs": "\ta\t=\t1\t#\t\n[\tb\t]\n\tc\t.\td\t=\t[\t1\t,\t]\t\n",
    "no line at the end": "a = 1",
    "only a comment": "# a = 1",
    "nothing": "",
    "a comment behind a header": "[a] # [b]\n[[c]]# x\nd=1#e\n",
    "a header that names again what dotted keys have made": "[a.b]\nc = 1\n[a]\nd = 2\n[a.e]\n",
    "letters of all the world": "\"\u00e4\U0001f40d\" = '\U0001f40d' # \u20ac\nb = 1\n",
}


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_nothing_leads_it_astray(text: str) -> None:
    assert_places_are_right(text)


# Texts that are TOML, and as ugly as it lets them be.

# What could lead a scanner astray; all of Unicode costs hypothesis seconds for its tables.
TEXTS = st.lists(
    st.sampled_from(
        ['"', '""', '"', "'", "''", "\\", "#", "\n", "]", "}", ",", "=", "a", " ", "\u00e9", "\U0001f40d"]
    ),
    max_size=6,
).map("".join)
SPACES = st.sampled_from(["", "", " ", "\t", "  \t"])
GAPS = st.sampled_from(["", "", " ", "\n", "# ] } , = \" '\n", '\t# """\n\n ', "#\n#\n"])
ENDS = st.sampled_from(["\n", "\n\n", " # x = [\n", '\t#"\n \n', "\n#'''\n"])


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@st.composite
def keys(draw: DrawFn) -> str:
    """Draw one part of a key: bare, in double or in single quotes."""
    form = draw(st.sampled_from(["bare", "bare", "basic", "literal"]))
    if form == "bare":
        return draw(st.sampled_from(["a", "b", "a", "b", "d-e", "1", "inf", "1979-05-27"]))
    text = draw(TEXTS)
    if form == "basic" or "'" in text or "\n" in text:
        return f'"{escaped(text)}"'
    return f"'{text}'"


@st.composite
def dotted_keys(draw: DrawFn) -> str:
    parts = draw(st.lists(keys(), min_size=1, max_size=3))
    return ".".join(draw(SPACES) + part + draw(SPACES) for part in parts)


@st.composite
def strings(draw: DrawFn) -> str:
    text = draw(TEXTS | st.sampled_from(['""', 'a""', "''", '"', "\\", '#"""', '""a"']))
    quote = draw(st.sampled_from(['"', "'", '"""', "'''"]))
    if quote == '"':
        return f'"{escaped(text)}"'
    if quote == '"""':
        inside = text.replace("\\", "\\\\")
        while '"""' in inside.removesuffix('""'):
            inside = inside.replace('"""', '""\\"')
        inside += draw(st.sampled_from(["", "\\\n  ", "\\e\\x41"]))
        return f'"""{inside}"""'
    if quote == "'":
        return "'" + text.replace("\n", "").replace("'", "") + "'"
    while "'''" in text.removesuffix("''"):
        text = text.replace("'''", "''")
    return f"'''{text}'''"


SCALARS = st.one_of(
    strings(),
    st.integers().map(str),
    st.floats(allow_nan=False).map(repr).map(lambda text: text.replace("+", "")),
    st.sampled_from(
        (
            *("true", "false", "nan", "-inf", "+1_0", "0xfF", "0o7", "0b1_0", "1e-7", "-0"),
            *("1979-05-27", "1979-05-27 07:32", "1979-05-27T07:32:00.999999Z"),
            *("07:32:09", "1979-05-27 00:32:00-07:00"),
        )
    ),
)


def containers(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    @st.composite
    def container(draw: DrawFn) -> str:
        is_list = draw(st.booleans())
        items: list[str] = draw(st.lists(inside, max_size=3))
        if not is_list:
            names = draw(st.lists(dotted_keys(), min_size=len(items), max_size=len(items), unique=True))
            items = [
                f"{name.strip()}{draw(SPACES)}={draw(SPACES)}{item}"
                for name, item in zip(names, items, strict=True)
            ]
        text = ",".join(draw(GAPS) + item + draw(GAPS) for item in items)
        ends_in_comma = draw(st.booleans())
        if items and ends_in_comma:
            text += "," + draw(GAPS)
        return f"[{text}]" if is_list else f"{{{text}}}"

    return container()


VALUES = st.recursive(SCALARS, containers, max_leaves=6)


@st.composite
def statements(draw: DrawFn) -> str:
    form = draw(st.sampled_from(["key", "key", "table", "array"]))
    end = draw(ENDS)
    if form == "key":
        return f"{draw(dotted_keys())}={draw(SPACES)}{draw(VALUES)}{draw(SPACES)}{end}"
    # Few, so that they meet: a table inside the last of an array, an array inside of that.
    name = draw(st.sampled_from(["a", "a.b", "a.'b'.c", "b", ' "b" . c\t']) | dotted_keys())
    return f"{draw(SPACES)}[{name}]{end}" if form == "table" else f"{draw(SPACES)}[[{name}]]{end}"


def is_toml(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True


@st.composite
def documents(draw: DrawFn) -> str:
    """Draw statements, without those that cannot stand where they are: a key that is there, and the like."""
    text = ""
    for statement in draw(st.lists(statements(), max_size=10)):
        if is_toml(text + statement):
            text += statement
    return text


@pytest.mark.slow
@given(documents())
def test_its_paths_are_those_of_tomli_and_its_cuts_are_the_values(text: str) -> None:
    assert_places_are_right(text)


@pytest.mark.slow
@given(documents())
def test_places_do_not_hang_on_the_form_of_line_ends(text: str) -> None:
    """Editors on Windows write CR LF."""
    assert parse_toml(text, "x").places == parse_toml(text.replace("\n", "\r\n"), "x").places


@pytest.mark.parametrize(
    "text",
    [
        "#" * 250_000,
        "x = [" + "1," * 125_000 + "]",
        "x = [" + '""' + ",''" * 80_000 + "]",
        'x = "' + '\\"' * 125_000 + '"',
        'x = """' + '""\\n' * 50_000 + '"""',
        "x = '''" + "''\n" * 80_000 + "'''",
        "x = [" + "\n" * 125_000 + "# ,\n" * 25_000 + "]",
        "".join(f"[[a.b]]\nc.d{number} = {{e=1}}\n" for number in range(6_000)),
    ],
    ids=["comment", "list", "texts", "escapes", "quotes", "apostrophes", "gaps", "tables"],
)
@pytest.mark.slow
def test_its_cost_grows_with_the_text_and_no_faster(text: str) -> None:
    """A hundred times the time of a hundredth, give or take: what is quadratic takes ten thousand times."""
    began = time.process_time()
    scan(text)

    assert time.process_time() - began < 10


@pytest.mark.parametrize("form", ["x = [{}]", "x = {{a={}}}"])
def test_it_does_not_recurse(form: str) -> None:
    """What calls it may be deep in the stack itself; the bound is its own."""
    text = "1"
    for _ in range(1500):
        text = form.removeprefix("x = ").format(text)

    with pytest.raises(RecursionError):
        Scan(f"x = {text}", 1500).run()
    Scan(f"x = {text}", 1501).run()
