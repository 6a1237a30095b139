"""The text of a mistake: its place, a caret that stands where it should, and nothing that obeys a file."""

from __future__ import annotations

import json

import pytest

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where, did_you_mean, strict

UNKNOWN = Diagnostic(
    "error",
    "unknown-setting",
    "unknown setting `tiemout`",
    (Label(Where("file", "/etc/x.toml", 3, 1, 8, "tiemout = 30"), "did you mean `timeout`?"),),
)


def test_a_mistake_in_a_file_is_shown_with_its_line_and_a_caret() -> None:
    assert str(UNKNOWN) == (
        "error[unknown-setting]: unknown setting `tiemout`\n"
        " --> /etc/x.toml:3:1\n"
        "  |\n"
        "3 | tiemout = 30\n"
        "  | ^^^^^^^ did you mean `timeout`?"
    )


def test_a_mistake_in_a_variable_has_no_line() -> None:
    where = Where("environment", "WSGID_WORKERS", None, 15, 19, "WSGID_WORKERS=many")
    label = Label(where, "expected an integer, found string")

    assert str(Diagnostic("error", "wrong-type", "invalid value for `workers`", (label,))) == (
        "error[wrong-type]: invalid value for `workers`\n"
        " --> environment variable WSGID_WORKERS\n"
        "  |\n"
        "  | WSGID_WORKERS=many\n"
        "  |               ^^^^ expected an integer, found string"
    )


def test_a_conflict_quotes_both_places() -> None:
    labels = (
        Label(Where("file", "b.toml", 1, 11, 12, "threads = 8")),
        Label(Where("file", "a.toml", 10, 16, 25, 'worker_class = "tornado"'), "worker_class set here"),
    )

    assert str(Diagnostic("error", "conflict", "they do not fit", labels)) == (
        "error[conflict]: they do not fit\n"
        " --> b.toml:1:11\n"
        "  |\n"
        "1 | threads = 8\n"
        "  |           ^\n"
        "  --> a.toml:10:16\n"
        "   |\n"
        '10 | worker_class = "tornado"\n'
        "   |                --------- worker_class set here"
    )


def test_a_place_without_a_line_has_its_note_below() -> None:
    label = Label(Where("file", "x.toml"), "it is a directory")

    assert str(Diagnostic("error", "unreadable-file", "cannot read `x.toml`", (label,))) == (
        "error[unreadable-file]: cannot read `x.toml`\n --> x.toml\n  = it is a directory"
    )


def test_the_concise_form_is_one_line() -> None:
    assert UNKNOWN.concise() == (
        "/etc/x.toml:3:1: error[unknown-setting]: unknown setting `tiemout`: did you mean `timeout`?"
    )


def test_tabs_before_the_caret_stay_tabs() -> None:
    where = Where("file", "x.toml", 1, 3, 4, "\t\tx = 1")

    assert str(Diagnostic("error", "syntax", "m", (Label(where),))).endswith("  | \t\t^")


@pytest.mark.parametrize(
    ("text", "word", "caret_line"),
    [
        ("n = '日本' # x", "x", "             ^"),
        ("n = '日本' # x", "日本", "     ^^^^"),
        ("e\N{COMBINING ACUTE ACCENT} = 1", "1", "    ^"),
        ("é = 1", "1", "    ^"),
        ("\t日 = 1", "1", "\t     ^"),
    ],
)
def test_the_caret_stands_below_its_character_in_a_terminal(text: str, word: str, caret_line: str) -> None:
    """Names of people and of directories are not all ASCII."""
    column = text.index(word) + 1
    where = Where("file", "x.toml", 1, column, column + len(word), text)

    assert f"  | {caret_line}" == str(Diagnostic("error", "syntax", "m", (Label(where),))).splitlines()[-1]


def test_control_characters_do_not_reach_the_terminal() -> None:
    where = Where("environment", "WSGID_X", None, 9, 20, "WSGID_X=\x1b[31mred\n\x07")
    text = str(Diagnostic("error", "syntax", "bad \x1b[2J name", (Label(where, "\x1b"),)))

    assert all(character.isprintable() or character == "\n" for character in text)


def test_a_very_long_line_is_cut_around_the_caret() -> None:
    line = "x" * 5000 + "HERE" + "y" * 5000
    where = Where("file", "x.toml", 1, 5001, 5005, line)
    *_, quoted, carets = str(Diagnostic("error", "syntax", "m", (Label(where),))).splitlines()

    assert len(quoted) < 200
    assert "HERE" == quoted[carets.index("^") : carets.rindex("^") + 1]


def test_all_mistakes_stand_together_and_are_counted() -> None:
    warning = Diagnostic("warning", "conflict", "no effect")
    text = str(Mistakes("/etc/x.toml", [UNKNOWN, UNKNOWN, warning]))

    assert text == f"{UNKNOWN}\n\n{UNKNOWN}\n\n{warning}\n\n/etc/x.toml: 2 errors, 1 warning"


def test_json_has_all_that_the_text_has() -> None:
    where = Where("environment", "WSGID_X", None, 9, 10, "WSGID_X=1")
    warning = Diagnostic("warning", "conflict", "no effect", (Label(where),))

    assert {
        "subject": "/etc/x.toml",
        "errors": 1,
        "warnings": 1,
        "files": ["/etc/x.toml"],
        "diagnostics": [
            {
                "severity": "error",
                "code": "unknown-setting",
                "message": "unknown setting `tiemout`",
                "places": [
                    {
                        "kind": "file",
                        "name": "/etc/x.toml",
                        "line": 3,
                        "column": 1,
                        "end": 8,
                        "text": "tiemout = 30",
                        "note": "did you mean `timeout`?",
                    }
                ],
            },
            {
                "severity": "warning",
                "code": "conflict",
                "message": "no effect",
                "places": [
                    {
                        "kind": "environment",
                        "name": "WSGID_X",
                        "line": None,
                        "column": 9,
                        "end": 10,
                        "text": "WSGID_X=1",
                        "note": "",
                    }
                ],
            },
        ],
    } == json.loads(json.dumps(Mistakes("/etc/x.toml", [UNKNOWN, warning], ["/etc/x.toml"]).to_json()))


def test_strictly_every_warning_is_an_error() -> None:
    warning = Diagnostic("warning", "conflict", "no effect")

    assert (UNKNOWN, Diagnostic("error", "conflict", "no effect")) == strict([UNKNOWN, warning])


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert "did you mean `gevent`?" == did_you_mean("gevnt", ["sync", "gevent"])
    assert "did you mean `keepalive`?" == did_you_mean("keep_alive", {"keep_alive": "keepalive"})
    assert "" == did_you_mean("cucumber", ["sync", "gevent"])


def test_what_a_program_said_comes_below_in_its_own_lines() -> None:
    detail = "Traceback (most recent call last):\n\tboom\x1b[31m"
    mistake = Diagnostic("error", "cannot-import", "`a:b` cannot be imported", detail=detail)

    assert str(mistake) == (
        "error[cannot-import]: `a:b` cannot be imported\nTraceback (most recent call last):\n"
        "        boom\\x1b[31m"
    )
    assert detail == mistake.to_json()["detail"]
    assert "\n" not in mistake.concise()
