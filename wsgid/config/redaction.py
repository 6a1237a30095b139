"""What may be secret is not quoted: a message lands in the journal, where others read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import did_you_mean
from wsgid.config.secrets import REDACTED, SECRET_WORDS
from wsgid.config.settings import Settings, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wsgid.config.diagnostics import Where

SECRETS = frozenset(
    spelling
    for name in Settings.model_fields
    if about(name).is_secret
    for spelling in (name, *about(name).aliases)
)
"""The settings that messages do not quote, in all spellings."""

_SPELLINGS = frozenset(
    spelling for name in Settings.model_fields for spelling in (name, *about(name).aliases)
)

# [env], [[a.b]]: not the end of a list.
_HEADER = re.compile(r"""\s*\[+\s*["']?([\w-]+)(?![\w-])[^\[\],=]*\]+\s*(?:#.*)?""")
_NAMED = re.compile(r"""(?<![\w-])["']?([\w-]+)["']?\s*[=:]\s*""")
_KEY = re.compile(r"""(\s*)["']?([\w-]+)["']?\s*(?:\.[^=:]*)?[=:][ \t]*""")

_ASSIGNED = re.compile(rf"""(?<!\w)({"|".join(sorted(SECRETS))})\b["']?\s*[=:]\s*""")


def hide(where: Where, start: int, end: int | None = None) -> Where:
    """Return the place with these columns of its line hidden; the caret stays at what it was at.

    Without an `end` all the rest of the line is hidden.
    """
    end = max(start, len(where.text) + 1 if end is None else end)
    shift = len(REDACTED) - (end - start)

    def moved(column: int, inside: int) -> int:
        if column <= start:
            return column
        return column + shift if column >= end else inside

    hidden = where._replace(text=where.text[: start - 1] + REDACTED + where.text[end - 1 :])
    if where.column is None:
        return hidden
    return hidden._replace(
        column=moved(where.column, start),
        end=moved(where.end or where.column + 1, start + len(REDACTED)),
    )


def sounds_secret(name: str) -> bool:
    """Tell whether the value of such a name is better not quoted.

    `name` need not be a setting's: a misspelt `keyfile_password` is a secret nevertheless.
    """
    if name in _SPELLINGS:
        return name in SECRETS
    return SECRET_WORDS.search(name) is not None or did_you_mean(name, sorted(SECRETS)) != ""


def assigned(text: str) -> Iterator[tuple[str, int]]:
    """Yield each secret that a line seems to give a value, and the column at which that begins."""
    for match in _ASSIGNED.finditer(text):
        yield match[1], match.end() + 1


def hide_unread(where: Where, lines: Sequence[str]) -> Where:
    """Return a place in a text that could not be parsed without what may be secret in its line.

    `lines` are the whole text's. Since nobody knows what the text means, the names that stand at the
    beginnings of lines, here and above, decide; in doubt the line is hidden.
    """
    if where.line is None or not 1 <= where.line <= len(lines):
        return where
    line = lines[where.line - 1]
    own = _KEY.match(line)
    if own is not None and sounds_secret(own[2]):
        return hide(where, own.end() + 1)
    if not _is_in_secret(lines[: where.line]):
        return hide_named(where)  # another setting may share the line
    # Inside of it a line shows its key at most, and that only where it begins with one.
    is_assignment = own is not None and re.fullmatch(r"""\s*["']?\w+["']?\s*[=:][ \t]*""", own[0]) is not None
    return hide(where, own.end() + 1 if own is not None and is_assignment else 1)


def hide_named(where: Where) -> Where:
    """Return a place without what follows, in its line, the name of something secret."""
    for name in _NAMED.finditer(where.text):
        if sounds_secret(name[1]):
            return hide(where, name.end() + 1)
    return where


def _is_in_secret(lines: Sequence[str]) -> bool:
    """Tell whether the last of these lines belongs to a setting that is not quoted."""
    for line in reversed(lines):
        header = _HEADER.fullmatch(line)
        if header is not None:
            return sounds_secret(header[1])
        key = _KEY.match(line)
        # A key at the left margin that names a setting begins something new, unless a table is around it;
        # so the search goes on to the table, or to the file's beginning, where it is none of a secret's.
        if key is not None and not key[1] and sounds_secret(key[2]):
            return True
        if key is not None and not key[1] and key[2] in _SPELLINGS and not _has_header(lines):
            return False
    return False


def _has_header(lines: Sequence[str]) -> bool:
    return any(_HEADER.fullmatch(line) for line in lines)
