"""A TOML text that broke: where, what it was about there, and what of its lines may be quoted."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.redaction import hide, hide_named, hide_unread, sounds_secret
from wsgid.config.source_text import DEEPEST
from wsgid.config.toml_places import Cut, Scan, Span
from wsgid.config.unread import is_header, may_quote, show_names

if TYPE_CHECKING:
    from wsgid.config.diagnostics import Code, Where
    from wsgid.config.source_text import SourceText

# What may stand before a key in its line without being a value of something.
_BEFORE_KEY = re.compile(r"[\s{\[,]*([\w-]+\s*\.\s*)*")
_BEHIND_KEY = re.compile(r"""["' \t]*[=:\]][ \t]*""")


@dataclass(frozen=True, slots=True)
class Broken:
    """The place where tomli stopped, and a scan of all that is before it."""

    source: SourceText
    pos: int
    scan: Scan

    @classmethod
    def at(cls, source: SourceText, pos: int) -> Broken:
        pos = min(pos, len(source.text))
        scan = Scan(source.text[:pos], DEEPEST)
        with contextlib.suppress(Cut, RecursionError):
            scan.run()
        return cls(source, pos, scan)

    @property
    def is_secret(self) -> bool:
        """Whether what stands here is better not quoted: that of no setting may be anybody's."""
        names = [part for part in self.scan.path if isinstance(part, str)]
        if not names or not may_quote(names[0]) or any(map(sounds_secret, names)):
            return True
        return self.where(Span(self.pos, self.pos)).text != self.source.where(self.pos, self.pos).text

    @property
    def name(self) -> str:
        """The key that it is about, as it is written."""
        key = self.scan.key
        if key is None or (self.is_secret and not _BEHIND_KEY.match(self.source.text, key.end)):
            return "name"  # it may be some words of a text
        return self.cut(key)

    def cut(self, span: Span) -> str:
        return self.source.text[span.start : span.end]

    def line_from(self, offset: int) -> str:
        """Return what follows in the line of an offset, but no space at its end."""
        end = self.source.text.find("\n", offset)
        return self.source.text[offset : end if end >= 0 else None].rstrip()

    def mistake(
        self, message: str, note: str, span: Span, *others: Label, code: Code = "syntax"
    ) -> Diagnostic:
        return Diagnostic("error", code, message, (Label(self.where(span), note), *others))

    def where(self, span: Span) -> Where:
        """Return a place without what may be secret in its line."""
        where = self.source.where(*span)
        path = self.scan.path
        if is_header(where.text):
            return where
        if any(sounds_secret(part) for part in path if isinstance(part, str)):
            return hide(where, self._shown_to(where, span))
        if path and may_quote(str(path[0])):
            # Another setting may be on the same line by mistake.
            return hide_named(hide_unread(where, self.source.lines))
        return hide_named(show_names(hide_unread(where, self.source.lines)))

    def _shown_to(self, where: Where, span: Span) -> int:
        """Return the column from which on a line of a secret is hidden: it shows its key at most."""
        assert where.line is not None
        begin = self.source.start(where.line)
        keys = {spot.key for spot in self.scan.spots.values() if spot.key == span}
        for key in (self.scan.key, *(container.key for container in self.scan.around), *keys):
            if key is not None and begin <= key.start < begin + len(where.text):
                end = key.end - begin
                if _BEFORE_KEY.fullmatch(where.text, 0, key.start - begin):
                    behind = _BEHIND_KEY.match(where.text, end)
                    return 1 + (behind.end() if behind else 0)
        return 1
