"""What is wrong with text that tomli refuses, and what to write instead.

tomli says where it stopped, and which rule of the grammar was broken there. People break them in a few ways,
mostly by writing what another language has: those are told apart here, by what stands at that place.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from wsgid.config import dialect
from wsgid.config.broken_toml import Broken
from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.layers import find_option
from wsgid.config.option_table import OPTIONS
from wsgid.config.redaction import hide
from wsgid.config.source_text import DEEPEST
from wsgid.config.toml_places import Cut, Scan, Span

if TYPE_CHECKING:
    import tomli

    from wsgid.config.diagnostics import Code
    from wsgid.config.source_text import SourceText

BOOLEANS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
NOTHING = ("none", "null", "nil", "~", "undefined")
# What word processors and web pages make of " and '.
TYPOGRAPHIC = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u00b4`"

_ASSIGNMENT = re.compile(r"""([\w.-]+|"[^"]*"|'[^']*')[ \t]*=(?!=)""")
# A name that stands alone, or with a bracket, may be meant for a table's.
_STATEMENT = re.compile(r"""[\w."'-]+[ \t]*[=:][ \t]*[^\s#]""")
_CALL = re.compile(
    r"[a-zA-Z_][\w.]*\(|[rbfuRBFU]{1,2}[\"']|lambda\b|os\.environ\b|[\w.)]+ *(\*|\+|//|\bor\b) *[\w(]"
)
_DIGITS = 4300
_IN_STRING = ("Illegal", "Found invalid", "Unterminated", "Expected \"'")
_TWICE: Code = "duplicate-setting"


def explain(source: SourceText, error: tomli.TOMLDecodeError) -> Diagnostic:
    """Return the mistake, at its place, with what to write there."""
    broken = Broken.at(source, error.pos)
    if error.msg.startswith(("Cannot ", "Duplicate ")):
        return _twice(broken)
    guess = dialect.guess(source.text)
    # One line of YAML alone is a slip, and its own message shows the line in TOML.
    if guess is not None and guess.language not in ("TOML", "YAML" if len(source.lines) < 3 else ""):  # noqa: PLR2004
        begin = source.start(guess.line)
        span = Span(begin, begin + max(1, len(broken.line_from(begin))))
        message = f"this looks like {guess.language}, not TOML"
        return broken.mistake(message, dialect.advice(guess.language), span)
    if error.msg.startswith("Expected '=' after a key"):
        return _no_equals(broken)
    if error.msg.startswith(("Expected ']", "Invalid initial character", "Invalid statement")):
        return _no_statement(broken)
    if error.msg.startswith(("Unescaped", "Invalid hex", "Escaped character")):
        return _escape(broken)
    if error.msg.startswith(_IN_STRING):
        return _open_string(broken)
    if error.msg.startswith("Invalid date"):
        return _at_value(broken, "there is no such day or time", "")
    return _wrong_value(broken)


def broken_line(source: SourceText, error: tomli.TOMLDecodeError) -> int | None:
    """Return the number of the line that can be left out to look at the rest, if the mistake ends with it.

    It does not where a quote or a bracket may be open, where a table's name is broken, which all that follows
    belongs to, and where the text is in another language.
    """
    broken = Broken.at(source, error.pos)
    line = source.line(broken.pos)
    key, text = broken.scan.key, source.lines[line - 1].strip()
    guess = dialect.guess(source.text)
    if not _STATEMENT.match(text) or (guess is not None and guess.language != "TOML"):
        return None
    if error.msg.startswith(_IN_STRING):
        return None
    if broken.scan.around:
        key = broken.scan.around[0].key
        if not text.endswith(("]", "}")):
            return None
    return line if key is not None and source.line(key.start) == line else None


def too_deep(source: SourceText) -> Diagnostic:
    """Return the mistake of a text that goes deeper than `DEEPEST`."""
    broken = Broken.at(source, len(source.text))
    pos = broken.scan.pos
    message = f"lists and tables in one another are {DEEPEST} deep at most"
    return Broken.at(source, pos).mistake(message, "here it goes deeper", Span(pos - 1, pos))


def too_long_number(source: SourceText) -> Diagnostic:
    """Return the mistake of a number with more digits than Python reads."""
    scan = Scan(source.text, DEEPEST)
    with contextlib.suppress(Cut, RecursionError):
        scan.run()
    span = next(
        (spot.value for spot in scan.spots.values() if _is_long_number(source.text, spot.value)), Span(0, 0)
    )
    broken = Broken.at(source, span.end)
    return broken.mistake("a number has too many digits", f"at most {_DIGITS} are read", span)


def _is_long_number(text: str, span: Span) -> bool:
    return span.end - span.start > _DIGITS and text[span.start] in "+-0123456789"


# One key, two values


def _twice(broken: Broken) -> Diagnostic:
    scan = broken.scan
    assert scan.key is not None
    # `a = 1` and then `a.b = 2` are a mistake, too: of `a`.
    paths = [scan.path[:length] for length in range(len(scan.path), 0, -1)]
    path = next((path for path in paths if path in scan.spots and scan.spots[path].key != scan.key), None)
    if path is None:
        return broken.mistake(f"`{broken.name}` stands in the file twice", "", scan.key, code=_TWICE)
    first = scan.spots[path]
    note = "a key is given once"
    if broken.source.text.startswith("{", first.value.start):
        note = "a table in braces is closed: put it in there, or make that a [table]"
    label = Label(broken.where(first.key), "first given here")
    return broken.mistake(f"`{path[-1]}` stands in the file twice", note, scan.key, label, code=_TWICE)


# No statement


def _no_equals(broken: Broken) -> Diagnostic:
    """Explain a key without a `=` behind it."""
    name, behind = broken.name, broken.line_from(broken.pos)
    span = Span(broken.pos, broken.pos + 1)
    value = _without_comment(behind.lstrip(":= \t>"))
    if broken.scan.around:
        value = re.split(r"[,\]}]", value, maxsplit=1)[0].strip()
    if name.startswith("-"):
        name = next(
            (option.name for option in OPTIONS if name in option.flags), name.strip("-").replace("-", "_")
        )
        note = f"write {name} = {_shown(broken, value)}" if value else f"write {name} = true"
        return broken.mistake("this is a flag of the command line", note, broken.scan.key or span)
    if not behind or behind.startswith("#"):
        note = f"write {name} = value, or take the line out"
        return broken.mistake("a `=` and a value are missing", note, broken.scan.key or span)
    if behind.startswith(":"):
        return broken.mistake(
            "TOML has `=` where YAML has `:`", f"write {name} = {_shown(broken, value)}", span
        )
    if re.match(r"[+*/|-]=", behind):
        return broken.mistake("a value cannot be added to", "write the whole of it, with =", span)
    if _ASSIGNMENT.match(behind) or re.match(r"[^=\s]+[ \t]*=(?!=)", behind):
        return broken.mistake(
            "a key has letters from a to z, digits, _ and -", "put another one in quotes", span
        )
    if broken.is_secret:
        # Below a text that is not closed, what looks like a key is what the secret ends with.
        where = hide(broken.source.where(*span), 1)
        return Diagnostic("error", "syntax", "a `=` is missing", (Label(where, 'write NAME = "..."'),))
    return broken.mistake("a `=` is missing", f"write {name} = {_shown(broken, value)}", span)


def _no_statement(broken: Broken) -> Diagnostic:
    """Explain a line that begins with what neither a key nor a table begins with, or a broken header."""
    source, pos = broken.source, broken.pos
    line = source.lines[source.line(pos) - 1].strip()
    span = Span(pos, pos + 1)
    letter = source.text[pos : pos + 1]
    if line.startswith("["):
        opening, closing = ("[[", "]]") if line.startswith("[[") else ("[", "]")
        inside = line.strip("[] \t").split("]")[0].strip()
        if closing not in line:
            return broken.mistake("the name of a table is not closed", f"write {opening}name{closing}", span)
        if not inside:
            return broken.mistake("a table has a name", "write [name], or take the line out", span)
        note = "letters from a to z, digits, _ and -, with a dot between two names; others in quotes"
        return broken.mistake("this is no name of a table", note, span)
    if letter == ";" or source.text.startswith("//", pos):
        return broken.mistake("this is no comment of TOML", "a comment begins with #", span)
    if letter == "=":
        return broken.mistake("a name is missing before `=`", "write name = value", span)
    if letter and letter in "]})":
        return broken.mistake("nothing is open that this closes", "take it out", span)
    if letter and letter in TYPOGRAPHIC:
        return broken.mistake("these are typographic quotes", "a key needs none", span)
    if letter in ("\u00a0", "\u200b", "\ufeff", "\u3000", "\u2003"):
        return broken.mistake("a space that is none stands here", "write a plain space, or nothing", span)
    if letter in ("", "\n"):
        return broken.mistake("a part of a name is missing", "write name.name", span)
    return broken.mistake("a key has letters from a to z, digits, _ and -", "put another one in quotes", span)


# Texts


def _escape(broken: Broken) -> Diagnostic:
    start = broken.source.text.rfind("\\", 0, broken.pos)
    span = Span(max(start, 0), max(broken.pos, start + 2))
    note = r"write \\ for a backslash, or put the text in '...', where it is none"
    return broken.mistake("a backslash begins an escape that there is not", note, span)


def _open_string(broken: Broken) -> Diagnostic:
    source, start = broken.source, broken.scan.value
    letter = source.text[broken.pos : broken.pos + 1]
    if letter not in ("", "\n") or (start is None and broken.scan.key is None):
        note = (
            f'take it out; in a text in "..." it is written \\u{ord(letter):04X}' if letter else "take it out"
        )
        return broken.mistake("a control character has no place here", note, Span(broken.pos, broken.pos + 1))
    if start is None:
        # A key in quotes.
        start = min(broken.scan.pos, len(source.text) - 1)
    quote = source.text[start]
    if source.text.startswith(quote * 3, start):
        return broken.mistake(
            f"these {quote * 3} are never closed", f"close it with {quote * 3}", Span(start, start + 3)
        )
    span = Span(start, start + max(1, len(broken.line_from(start))))
    typographic = any(letter in broken.cut(span) for letter in TYPOGRAPHIC)
    note = (
        f"a typographic quote does not close it: write {quote}" if typographic else f"close it with {quote}"
    )
    return broken.mistake("this quote is not closed in its line", note, span)


# Values


def _at_value(broken: Broken, message: str, note: str) -> Diagnostic:
    start = broken.pos if broken.scan.value is None else broken.scan.value
    word = _word(broken, start)
    return broken.mistake(message, note, Span(start, start + max(1, len(word))))


def _word(broken: Broken, start: int) -> str:
    """Return what was meant to be one value, without its comment."""
    text = broken.line_from(start)
    if broken.scan.around:
        return re.split(r"[,\]}]|\s#", text, maxsplit=1)[0].strip()
    return _without_comment(text)


def _without_comment(text: str) -> str:
    return re.split(r"\s+[#;]|#", text, maxsplit=1)[0].strip() if text[:1] not in "\"'" else text


def _wrong_value(broken: Broken) -> Diagnostic:
    """Explain a value that is none, or what stands behind one."""
    scan, pos = broken.scan, broken.pos
    behind = broken.line_from(pos)
    here = Span(pos, pos + 1)
    start = pos if scan.value is None else scan.value
    if scan.around:
        unclosed = _unclosed(broken)
        if unclosed is not None:
            return unclosed
    if not scan.around and behind.startswith(("]", "}", ")")):
        return broken.mistake("nothing is open that this closes", "take it out", here)
    if scan.value is None and not scan.around:
        return broken.mistake(
            "the name of a table stands on a line of its own", "go on in the next line", here
        )
    first = broken.source.text[start : start + 1]
    is_text = first in ("'", '"')
    word = _word(broken, start)
    if not word and not scan.around:
        note = f"write {broken.name} = value, or take the line out"
        return broken.mistake("a value is missing", note, broken.scan.key or here)
    if first == "=":
        return broken.mistake("`=` stands once", "take one of them out", Span(start, start + 1))
    if start < pos:
        if behind.startswith((";", "//")):
            return broken.mistake("this is no comment of TOML", "a comment begins with #", here)
        if scan.around and not scan.around[-1].is_list and _ASSIGNMENT.match(behind):
            note = "write one before this, or close the { that is open here"
            return broken.mistake("a comma is missing between two items", note, here)
        if not scan.around and _ASSIGNMENT.match(behind.lstrip(", \t")):
            return broken.mistake("each setting has a line of its own", "go on in the next line", here)
        if behind.rstrip() == ",":
            return broken.mistake("no comma stands at the end of a line", "take it out", here)
        if scan.around and (is_text or behind[:1] in "\"'[{"):
            return broken.mistake("a comma is missing between two items", "write one before this", here)
        if behind.startswith(",") and re.fullmatch(r"\d{1,3}(,\d{3})+", word):
            return _at_value(broken, "a number has no commas", f"write {word.replace(',', '_')}")
        if behind.startswith(",") and not scan.around:
            return _at_value(
                broken, "a list stands in brackets", f"write {broken.name} = [{_listed(broken, word)}]"
            )
        if is_text:
            note = (
                'write \\" for a quote inside of it'
                if first == '"'
                else 'put it in "...", if it has a quote in it'
            )
            return broken.mistake("the text has ended before this", note, here)
        if first and first in "[{" and not scan.around:
            return broken.mistake("the value has ended before this", "take it out, or begin a new line", here)
    return _bare(broken, word)


def _unclosed(broken: Broken) -> Diagnostic | None:
    """Explain a bracket that is open where the next setting, or the file's end, comes."""
    scan, source = broken.scan, broken.source
    container = scan.around[-1]
    line = source.lines[source.line(broken.pos) - 1]
    is_later = source.line(broken.pos) > source.line(container.start)
    is_statement = is_later and re.match(r"\s*(" + _ASSIGNMENT.pattern + r"|\[+[\w.]+\]+\s*$)", line)
    if broken.line_from(broken.pos).strip() and not (is_statement and container.is_list):
        return None
    bracket = "[" if container.is_list else "{"
    note = f"close it with {']' if container.is_list else '}'}"
    return broken.mistake(f"this `{bracket}` is not closed", note, Span(container.start, container.start + 1))


def _bare(broken: Broken, word: str) -> Diagnostic:
    """Explain a value that stands without quotes."""
    lower = word.lower()
    if lower in BOOLEANS:
        return _at_value(
            broken, "a boolean is `true` or `false`", f"write {_assigned(broken, BOOLEANS[lower])}"
        )
    if lower in NOTHING:
        note = 'leave the line out, or write "" for an empty text'
        return _at_value(broken, "TOML has no word for nothing", note)
    if re.fullmatch(r"[+-]?0[0-9_]+", word):
        digits = word.lstrip("+-0")
        note = f'write "{word}"' + (f" or 0o{digits}" if re.fullmatch("[0-7]+", digits) else "")
        option = find_option(broken.scan.path[0]) if broken.scan.path else None
        if option is not None and not option.is_octal:
            note = f"write {digits or 0}"
        return _at_value(broken, "a number does not begin with 0", "" if broken.is_secret else note)
    if word[:1] and word[0] in TYPOGRAPHIC:
        note = f"write {_assigned(broken, _shown(broken, word.strip(TYPOGRAPHIC)))}"
        return _at_value(broken, "these are typographic quotes", note)
    if _CALL.match(word):
        note = "a file that computes is a Python file, and its name ends with .py"
        if broken.name == "workers":
            note = f'write workers = "auto"; {note}'
        return _at_value(broken, "TOML computes nothing", note)
    behind = broken.line_from(broken.pos)
    if not word:
        note = "take the comma out" if behind.startswith(",") else "write one before this"
        return broken.mistake("a value is missing", note, Span(broken.pos, broken.pos + 1))
    if "," in word and not broken.scan.around and _is_list(broken):
        note = f"write {broken.name} = [{_listed(broken, word)}]"
    else:
        note = f"write {_assigned(broken, _shown(broken, word))}"
    return _at_value(broken, "a text stands in quotes", note)


def _assigned(broken: Broken, value: str) -> str:
    if broken.scan.around and broken.scan.around[-1].is_list:
        return value
    if _is_list(broken) and value not in ("true", "false"):
        value = f"[{value}]"
    return f"{broken.name} = {value}"


def _is_list(broken: Broken) -> bool:
    option = find_option(broken.scan.path[0]) if len(broken.scan.path) == 1 else None
    return option is not None and option.kind == "list"


def _listed(broken: Broken, word: str) -> str:
    if broken.is_secret:
        return "..."
    items = [item.strip().strip("\"'") for item in word.split(",")]
    return ", ".join(_quoted(item) for item in items if item)


def _shown(broken: Broken, value: str) -> str:
    """Return a value as TOML has it, for a message; that of a secret is not shown."""
    if broken.is_secret:
        return '"..."'
    if value.lower() in BOOLEANS:
        return BOOLEANS[value.lower()]
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)(\.\d+)?|0o[0-7]+|[\[\"'{].*", value):
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    return f"'{value}'" if ('"' in value or "\\" in value) and "'" not in value else f'"{value}"'
