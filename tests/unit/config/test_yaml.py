"""YAML: values as YAML 1.2 has them, the place of each, and what is said of what means something else."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.check import check
from wsgid.config.diagnostics import Mistakes
from wsgid.config.source_text import DEEPEST, SourceText
from wsgid.config.yaml import _Reading, parse_yaml, read_yaml
from wsgid.config.yaml_nodes import compose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wsgid.config.diagnostics import Diagnostic, Where
    from wsgid.config.layers import KeyPath

TEXT = """\
# workers: 1
workers: 4  # four
bind:
  - 127.0.0.1:8000   # timeout: 3
  - "[::1]:8000"
"timeout": '30s'
access_log_format: >-
  %(h)s
  loglevel: debug
env: {A: x, "B" : "y z"}
secure_scheme_headers:
  X-FORWARDED-PROTO: https
"""


def quoted(where: Where) -> str:
    assert where.column is not None
    assert where.end is not None
    return where.text[where.column - 1 : where.end - 1]


def mistakes_of(text: str) -> tuple[Diagnostic, ...]:
    """Return what the reader finds, whether or not there is a layer besides."""
    try:
        return parse_yaml(text, "x.yaml").mistakes
    except Mistakes as error:
        return error.diagnostics


def mistake_of(text: str) -> Diagnostic:
    (mistake,) = mistakes_of(text)
    return mistake


def test_places_go_down_to_the_items_of_lists_and_the_keys_of_maps() -> None:
    layer = parse_yaml(TEXT, "x.yaml")

    assert () == layer.mistakes
    assert {
        ("workers",): (2, "workers", "4"),
        ("bind",): (3, "bind", "- 127.0.0.1:8000   # timeout: 3"),
        ("bind", 0): (4, "127.0.0.1:8000", "127.0.0.1:8000"),
        ("bind", 1): (5, '"[::1]:8000"', '"[::1]:8000"'),
        ("timeout",): (6, '"timeout"', "'30s'"),
        ("access_log_format",): (7, "access_log_format", ">-"),
        ("env",): (10, "env", '{A: x, "B" : "y z"}'),
        ("env", "A"): (10, "A", "x"),
        ("env", "B"): (10, '"B"', '"y z"'),
        ("secure_scheme_headers",): (11, "secure_scheme_headers", "X-FORWARDED-PROTO: https"),
        ("secure_scheme_headers", "X-FORWARDED-PROTO"): (12, "X-FORWARDED-PROTO", "https"),
    } == {
        path: (place.key.line, quoted(place.key), quoted(place.value)) for path, place in layer.places.items()
    }


@pytest.mark.parametrize(
    ("written", "value"),
    [
        # YAML 1.2.2, 10.3.2 ...
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("0o22", 0o22),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.INF", float("-inf")),
        ('"4"', "4"),
        ("'it''s'", "it's"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("a\n  b", "a b"),
        ("[a, 1, [], {}]", ["a", 1, [], {}]),
        ("&x a", "a"),
        # ... and what YAML 1.1 has other than texts.
        ("yes", "yes"),
        ("off", "off"),
        ("y", "y"),
        ("tRUE", "tRUE"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01 00:00:00", "2024-01-01 00:00:00"),
        ("=", "="),
    ],
)
def test_values_are_those_of_yaml_1_2(written: str, value: object) -> None:
    assert {"x": value} == parse_yaml(f"x: {written}", "x.yaml").values


@pytest.mark.parametrize(("written", "text"), [("0o22", "0o22"), ("&m 0x12 # 18", "0x12"), ("022", "022")])
def test_the_written_form_of_a_number_is_at_its_place(written: str, text: str) -> None:
    assert text == quoted(parse_yaml(f"umask: {written}", "x.yaml").places["umask",].value)


def test_a_zero_first_is_octal_for_a_setting_that_is_and_nothing_elsewhere() -> None:
    """YAML 1.1 took it as octal, 1.2 takes it as decimal, and whoever writes it may mean either."""
    assert {"umask": "022"} == parse_yaml("umask: 022", "x.yaml").values
    assert 0o22 == check(parse_yaml("umask: 022", "x.yaml")).values["umask"]
    assert ("x.yaml:1:10", 'write "010" for a text, 10 for a number') == told(mistake_of("workers: 010"))


def test_an_alias_means_what_its_anchor_stands_at() -> None:
    layer = parse_yaml("errorlog: &log /var/log/x\naccesslog: *log\n", "x.yaml")

    assert {"errorlog": "/var/log/x", "accesslog": "/var/log/x"} == layer.values
    assert ("x.yaml:2:1", "x.yaml:1:16") == (
        str(layer.places["accesslog",].key),
        str(layer.places["accesslog",].value),
    )


@pytest.mark.parametrize("text", ["", "# workers: 4", "---\n", "---\n# x\n...\n", "{}", "~", "null"])
def test_a_file_with_nothing_in_it_says_nothing(text: str) -> None:
    layer = parse_yaml(text, "x.yaml")

    assert ({}, ()) == (layer.values, layer.mistakes)


def test_json_is_yaml() -> None:
    values = {
        "workers": 4,
        "bind": ["a:1"],
        "env": {"A": "\u00e9\n\"'", "\U0001f40d": "\U0001f40d"},
        "reload": False,
    }
    text = json.dumps(values, indent=4)

    assert values == parse_yaml(text, "x.yaml").values


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfworkers: 2\r\n\r\ntimeout: 3\r\n")
    layer = read_yaml(path, shown="x.yaml")

    assert {"workers": 2, "timeout": 3} == layer.values
    assert "x.yaml:3:10" == str(layer.places["timeout",].value)


def test_a_file_that_cannot_be_read_is_a_mistake_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="No such file"):
        read_yaml(tmp_path / "none.yaml", shown="none.yaml")


# Mistakes


def told(mistake: Diagnostic) -> tuple[str, str]:
    return str(mistake.labels[0].where), mistake.labels[0].note


def test_every_mistake_of_a_file_is_told_and_the_rest_is_read() -> None:
    text = "workers:\nbind: [a:1, ~]\nreload: yes\n7: x\nenv: {A: !x y, B: z}\nworkers: 4\numask: 022\n"
    layer = parse_yaml(text, "x.yaml")

    assert {"bind": ["a:1"], "env": {"B": "z"}, "umask": "022"} == layer.values
    assert [
        ("x.yaml:1:1", "invalid-value"),
        ("x.yaml:2:1", "invalid-value"),
        ("x.yaml:3:9", "wrong-type"),
        ("x.yaml:4:1", "wrong-type"),
        ("x.yaml:5:6", "invalid-value"),
        ("x.yaml:6:1", "duplicate-setting"),
    ] == [(str(mistake.labels[0].where), mistake.code) for mistake in layer.mistakes]


def test_a_value_that_lacks_its_quotes_does_not_hide_the_rest() -> None:
    text = """\
accesslog: -
bind: *:8000
env:
  A: @x
  B: y
forwarded_allow_ips: *  # all
workers: 0
app: a: b
umask:
"""
    layer = parse_yaml(text, "x.yaml")

    assert {"env": {"B": "y"}, "workers": 0} == layer.values
    assert "x.yaml:7:10" == str(layer.places["workers",].value)
    assert ["1:12", "2:7", "4:6", "6:22", "8:6", "9:1"] == [
        str(mistake.labels[0].where).removeprefix("x.yaml:") for mistake in layer.mistakes
    ]
    assert "x.yaml:7:10" in [str(mistake.labels[0].where) for mistake in check(layer).mistakes]


def test_after_other_mistakes_nobody_knows_what_the_rest_is() -> None:
    for text, count in (
        ("accesslog: -\nbind: [\nuser: @x\n", 3),
        ("accesslog: -\n  bind: x\nuser: @x\n", 1),
        ("user: @x\n" * 100, 20),
        ("user: @x\n--- \nuser: y", 2),
    ):
        with pytest.raises(Mistakes) as caught:
            parse_yaml(text, "x.yaml")
        assert count == len(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("workers: 1\nworkers: 2\n", "1:1", "2:1"),
        ("workers: 1\n'workers': 2\n", "1:1", "2:1"),
        ("hooks:\n  a: b:c\n  a: d:e\n", "2:3", "3:3"),
        ("hooks: {a: b:c, a: d:e}\n", "1:9", "1:17"),
    ],
)
def test_a_key_that_stands_twice_is_shown_at_both_places(text: str, first: str, second: str) -> None:
    """PyYAML by itself keeps the last one, and tells nobody."""
    mistake = mistake_of(text)

    assert "duplicate-setting" == mistake.code
    assert [f"x.yaml:{second}", f"x.yaml:{first}"] == [str(label.where) for label in mistake.labels]
    assert "first given here" == mistake.labels[1].note


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

SLIPS = [
    # text, line:column, message, what to write
    ("accesslog: -", "1:12", "begins with - stands in quotes", 'write accesslog: "-"'),
    ("accesslog: - # stdout", "1:12", "a list does not begin here", "a text is put in quotes"),
    ("accesslog:\n  -\n", "1:1", "an item of `accesslog` has no value", 'write accesslog: "-"'),
    ("proc_name: @x # c", "1:12", "begins with @ stands in quotes", 'write proc_name: "@x"'),
    ("proc_name: `x`", "1:12", "begins with ` stands in quotes", 'write proc_name: "`x`"'),
    (
        "access_log_format: %(h)s",
        "1:20",
        "begins with % stands in quotes",
        'write access_log_format: "%(h)s"',
    ),
    ('access_log_format: %(h)s "x"', "1:20", "begins with %", "write access_log_format: '%(h)s \"x\"'"),
    ("forwarded_allow_ips: *", "1:22", "begins with * stands in quotes", 'write forwarded_allow_ips: ["*"]'),
    ("bind: *:8000", "1:7", "begins with * stands in quotes", 'write bind: ["*:8000"]'),
    ("user: *x", "1:7", "begins with * stands in quotes", 'write user: "*x"'),
    ("user: & x", "1:7", "begins with & stands in quotes", 'write user: "& x"'),
    ("user: > x", "1:7", "begins with > stands in quotes", 'write user: "> x"'),
    ("bind: [::1]:8000", "1:7", "a text stands in quotes", 'write bind: ["[::1]:8000"]'),
    ("app: a: b", "1:6", 'a text with ": " in it', 'write app: "a: b"'),
    ("bind: - a:1", "1:7", "a list does not begin here", "begin the list in the next line"),
    ("app: 'x'y", "1:9", "the value has ended before this", "put all of it in quotes"),
    ('app: "x\nworkers: 1', "1:6", "this quote is not closed", 'close it with "'),
    ("app: 'x\nworkers: 1", "1:6", "this quote is not closed", "close it with '"),
    ("bind: [a\nworkers: 1", "1:7", "this `[` is not closed", "close it with ]"),
    ("hooks: {a: b", "1:8", "this `{` is not closed", "close it with }"),
    ('chdir: "C:\\srv"', "1:12", "a backslash begins an escape that there is not", "put the text in '...'"),
    (
        'chdir: "\\UFFFFFFFF"',
        "1:11",
        "a backslash begins an escape that there is not",
        "put the text in '...'",
    ),
    ('user: "\\uD800"', "1:7", "half a character", "write the character itself"),
    ('"\\uD800": 1', "1:1", "half a character", "write the character itself"),
    ("hooks:\n\ta: b", "2:1", "indented with spaces", "instead of this tab"),
    ("workers: 1\n threads: 2", "2:2", "indented otherwise", "in the same column"),
    ("hooks:\n  a: b\n c: d", "3:2", "indented otherwise", "in the same column"),
    ("workers: 1\n- b", "2:1", "indented otherwise", "in the same column"),
    ("workers: 1\nthreads 2\ntimeout: 3", "2:1", "`: ` is missing", "write threads: 2"),
    ("workers: 1\nloglevel = debug\ntimeout: 3", "2:1", "`: ` is missing", "write loglevel: debug"),
    ("workers: 1\nreload\ntimeout: 3", "2:1", "`:` and a value are missing", "write name: value"),
    ("workers:4", "1:1", "a space is missing behind `:`", "write workers: 4"),
    ("- workers: 4", "1:1", "settings are a map", "write name: value"),
    ("just a text", "1:1", "settings are a map", "write name: value"),
    ("workers = 4\nbind = 'x'", "1:1", "this looks like TOML, not YAML", "ends with .toml"),
    ("[env]\nA = 'x'", "1:1", "this looks like TOML, not YAML", "ends with .toml"),
    ("import os\nworkers: 4", "1:1", "this looks like Python, not YAML", "ends with .py"),
    ("[server:main]\nuse = egg:x", "1:1", "this looks like PasteDeploy, not YAML", "--paste"),
    ("a: 1\n<<<<<<< HEAD\nb: 2", "2:1", "this looks like a merge conflict, not YAML", "keep one"),
    ("workers: 1\n---\nthreads: 2", "2:1", "a file is one map", "take out what separates it"),
    ("workers: 1\n...\nthreads: 2", "3:1", "a file is one map", "take out what separates it"),
    ("%YAML 2.0\n---\nworkers: 1", "1:1", "this is not YAML", "incompatible"),
    ("workers: 1\x07", "1:11", "a control character has no place here", "take it out"),
    ("workers:", "1:1", "`workers` has no value", 'an empty text is ""'),
    ("workers: ~", "1:1", "`workers` has no value", "take the line out"),
    ("hooks:\n  # a: b\n", "1:1", "`hooks` has no value", "take the line out"),
    ("bind:\n  - a:1\n  -\n", "1:1", "an item of `bind` has no value", "take its line out"),
    ("reload: yes", "1:9", "invalid value for `reload`", "write true: `yes` is a text in YAML 1.2"),
    ("reload: Off", "1:9", "invalid value for `reload`", "write false: `Off` is a text in YAML 1.2"),
    ("workers: 010", "1:10", "a number does not begin with 0", "10 for a number"),
    ("workers: " + "9" * 5000, "1:10", "a number has too many digits", "at most 4300"),
    ("80: x", "1:1", "a key is a text", 'write "80"'),
    ("true: x", "1:1", "a key is a text", 'write "true"'),
    ("[a]: x", "1:1", "a key is a text, and no list or map", "write name: value"),
    ("app: !!python/object:os.system x", "1:6", "tags are not read here", "write the value alone"),
    ("app: &x !y z", "1:9", "tags are not read here", "write the value alone"),
    ("!x", "1:1", "tags are not read here", "write the value alone"),
    ("--- !x\nworkers: 4", "1:5", "tags are not read here", "write the value alone"),
    ("!x workers: 4", "1:1", "tags are not read here", "write the value alone"),
    ("hooks: &a {}\nlogconfig_dict:\n  <<: *a", "3:3", "`<<` is no key here", "no merge keys"),
    ("bind: " + "[" * 100, f"1:{7 + DEEPEST}", f"{DEEPEST} deep at most", "here it goes deeper"),
    ("hooks: " + '{"a": ' * 9000, f"1:{6 * DEEPEST + 3}", f"{DEEPEST} deep at most", "here it goes deeper"),
    ("- " * 9000, "1:1", f"{DEEPEST} deep at most", "here it goes deeper"),
    ("bind: &a\n  - *a", "2:3", f"more than {DEEPEST} deep", "an alias may not stand inside"),
    (LAUGHS, "1:4", "aliases repeat too much", "write out what they mean"),
]


@pytest.mark.parametrize(("text", "place", "message", "note"), SLIPS, ids=[slip[0][:40] for slip in SLIPS])
def test_a_slip_is_shown_with_what_to_write(text: str, place: str, message: str, note: str) -> None:
    mistake = mistake_of(text)

    assert f"x.yaml:{place}" == str(mistake.labels[0].where)
    assert message in mistake.message
    assert note in mistake.labels[0].note


@pytest.mark.parametrize(
    "text", [slip[0] for slip in SLIPS if slip[3].startswith("write ") and ": " in slip[3]]
)
def test_what_it_says_to_write_is_right(text: str) -> None:
    advice = mistake_of(text).labels[0].note.removeprefix("write ")
    if advice != "name: value" and "," not in advice and "`" not in advice.replace('"`', ""):
        assert () == parse_yaml(advice, "x.yaml").mistakes


@pytest.mark.parametrize(
    "text",
    [
        "env:\n  A: *hunter1\n",
        "env:\n  A: hunter1: hunter2\n",
        "env:\n  A: [hunter1\n",
        'env:\n  A: "hunter1\n  B: x\n',
        "env: {A: !x hunter1}",
        "env: {A: x, hunter1}",
        'env: {A: x, B:"hunter1"}',
        "env:\n  A: x\nhunter1",
        "env\n  A: hunter1\n",
        "enw:\n  A: hunter1\n B: x\n",
        "bind:\n  - a:1\n# env:\n  A: hunter1\n",
        "workers: 4\n# env:\n  A: hunter1\n",
        "umask:\n  - a:1\n  A: hunter1\n",
        "secret_stuff:\n  - hunter1\n  -x: hunter2\n  hunter2",
        "A_KEY: 'hunter1'x",
        "a: |\n  hunter1\n > hunter2\n",
        "env: {A: hunter1, A: hunter2}",
        "env:\n  A: hunter1\n  A: hunter2\n",
        "env:\n  A: hunter1\n B: hunter2\n",
        "env: hunter1: x",
        "raw_env:\n  - A=hunter1\n  -\n",
        "raw_env: [A=hunter1, ~]",
        "keyfile_password: @hunter1",
        "keyfile_password: 0" + "1" * 8 + " # hunter1",
        '{"env": {"A": "hunter1"}, "bind": [~]}',
        '{"bind": [~], "env": {"A": "hunter1"}}',
    ],
)
def test_no_secret_is_quoted(text: str) -> None:
    for mistake in mistakes_of(text):
        assert "hunter" not in str(mistake) + str(mistake.to_json())


# Whatever is in the file


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
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


# What could lead astray; all of Unicode costs hypothesis seconds for its tables.
WORDS = st.text("ab1-: .#\"'\\[]{},&*!|>%@`?\n\t\u00e9\U0001f40d", max_size=8)
SCALARS = st.one_of(
    WORDS,
    WORDS,
    st.integers(-99, 99),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
)
TREES = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(WORDS, inside, max_size=3),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Draw values, and a text that is them, in one of the ways that YAML has."""
    values = draw(st.dictionaries(WORDS, TREES, max_size=4))
    if draw(st.booleans()):
        return values, json.dumps(values, indent=draw(st.sampled_from([None, 1, 4])), ensure_ascii=False)
    text = yaml.safe_dump(
        values,
        default_flow_style=draw(st.sampled_from([False, True, None])),
        default_style=draw(st.sampled_from([None, '"', "'", "|"])),
        indent=draw(st.integers(2, 6)),
        width=draw(st.sampled_from([5, 80])),
        allow_unicode=True,
        explicit_start=draw(st.booleans()),
    )
    return values, text


@pytest.mark.slow
@given(documents())
def test_values_are_what_was_written_and_its_cuts_are_the_values(drawn: tuple[dict[str, Any], str]) -> None:
    values, text = drawn
    if "!!" in text:
        return  # how PyYAML writes a number in quotes
    source = SourceText("x.yaml", text)
    composed = compose(source, [])
    assert isinstance(composed.node, yaml.MappingNode)
    reading = _Reading(source, composed.tagged)

    assert values == reading.map(composed.node, ())
    assert [] == reading.mistakes
    assert set(paths(values)) == set(reading.places())
    for path, (start, end) in reading._values.items():
        column = start - source.start(source.line(start))
        # A block is itself only where it stands below what it belongs to.
        cut = "x:\n" + " " * column + text[start:end]
        assert {"x": at(values, path)} == parse_yaml(cut, "cut.yaml").values


TOKENS = st.sampled_from(
    (
        *(
            "workers",
            "env",
            "umask",
            ":",
            ": ",
            "- ",
            "-",
            "?",
            "[",
            "]",
            "{",
            "}",
            ",",
            "#",
            " #",
            "\n",
            "\n  ",
        ),
        *(
            "&a ",
            "*a",
            "!x ",
            "|\n",
            ">",
            "%",
            "@",
            "`",
            '"',
            "'",
            "\\",
            "~",
            "<<",
            "---\n",
            "...\n",
            "\t",
            " ",
        ),
        *("1", "022", "true", "yes", "\u00e4", "\x00", "\x85", "\u2028", "\ufeff", "%YAML 1.2", "\r", "="),
    )
)


@given(st.lists(TOKENS, max_size=30).map("".join) | st.text(max_size=30))
def test_any_text_is_a_layer_or_a_mistake_at_its_place(text: str) -> None:
    try:
        layer = parse_yaml(text, "x.yaml")
    except Mistakes as error:
        found = error.diagnostics
    else:
        found = layer.mistakes
        assert set(paths(layer.values)) <= set(layer.places)
        check(layer)
    for mistake in found:
        assert str(mistake)
        for label in mistake.labels:
            assert label.where.line is not None
            assert label.where.column is not None
            assert 1 <= label.where.column <= len(label.where.text) + 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**6,
        '{"a":' * 10**5,
        "- " * 10**5,
        "&a [" * 10**5,
        "? " * 10**5,
        "x: '" + "''" * 10**5,
        "!" * 10**5,
        "[" + "a" * 10**5,
    ],
    ids=["lists", "maps", "blocks", "anchors", "keys", "quotes", "tags", "word"],
)
@pytest.mark.slow
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()

    assert mistakes_of(text)
    assert time.process_time() - began < 10
