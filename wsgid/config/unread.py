"""What may be quoted of a line in a text that could not be read.

Nobody knows what such a text means: a quote, a bracket, the name of a table may be missing anywhere above it.
So only the line of a setting that is known, and holds no secret, is shown in full; any other as far as names
go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import did_you_mean
from wsgid.config.layers import BY_NAME, find_option
from wsgid.config.option_table import OPTIONS
from wsgid.config.redaction import hide, hide_named, hide_unread, sounds_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.config.diagnostics import Where

_HEADER = re.compile(r"[ \t]*\[+[^\]=#\"']*(\]+[ \t]*)?")
# What a value begins with, or what stands before it.
_BEFORE_VALUE = re.compile(r"""[=:"'{(`][ \t]*""")
_NAME = re.compile(r"-|[\w.-]+", re.ASCII)
# The space behind the colon may be what is missing.
_BROKEN_KEY = re.compile(r"""["']?([\w-]+)["']?(?:[ \t]*[:=]|[ \t]|$)""")
_YAML_KEY = re.compile(r"""["']?([\w-]+)["']?[ \t]*:(?:[ \t]|$)""")


def may_quote(name: str) -> bool:
    """Tell whether a name is that of a setting without secrets, or of its flag, or nearly."""
    if sounds_secret(name):
        return False
    if find_option(name) is not None or any(name in option.flags for option in OPTIONS):
        return True
    return did_you_mean(name, BY_NAME) != ""


def is_header(line: str) -> bool:
    """Tell whether a line is that of a table, [env], closed or not: names are no secrets."""
    return _HEADER.fullmatch(line) is not None


def show_names(where: Where) -> Where:
    """Return a place with no more of its line than what stands before the first value."""
    if is_header(where.text):
        return where
    found = _BEFORE_VALUE.search(where.text)
    if found is None or found.end() == len(where.text):
        return where
    before = where.text[: found.start()].strip()
    if before and not _NAME.fullmatch(before) and found[0][0] in "\"'":
        return hide(where, 1)  # the quote may be the end of a text that began above
    return hide(where, found.end() + 1)


def show_yaml(where: Where, lines: Sequence[str]) -> Where:
    """Return a place in a broken YAML text; the key at the left margin, here or above, decides."""
    assert where.line is not None
    own = _BROKEN_KEY.match(where.text.lstrip(" "))
    is_indented = where.text.startswith(" ")
    if own is not None and may_quote(own[1]) and (not is_indented or find_option(own[1]) is not None):
        return hide_named(hide_unread(where, lines))
    for line in reversed(lines[: where.line]):
        if line[:1] in ("", " ", "\t", "#", "-"):
            continue
        key = _YAML_KEY.match(line)
        option = find_option(key[1]) if key is not None else None
        is_item = where.text.lstrip().startswith("-")
        if option is not None and may_quote(option.name) and (is_item or option.kind == "map"):
            return hide_named(hide_unread(where, lines))
        break
    if where.text[:1] in (" ", "-") and not _BEFORE_VALUE.search(where.text):
        return hide(where, 1)  # an item, or a part of a text over lines
    return hide_named(show_names(hide_unread(where, lines)))
