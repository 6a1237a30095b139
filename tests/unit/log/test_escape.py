"""Escaping: one line, and nothing is lost."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.log.escape import escape, escaped


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("/a?b=c d", "/a?b=c d"),
        (r"a\"b\\c", 'a"b\\c'),
        (r"\x0a\x00\x1b[2J", "\n\0\x1b[2J"),
        (r"\xc3\xa9", "é".encode()),
        (r"\u202e", "\u202e"),
        (r"\U0001f600", "\U0001f600"),
        (r"\udcff", "\udcff"),
    ],
)
def test_what_is_not_plain_is_named(expected: str, text: str | bytes) -> None:
    assert expected == escape(text)


def test_a_long_text_is_cut() -> None:
    assert "xxx..." == escape("x" * 200, limit=3)


def test_a_text_of_just_the_limit_is_whole() -> None:
    assert "xxx" == escape("xxx", limit=3)


@given(st.text())
def test_the_original_can_be_read_back(text: str) -> None:
    """Python's string literals have the same escapes."""
    assert text == ast.literal_eval(f'"{escaped(text)}"')
