"""A mistake in the settings, and the text that shows it at its place with a caret."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from wsgid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WhereKind = Literal["file", "environment", "command line", "call"]
Severity = Literal["error", "warning"]
Code = Literal[
    "syntax",
    "unknown-setting",
    "wrong-type",
    "out-of-range",
    "invalid-value",
    "conflict",
    "duplicate-setting",
    "unreadable-file",
    "cannot-import",
    "cannot-bind",
    "deprecated",
    "exposed-secret",
]

# Of a quoted line: a secret key of 4,096 characters is not to hide the caret.
WIDEST = 160


class Where(NamedTuple):
    """A place: a file, a variable, a flag, a call; and in it what is known, down to the column.

    Lines and columns begin with 1; `end` is the column after the last. `text` is the line to quote.
    """

    kind: WhereKind
    name: str
    line: int | None = None
    column: int | None = None
    end: int | None = None
    text: str = ""

    def redacted(self) -> Where:
        """Return the place without what stands there, and behind it."""
        if self.column is None:
            return self._replace(text="")
        hidden = "<redacted>"
        return self._replace(text=self.text[: self.column - 1] + hidden, end=self.column + len(hidden))

    def __str__(self) -> str:
        match self.kind:
            case "file":
                numbers = (number for number in (self.line, self.column) if number is not None)
                return ":".join((self.name, *map(str, numbers)))
            case "environment":
                return f"environment variable {self.name}"
            case _:
                return self.name or self.kind


class Label(NamedTuple):
    """A place and what is to be said of it."""

    where: Where
    note: str = ""


class Diagnostic(NamedTuple):
    """One mistake: what is wrong, and where; further places are what it is in conflict with.

    `detail` is what a program has said of it, in its own lines, such as a traceback.
    """

    severity: Severity
    code: Code
    message: str
    labels: tuple[Label, ...] = ()
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as what JSON has; columns count characters of `text`, from 1."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "places": [{**label.where._asdict(), "note": label.note} for label in self.labels],
            **({"detail": self.detail} if self.detail else {}),
        }

    def __str__(self) -> str:
        lines = [f"{self.severity}[{self.code}]: {one_line(self.message)}"]
        for index, label in enumerate(self.labels):
            lines += _quote(label, "^" if index == 0 else "-")
        lines += [one_line(line) for line in self.detail.expandtabs().splitlines()]
        return "\n".join(lines)

    def concise(self) -> str:
        """Return it as one line, for a log: `file:line:col: error[code]: message: note`."""
        first = self.labels[0] if self.labels else None
        head = f"{first.where}: " if first else ""
        tail = f": {one_line(first.note)}" if first and first.note else ""
        return f"{head}{self.severity}[{self.code}]: {one_line(self.message)}{tail}"


class Mistakes(ConfigurationError):  # noqa: N818  it is what it carries
    """Every mistake of one load, and its warnings."""

    def __init__(self, subject: str, diagnostics: Iterable[Diagnostic], files: Iterable[str] = ()) -> None:
        """`subject` is the file that most people would think of; the last line names it.

        `files` are all that were read, the broken ones too.
        """
        self.subject = subject
        self.diagnostics = tuple(diagnostics)
        self.files = tuple(files)
        super().__init__(subject, self.diagnostics)

    def __str__(self) -> str:
        return "\n\n".join((*map(str, self.diagnostics), summary(self.subject, self.diagnostics)))

    def to_json(self) -> dict[str, Any]:
        """Return what `--output-format json` prints."""
        return {
            "subject": self.subject,
            "errors": count(self.diagnostics, "error"),
            "warnings": count(self.diagnostics, "warning"),
            "files": list(self.files),
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
        }


def summary(subject: str, diagnostics: Sequence[Diagnostic]) -> str:
    """Return the last line of a run: `/etc/wsgid/shop.toml: 3 errors, 0 warnings`."""
    errors, warnings = count(diagnostics, "error"), count(diagnostics, "warning")
    return f"{subject}: {errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"


def count(diagnostics: Iterable[Diagnostic], severity: Severity) -> int:
    return sum(diagnostic.severity == severity for diagnostic in diagnostics)


def strict(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return them with every warning as an error: what `--strict` asks for."""
    return tuple(diagnostic._replace(severity="error") for diagnostic in diagnostics)


def did_you_mean(given: str, known: Mapping[str, str] | Iterable[str]) -> str:
    """Return "did you mean `...`?", or nothing if nothing is near.

    `known` are the right words; a mapping leads from other spellings to them.
    """
    words = known if isinstance(known, dict) else {word: word for word in known}
    near = difflib.get_close_matches(given, words, n=1, cutoff=0.65)
    return f"did you mean `{words[near[0]]}`?" if near else ""


def _quote(label: Label, mark: str) -> list[str]:
    where = label.where
    number = str(where.line) if where.kind == "file" and where.line is not None else ""
    margin = " " * max(1, len(number))
    lines = [f"{margin}--> {where}"]
    if not where.text:
        return [*lines, f"{margin} = {one_line(label.note)}"] if label.note else lines
    text, column, end = _window(where)
    indent = "".join(_blank(character) for character in text[: column - 1])
    carets = mark * max(1, sum(len(_blank(character)) for character in text[column - 1 : end - 1]))
    note = f" {one_line(label.note)}" if label.note else ""
    return [
        *lines,
        f"{margin} |",
        f"{number or margin} | {text}",
        f"{margin} | {indent}{carets}{note}",
    ]


def _blank(character: str) -> str:
    """Return what is as wide as a character, so that a caret stands below the one that it means."""
    if character == "\t":
        return "\t"  # as wide as the terminal makes it
    if character.isascii():
        return " "
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return ""
    # Unicode, Standard Annex 11: two columns in a terminal.
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


def _window(where: Where) -> tuple[str, int, int]:
    """Return the text to quote, cut where it is very long, and the columns of the caret in it."""
    text = where.text
    column = where.column or 1
    end = min(where.end or column + 1, len(text) + 1)
    start = 0
    if len(text) > WIDEST:
        start = max(0, min(column - 20, len(text) - WIDEST))
        text = text[start : start + WIDEST]
    # Cut before it is cleaned: a file may be one line of a megabyte, with a hundred mistakes.
    return _plain(text), column - start, min(end - start, len(text) + 1)


def _plain(text: str) -> str:
    # One character for one, so that columns stay true; a terminal is not to obey a file.
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def one_line(text: str) -> str:
    """Return a text without what would end a line, or move a terminal's cursor."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
