"""Arguments as layers: what a shell's line says, and where in it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.arguments import (
    argument_layer,
    call_layer,
    command_in_variable,
    tokens,
    variable_argument_layer,
)
from wsgid.config.options import parse_command
from wsgid.errors import UsageError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  a\tb ", [("a", "a"), ("b", "b")]),
        ("-n 'a b'  --bind=x", [("-n", "-n"), ("a b", "'a b'"), ("--bind=x", "--bind=x")]),
        ("'' b ''", [("", "''"), ("b", "b"), ("", "''")]),
        ("-e A=' '", [("-e", "-e"), ("A= ", "A=' '")]),
        (r"a\ b c", [("a b", r"a\ b"), ("c", "c")]),
        ("a # b", [("a", "a"), ("#", "#"), ("b", "b")]),
    ],
)
def test_a_line_is_split_as_a_shell_would(text: str, words: list[tuple[str, str]]) -> None:
    assert words == [(token.text, text[token.start - 1 : token.end - 1]) for token in tokens(text)]


@given(
    st.lists(st.sampled_from(["a", "b c", "'", '"', "\\", "", "é", "#"]), max_size=4), st.sampled_from(" \t")
)
def test_what_is_quoted_comes_back(words: list[str], space: str) -> None:
    text = (space * 2).join(shlex.quote(word) for word in words) + space

    assert words == [token.text for token in tokens(text)] == shlex.split(text)
    assert [shlex.quote(word) for word in words] == [
        text[token.start - 1 : token.end - 1] for token in tokens(text)
    ]


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("-w 4", ("workers",), "-w", "4"),
        ("-w4", ("workers",), "-w4", "4"),
        ("--workers=4", ("workers",), "--workers=4", "4"),
        ("-w 3 -w 4", ("workers",), "-w", "4"),
        ("--no-sendfile", ("sendfile",), "--no-sendfile", "--no-sendfile"),
        ("-n 'a b'", ("proc_name",), "-n", "'a b'"),
        ("-w 4 shop:app", ("app",), "shop:app", "shop:app"),
        ("-b :1,:2 -b :3", ("bind", 1), ":2", ":2"),
        ("-b :1,:2 -b :3", ("bind", 2), ":3", ":3"),
        ("-b ':1, :2'", ("bind", 1), "-b", "':1, :2'"),
        ("-n x -n x -w 4", ("workers",), "-w", "4"),
    ],
)
def test_the_place_of_an_argument_in_the_variable(
    text: str, path: tuple[str | int, ...], key: str, value: str
) -> None:
    layer = variable_argument_layer(parse_command([token.text for token in tokens(text)]).arguments, text)
    place = layer.places[path]

    assert f"WSGID_CMD_ARGS={text}" == place.value.text
    assert (key, value) == tuple(
        where.text[(where.column or 0) - 1 : (where.end or 0) - 1] for where in (place.key, place.value)
    )


def test_lists_and_maps_collect_and_of_others_the_last_wins() -> None:
    argv = ["-w", "1", "-e", "A=1,2", "-b", ":1,:2", "-w", "2", "-e", "B=3", "-b", ":3"]
    layer = argument_layer(parse_command(argv).arguments)

    assert {"workers": "2", "env": ["A=1,2", "B=3"], "bind": [":1", ":2", ":3"]} == layer.values


def test_an_argument_of_a_call_is_quoted_as_it_was_given() -> None:
    place = call_layer({"bind": [":80"]}).place(("bind",))

    assert ("bind=[':80']", 6) == (place.value.text, place.value.column)


def test_a_command_is_no_setting_of_a_variable() -> None:
    with pytest.raises(UsageError, match="holds settings; a command belongs on the command line"):
        command_in_variable({"WSGID_CMD_ARGS": "--check-config"})
