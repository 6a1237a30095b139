"""ini: where sections, keys and values stand in a text.

configparser says what the values are; where they stand it does not tell, so the lines are walked here by its
rules: what is indented deeper than its key goes on, and a key ends at the first `=` or `:`.
"""

from __future__ import annotations

from configparser import ConfigParser
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wsgid.config.layers import Place

if TYPE_CHECKING:
    from wsgid.config.diagnostics import Where
    from wsgid.config.source_text import SourceText


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value as they stand in the file; `lines` are the places of each line of the value."""

    section: str
    key: str
    place: Place
    lines: tuple[Where, ...]


@dataclass(slots=True)
class Scan:
    """What a walk over the lines has found, in the file's order."""

    sections: list[tuple[str, Where]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def of(self, section: str) -> dict[str, Entry]:
        """Return a section's entries by their keys; of two, the last, which is in force."""
        return {entry.key: entry for entry in self.entries if entry.section == section}


def scan(text: SourceText) -> Scan:
    """Find sections and entries; a text that is wrong is for configparser to refuse."""
    found = Scan()
    section = ""
    indent = 0
    is_in_entry = False
    for number, line in enumerate(text.lines, 1):
        content = line.strip()
        if not content or content.startswith(("#", ";")):
            continue
        depth = len(line) - len(line.lstrip())
        begin = text.start(number) + depth
        where = text.where(begin, begin + len(content))
        if is_in_entry and depth > indent:
            last = found.entries[-1]
            found.entries[-1] = replace(last, lines=(*last.lines, where))
            continue
        indent = depth
        if (header := ConfigParser.SECTCRE.match(content)) is not None:
            section = header["header"]
            found.sections.append((section, where))
            is_in_entry = False
        elif section and (option := ConfigParser.OPTCRE.match(content)) is not None:
            key = option["option"].rstrip()
            value = text.where(begin + option.start("value"), begin + len(content))
            place = Place(text.where(begin, begin + len(key)), value)
            found.entries.append(Entry(section, key, place, (value,)))
            is_in_entry = True
    return found
