"""TOML: a file -> a layer, with the place of every setting.

tomli, on every Python, and never the standard library's: what that accepts changes with the Python, and one
file must mean one thing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomli

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.config.layers import KeyPath, Layer, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A part of a key: bare, in double or in single quotes (TOML, "Keys").
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = re.compile(rf"[ \t]*(\[[ \t]*)?({_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*(=[ \t]*)?")

# A statement of more lines than this keeps the place of its first line only: finding its end costs
# a parse a line.
_LONGEST_STATEMENT = 200


def read_toml(path: Path, *, shown: str) -> Layer:
    """Read a file; `shown` is its name in messages. Raises Mistakes."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise _unreadable(shown, f"cannot read `{shown}`: {error.strerror}") from error
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _unreadable(shown, f"`{shown}` is not UTF-8 in line {line}") from error
    return parse_toml(text, shown)


def parse_toml(text: str, shown: str) -> Layer:
    """Read a text; raises Mistakes with the place that TOML's grammar breaks at."""
    # TOML, "Spec": a newline is LF or CRLF; tomli reads them alike.
    text = text.replace("\r\n", "\n")
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise Mistakes(shown, [_syntax(error, text, shown)]) from error
    return Layer(shown, values, _places(text, shown, values))


def _unreadable(shown: str, message: str) -> Mistakes:
    return Mistakes(shown, [Diagnostic("error", "unreadable-file", message, (Label(Where("file", shown)),))])


def _syntax(error: tomli.TOMLDecodeError, text: str, shown: str) -> Diagnostic:
    lines = text.split("\n")
    line = min(error.lineno, len(lines))
    quoted = lines[line - 1]
    where = Where("file", shown, line, error.colno, error.colno + 1, quoted)
    if error.msg == "Cannot overwrite a value":
        # tomli notices at the end of the value; the key is what to look at.
        place = _place(quoted, line, shown)
        note = "a key is given once"
        return Diagnostic(
            "error", "duplicate-setting", "this key stands in the file twice", (Label(place.key, note),)
        )
    return Diagnostic("error", "syntax", "this is not TOML", (Label(where, error.msg),))


def _places(text: str, shown: str, values: dict[str, Any]) -> dict[KeyPath, Place]:
    """Find the place of every key that stands on a line of its own.

    A statement of TOML begins and ends with a line. So the shortest run of lines that tomli accepts is one
    statement, and its keys are what tomli makes of it: nothing is guessed about quotes, brackets, comments.
    """
    places: dict[KeyPath, Place] = {}
    table: KeyPath = ()
    for line, statement, parsed in _statements(text.split("\n")):
        place = _place(statement, line, shown)
        path: KeyPath = tuple(_chain(parsed))
        if statement.lstrip().startswith("["):
            table = path
        else:
            path = table + path
        for length in range(1, len(path) + 1):
            places.setdefault(path[:length], place)
    for name in values:
        # What the walk has not met (it gave up on a long statement) has at least a file.
        places.setdefault((name,), Place(Where("file", shown), Where("file", shown)))
    return places


def _statements(lines: list[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the number, the text and the value of each statement, as far as their ends are found."""
    start = 0
    while start < len(lines):
        for end in range(start + 1, min(len(lines), start + _LONGEST_STATEMENT) + 1):
            statement = "\n".join(lines[start:end])
            try:
                parsed = tomli.loads(statement)
            except tomli.TOMLDecodeError:
                continue
            if parsed:
                yield start + 1, statement, parsed
            start = end
            break
        else:
            return


def _chain(parsed: dict[str, Any]) -> Iterator[str]:
    """Yield a statement's keys from the outside in: a.b = 1 and [a.b] and a = { b = 1 } alike."""
    value: Any = parsed
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        yield key


def _place(statement: str, line: int, shown: str) -> Place:
    first, _, rest = statement.partition("\n")
    match = _KEY.match(first)
    if match is None:
        where = Where("file", shown, line, text=first)
        return Place(where, where)
    key = Where("file", shown, line, match.start(2) + 1, match.end(2) + 1, first)
    if match[3] is None:
        return Place(key, key)
    end = len(first) if rest else _end_of_value(first)
    return Place(key, Where("file", shown, line, match.end() + 1, end + 1, first))


def _end_of_value(line: str) -> int:
    """Return where the value of a statement of one line ends: before the comment, if there is one."""
    for mark in re.finditer("#", line):
        before = line[: mark.start()]
        try:
            tomli.loads(before)
        except tomli.TOMLDecodeError:
            continue  # this # is in a string
        return len(before.rstrip())
    return len(line.rstrip())
