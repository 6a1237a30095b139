"""The text of a mistake: its place, a caret that stands where it should, and nothing that obeys a file."""

from __future__ import annotations

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where, did_you_mean

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
