"""What may be secret is not quoted, nor what shares a line with it, nor text that nobody understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.config.diagnostics import Where
from wsgid.config.layers import Layer, Place
from wsgid.config.redaction import hide, hide_unread

if TYPE_CHECKING:
    from wsgid.config.layers import KeyPath


def caret(where: Where) -> tuple[str, str]:
    """Return the line, and what the caret stands below."""
    return where.text, where.text[(where.column or 1) - 1 : (where.end or 1) - 1]


def at(text: str, word: str, line: int = 1) -> Where:
    column = text.index(word) + 1
    return Where("file", "x", line, column, column + len(word), text)


@pytest.mark.parametrize(
    ("word", "end", "shown"),
    [
        ("key", None, ("key = <redacted>", "key")),
        ("SECRET", None, ("key = <redacted>", "<redacted>")),
        ("ET", None, ("key = <redacted>", "<redacted>")),
        ("# x", None, ("key = <redacted>", "<redacted>")),
        ("key", 13, ("key = <redacted> # x", "key")),
        ("SECRET", 13, ("key = <redacted> # x", "<redacted>")),
        ("# x", 13, ("key = <redacted> # x", "# x")),
    ],
)
def test_the_caret_stays_at_what_it_was_at(word: str, end: int | None, shown: tuple[str, str]) -> None:
    assert shown == caret(hide(at("key = SECRET # x", word), 7, end))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("workers = @", "workers = @"),
        ("keyfile_password = hunter2", "keyfile_password = <redacted>"),
        ("keyfile_pasword: hunter2", "keyfile_pasword: <redacted>"),
        ("db_password: hunter2", "db_password: <redacted>"),
        ("[env]\nA = hunter2", "A = <redacted>"),
        ('[env]\nA = """\nhunter2 @', "<redacted>"),
        ("[env] # of the shop\nA = 1\ntimeout = hunter2", "timeout = <redacted>"),
        ("[env.more]\nA = hunter2", "A = <redacted>"),
        ("[env]\nA = 1\n[hooks]\nA = @", "A = @"),
        ("env = {\n  A = 1,\n  B = hunter2", "  B = <redacted>"),
        ("env:\n  A: [hunter2", "  A: <redacted>"),
        ("env:\n  A: 1\nworkers: @", "workers: @"),
        ("raw_env = [\n    'A=hunter2", "    'A=<redacted>"),
        ("raw_env = [\n    'A=1',\n]\nworkers = (", "workers = ("),
        ("env:\n- hunter2", "<redacted>"),
    ],
)
def test_of_text_that_is_not_understood_the_names_decide(text: str, shown: str) -> None:
    lines = text.split("\n")
    where = Where("file", "x", len(lines), len(lines[-1]), len(lines[-1]) + 1, lines[-1])

    assert shown == hide_unread(where, lines).text


def layer(text: str, **words: str) -> Layer:
    """Return a layer of one line; each setting's value, or an item of it ("env.A"), is a word of that."""
    places: dict[KeyPath, Place] = {}
    for name, word in words.items():
        path = tuple(name.split("__"))
        places[path] = Place(at(text, path[-1]), at(text, word))
    return Layer("x", {}, places)


def test_a_secret_is_hidden_in_what_another_setting_quotes() -> None:
    """Python has two statements in a line, and JSON's cousins all of them."""
    one = layer(
        "workers = 1; keyfile_password = 'x1'; threads = 2", workers="1", keyfile_password="'x1'", threads="2"
    )

    assert ("workers = 1; keyfile_password = <redacted>", "1") == caret(one.place(("workers",)).value)
    assert ("workers = 1; keyfile_password = <redacted>", "<redacted>") == caret(
        one.place(("threads",)).value
    )


def test_a_secret_is_hidden_whichever_of_them_is_quoted() -> None:
    one = layer('env = { A = "s1", B = "s2" }', env='{ A = "s1", B = "s2" }', env__A='"s1"', env__B='"s2"')

    for path in (("env",), ("env", "A"), ("env", "B"), ("env", "C")):
        assert ("env = <redacted>", "<redacted>") == caret(one.place(path).value)


def test_the_rest_of_a_variable_is_shown() -> None:
    text = "WSGID_CMD_ARGS=-e A=s1 -e B=s2 -w x"

    def there(word: str) -> Place:
        where = at(text, word)
        return Place(*[Where("environment", "X", None, where.column, where.end, text)] * 2)

    one = Layer(
        "x",
        {},
        {
            ("env",): there("B=s2"),
            ("env", "A"): there("A=s1"),
            ("env", "B"): there("B=s2"),
            ("workers",): there("x"),
        },
    )

    assert ("WSGID_CMD_ARGS=-e <redacted> -e <redacted> -w x", "x") == caret(one.place(("workers",)).value)


def test_the_rest_of_a_value_that_began_above_is_hidden() -> None:
    first, second = 'env = { A = """s1', 's2""", B = 3 }'
    one = Layer(
        "x",
        {},
        {
            ("env",): Place(at(first, "env"), at(first, '{ A = """s1')),
            ("env", "A"): Place(at(first, "A"), at(first, '"""s1')),
            ("env", "B"): Place(at(second, "B", 2), at(second, "3", 2)),
        },
    )

    assert ("<redacted>", "<redacted>") == caret(one.place(("env", "B")).value)
