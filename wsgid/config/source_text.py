"""The text of a file of settings, and the place of every stretch of it."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where

if TYPE_CHECKING:
    from pathlib import Path

# A file of settings has some thousand octets. More than this is a slip (a log, a device), and is not read
# to its end.
LARGEST_FILE = 2**20

DEEPEST = 64
"""Lists and maps in one another, at most: a dictConfig has five, and all that reads settings recurses."""


class SourceText:
    """A text with its name, and where its lines begin.

    An editor's lines: they end with a LF, or with CR LF, which the text has no longer. Offsets count
    characters of it from 0.
    """

    __slots__ = ("_starts", "lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        """`name` is the file's name in messages."""
        self.name = name
        self.text = text.replace("\r\n", "\n")
        # Cut once, and shared by all places: a file may be one line.
        self.lines = self.text.split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self.lines), initial=0))[:-1]

    def line(self, offset: int) -> int:
        """Return the number of the line that an offset is in, from 1."""
        return bisect_right(self._starts, offset)

    def start(self, line: int) -> int:
        """Return the offset at which a line begins."""
        return self._starts[line - 1]

    def where(self, start: int, end: int) -> Where:
        """Return the place of a stretch; of one over several lines, that of what is in the first."""
        line = self.line(start)
        text = self.lines[line - 1]
        begin = self.start(line)
        last = min(end - begin, len(text))
        return Where("file", self.name, line, start - begin + 1, max(last, start - begin) + 1, text)

    def without(self, line: int) -> SourceText:
        """Return the text with spaces in the stead of a line: what else is in it keeps its place."""
        lines = [*self.lines]
        lines[line - 1] = " " * len(lines[line - 1])
        return SourceText(self.name, "\n".join(lines))

    def whole_line(self, line: int) -> Where:
        """Return the place of all that stands in a line."""
        text = self.lines[line - 1]
        begin = self.start(line)
        return self.where(begin + len(text) - len(text.lstrip()), begin + len(text.rstrip()))


def read_source(path: Path, *, shown: str) -> SourceText:
    """Read a file; `shown` is its name in messages. Raises Mistakes."""
    try:
        if path.is_fifo():
            # Nobody may ever write to it; and what was read once, a reload does not find again.
            raise _unreadable(shown, f"`{shown}` is a pipe: settings stand in a file")
        with path.open("rb") as file:
            octets = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(shown, f"cannot read `{shown}`: {error.strerror}") from error
    if len(octets) > LARGEST_FILE:
        raise _unreadable(shown, f"`{shown}` is no file of settings: it has more than 1 MiB")
    try:
        # A byte order mark is no mistake.
        return SourceText(shown, octets.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _unreadable(shown, f"`{shown}` is not UTF-8 in line {line}") from error


def _unreadable(shown: str, message: str) -> Mistakes:
    return Mistakes(shown, [Diagnostic("error", "unreadable-file", message, (Label(Where("file", shown)),))])
