"""Markdown becomes man(7) so that a reader can copy what stands there, and no line is taken for a request."""

import pytest

from docs import roff


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a `--flag` and **bold** and *word*", "a \\fB\\-\\-flag\\fR and \\fBbold\\fR and \\fIword\\fR"),
        ("see [the page](page.md)", "see the page"),
        (
            "it's `'quoted'` ~ ^ \\* back\\slash",
            "it\\(aqs \\fB\\(aqquoted\\(aq\\fR \\(ti \\(ha * back\\eslash",
        ),
        ("2 * 3 * 4 is no emphasis", "2 * 3 * 4 is no emphasis"),
        (".TH is no request", "\\&.TH is no request"),
    ],
)
def test_a_line_has_its_fonts_and_its_characters(markdown: str, expected: str) -> None:
    assert expected == roff.line(markdown)


def test_a_long_line_is_wrapped_and_none_of_the_parts_is_a_request() -> None:
    made = roff.lines("word " * 15 + "aaa .hidden files are passed over, and so is what editors leave behind")

    assert all(len(part) <= 80 and not part.startswith(".") for part in made.split("\n"))


def test_a_fence_keeps_its_lines_as_they_are() -> None:
    made = roff.blocks("```toml\n[env]\n.x = 'y'\n\nb = 1\n```")

    assert ".PP\n.RS 4\n.EX\n[env]\n\\&.x = \\(aqy\\(aq\n\nb = 1\n.EE\n.nh\n.RE\n" == made


def test_a_row_becomes_a_term_and_its_text() -> None:
    made = roff.blocks("| Signal | Does |\n|---|---|\n| `SIGHUP` | reloads, a\\|b |\n\nThen.")

    assert ".TP\n\\fBSIGHUP\\fR\nreloads, a|b\n.PP\nThen.\n" == made


def test_a_term_keeps_its_indent_over_paragraphs_and_lists() -> None:
    made = roff.term("`bind`", "Where to listen.\n\nMore.\n\n* Default: none")

    assert ".TP\n\\fBbind\\fR\nWhere to listen.\n.RS\n.PP\nMore.\n.IP \\(bu 2\nDefault: none\n.RE\n" == made


def test_a_heading_is_quoted_and_begins_a_section() -> None:
    assert '.SH "SEE ALSO"\ntext\n.SS "a \\(dqb\\(dq"\n' == roff.blocks('# See also\n\ntext\n\n## a "b"')
