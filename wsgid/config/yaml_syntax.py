"""What is wrong with text that PyYAML refuses, and what to write instead.

Mostly a text that means something to YAML, for it begins with - * & ! % @ [ { | > or a backtick, or has ": "
in it, and stands without quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from wsgid.config import dialect
from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.layers import find_option
from wsgid.config.source_text import DEEPEST
from wsgid.config.unread import show_yaml

if TYPE_CHECKING:
    from wsgid.config.diagnostics import Where
    from wsgid.config.source_text import SourceText

BOOLEANS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
"""The words for a boolean that people know from YAML 1.1 and elsewhere -> ours."""

_ASSIGNMENT = re.compile(r"""[ \t]*(?:- +)?["']?([\w.-]+)["']?[ \t]*:[ \t]+(.*)""")


def quoted(text: str) -> str:
    """Return a text in quotes that YAML reads back."""
    if "\\" in text or '"' in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def no_map(source: SourceText, pos: int) -> Diagnostic:
    """Return the mistake of a text that is YAML, but a list or one long text."""
    broken = _Broken(source, pos)
    other = _other_language(source)
    if other is not None:
        return other
    line = source.lines[source.line(pos) - 1]
    joined = re.match(r"[ \t]*([\w-]+):(\S.*)", line)
    if joined is not None:
        return broken.line(
            "a space is missing behind `:`", f"write {joined[1]}: {_simple(broken, joined[2])}"
        )
    return broken.line("settings are a map", "write name: value, each in a line of its own")


def explain(source: SourceText, error: Exception) -> Diagnostic:
    """Return the mistake, at its place, with what to write there."""
    if isinstance(error, yaml.reader.ReaderError):
        message = "a control character has no place here"
        return _Broken(source, error.position).here(
            message, 'take it out; in a text in "..." it is written \\x1B'
        )
    problem = str(getattr(error, "problem", None) or "")
    mark = getattr(error, "problem_mark", None)
    begin = getattr(error, "context_mark", None)
    context = str(getattr(error, "context", None) or "")
    if isinstance(error, RecursionError) or problem == "too deep":
        broken = _Broken(source, mark.index if mark is not None else 0)
        return broken.here(f"lists and maps in one another are {DEEPEST} deep at most", "here it goes deeper")
    broken = _Broken(source, mark.index if mark is not None else 0)
    return (
        _other_language(source)
        or _of_scanner(broken, problem, context, begin)
        or _of_parser(broken, problem, context, begin)
    )


def broken_value(source: SourceText, mistake: Diagnostic) -> tuple[int, int] | None:
    """Return where a value stands that lacks its quotes, if that is all of the mistake."""
    label = mistake.labels[0]
    if (
        "stands in quotes" not in mistake.message
        or not label.note.startswith("write ")
        or not label.where.line
    ):
        return None
    line, *rest = source.lines[label.where.line - 1 :]
    following = next((other for other in rest if other.strip()), "")
    assignment = _ASSIGNMENT.match(line)
    if assignment is None or _indent(following) > _indent(line):
        return None  # it may go on there
    start = source.start(label.where.line)
    return start + assignment.start(2), start + assignment.end(2)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _other_language(source: SourceText) -> Diagnostic | None:
    guess = dialect.guess(source.text)
    if guess is None or guess.language in ("YAML", "JSON"):
        return None
    broken = _Broken(source, source.start(guess.line))
    return broken.line(f"this looks like {guess.language}, not YAML", dialect.advice(guess.language))


@dataclass(frozen=True, slots=True)
class _Broken:
    """The place where PyYAML stopped."""

    source: SourceText
    pos: int

    @property
    def text(self) -> str:
        """The line."""
        return self.source.lines[self.source.line(self.pos) - 1]

    @property
    def column(self) -> int:
        return self.pos - self.source.start(self.source.line(self.pos))

    @property
    def is_secret(self) -> bool:
        where = self.source.where(self.pos, self.pos + 1)
        return show_yaml(where, self.source.lines).text != where.text

    def shown(self, value: str) -> str:
        """Return a value in quotes, for a message; that of a secret is not shown."""
        return '"..."' if self.is_secret else quoted(value.strip())

    def here(self, message: str, note: str) -> Diagnostic:
        return self._mistake(message, note, self.source.where(self.pos, self.pos + 1))

    def line(self, message: str, note: str) -> Diagnostic:
        return self._mistake(message, note, self.source.whole_line(self.source.line(self.pos)))

    def value(self, message: str) -> Diagnostic:
        """Return the mistake of a value, all that is in the line, which should stand in quotes."""
        assignment = _ASSIGNMENT.match(self.text)
        if assignment is None or assignment.start(2) > self.column:
            return self.here(message, "put all of it in quotes")
        name, value = assignment[1], re.split(r"[ \t]+#", assignment[2])[0].strip()
        option = find_option(name)
        text = self.shown(value)
        if option is not None and option.kind == "list":
            text = f"[{text}]"
        begin = self.source.start(self.source.line(self.pos)) + assignment.start(2)
        where = self.source.where(begin, begin + max(1, len(value)))
        return self._mistake(message, f"write {name}: {text}", where)

    def _mistake(self, message: str, note: str, where: Where) -> Diagnostic:
        shown = show_yaml(where, self.source.lines)
        return Diagnostic("error", "syntax", message, (Label(shown, note),))


def _of_scanner(broken: _Broken, problem: str, context: str, begin: Any) -> Diagnostic | None:
    """Explain what is wrong with a letter."""
    letter = broken.source.text[broken.pos : broken.pos + 1]
    if "cannot start any token" in problem:
        if letter == "\t":
            return broken.here("YAML is indented with spaces", "write spaces instead of this tab")
        return broken.value(f"a text that begins with {letter} stands in quotes")
    if context in ("while scanning an alias", "while scanning an anchor") and begin is not None:
        letter = broken.source.text[begin.index]
        return _Broken(broken.source, begin.index).value(f"a text that begins with {letter} stands in quotes")
    if "undefined alias" in problem:
        message = "a text that begins with * stands in quotes; as an alias it has no anchor above"
        return broken.value(message)
    if "duplicate anchor" in problem:
        return broken.here("an anchor has a name of its own", "the name is taken above")
    if context == "while scanning a block scalar" and begin is not None:
        letter = broken.source.text[begin.index]
        return _Broken(broken.source, begin.index).value(f"a text that begins with {letter} stands in quotes")
    if context == "while scanning a tag" and begin is not None:
        return _Broken(broken.source, begin.index).value("a text that begins with ! stands in quotes")
    if (
        problem == "a number is too large"
        or "escape" in problem
        or "hexadecimal" in problem
        or context.startswith("while scanning a double-quoted")
    ):
        note = r"write \\ for a backslash, or put the text in '...', where it is none"
        return broken.here("a backslash begins an escape that there is not", note)
    if context == "while scanning a quoted scalar" and begin is not None:
        start = begin.index
        quote = broken.source.text[start]
        return _Broken(broken.source, start).here("this quote is not closed", f"close it with {quote}")
    if "could not find expected ':'" in problem and begin is not None:
        return _no_colon(_Broken(broken.source, begin.index))
    if "sequence entries are not allowed" in problem:
        if broken.text[broken.column :].strip() == "-":
            return broken.value("a text that begins with - stands in quotes")
        note = "begin the list in the next line, or write [a, b]; a text is put in quotes"
        return broken.here("a list does not begin here", note)
    if "mapping values are not allowed" in problem:
        first = _ASSIGNMENT.match(broken.text)
        if first is not None and first.start(2) <= broken.column:
            return broken.value('a text with ": " in it stands in quotes')
        return _indented(broken)
    return None


def _of_parser(broken: _Broken, problem: str, context: str, begin: Any) -> Diagnostic:
    """Explain what stands where it cannot."""
    is_later = begin is not None and broken.source.line(broken.pos) > broken.source.line(begin.index)
    if context.startswith("while parsing a flow") and begin is not None:
        text = broken.source.text.rstrip()
        start = begin.index if begin.index < len(text) else max(text.rfind("["), text.rfind("{"))
        opening = text[start]
        if opening in "[{" and (is_later or broken.pos >= len(text)):
            closing = "]" if opening == "[" else "}"
            opened = _Broken(broken.source, start)
            return opened.here(f"this `{opening}` is not closed", f"close it with {closing}")
        return broken.value("the value is broken here: a text stands in quotes")
    if "another document" in problem or problem.startswith("expected '<document start>'"):
        return broken.line("a file is one map", "take out what separates it here")
    if re.search(r"found '(<block mapping start>|<block sequence start>|-|[?])'", problem):
        return _indented(broken)
    if "found '<scalar>'" in problem:
        assignment = _ASSIGNMENT.match(broken.text)
        if assignment is not None and assignment.start(2) < broken.column:
            return broken.here("the value has ended before this", "put all of it in quotes")
        return _indented(broken)
    return broken.here("this is not YAML", problem or "it cannot be read")


def _indented(broken: _Broken) -> Diagnostic:
    note = "lines of one map begin in the same column, those inside of it further right"
    return broken.line("this line is indented otherwise than what is around it", note)


def _no_colon(broken: _Broken) -> Diagnostic:
    found = re.match(r"[ \t]*(?:export[ \t]+)?([\w-]+)(?:[ \t]*=[ \t]*|[ \t]+|:)(.*)", broken.text)
    if found is None or not found[2]:
        return broken.line("`:` and a value are missing", "write name: value")
    return broken.line("`: ` is missing", f"write {found[1]}: {_simple(broken, found[2])}")


def _simple(broken: _Broken, value: str) -> str:
    """Return a value for a message, in quotes only where it needs them."""
    is_simple = re.fullmatch(r"""[\w./]+|"[^"]*"|'[^']*'""", value.strip()) is not None
    return value.strip() if is_simple and not broken.is_secret else broken.shown(value)
