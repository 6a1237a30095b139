"""Markdown, as far as these pages use it -> man(7).

Knows headings, paragraphs, lists, fences, tables (a row becomes a term and its text), and within a line code,
bold, emphasis and links. A manual is read in a terminal: a link keeps its text alone.
"""  # noqa: INP001 - beside the pages, not a package

from __future__ import annotations

import re
import textwrap
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters that roff would draw as others, which a reader could not copy into a shell or a file.
_PLAIN: Final = str.maketrans({"\\": "\\e", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"})
_CODE: Final = str.maketrans({"-": "\\-"})

_INLINE: Final = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|(?<![\w*])\*(?P<emphasis>[^*\s][^*]*)\*(?!\w)"
    r"|\[(?P<link>[^\]]+)\]\([^)]*\)"
    r"|\\(?P<mark>[*|_])"
)
_WIDTH: Final = 78

_CELL_END: Final = re.compile(r"(?<!\\)\|")


def escaped(text: str) -> str:
    """Return plain text so that roff prints it as it is."""
    return text.translate(_PLAIN)


def literal(text: str) -> str:
    """Return what a reader types, a dash as a dash."""
    return escaped(text).translate(_CODE)


def inline(text: str) -> str:
    """Return a line with its fonts."""
    parts = []
    end = 0
    for match in _INLINE.finditer(text):
        parts += [escaped(text[end : match.start()]), _styled(match)]
        end = match.end()
    parts.append(escaped(text[end:]))
    return "".join(parts)


def _styled(match: re.Match[str]) -> str:
    if match["code"]:
        return f"\\fB{literal(match['code'])}\\fR"
    if match["bold"]:
        return f"\\fB{inline(match['bold'])}\\fR"
    if match["emphasis"]:
        return f"\\fI{inline(match['emphasis'])}\\fR"
    return inline(match["link"]) if match["link"] else escaped(match["mark"])


def line(text: str) -> str:
    """Return a line of text, that no request can be taken for."""
    return _guarded(inline(text))


def lines(text: str) -> str:
    """Return a line of text as lines, short enough for old readers of mail and for mandoc's lint."""
    made = textwrap.wrap(inline(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(_guarded(part) for part in made)


def _guarded(made: str) -> str:
    return f"\\&{made}" if made.startswith(".") else made


def blocks(markdown: str) -> str:
    """Return paragraphs, lists, fences and tables."""
    return "".join(f"{made}\n" for made in _blocks(markdown.strip("\n").split("\n")))


def term(name: str, text: str) -> str:
    """Return a term, and what is said of it, in Markdown; the first paragraph stands right below it."""
    first, _, rest = text.strip("\n").partition("\n\n")
    made = f".TP\n{line(name)}\n{blocks(first).removeprefix('.PP' + chr(10))}"
    if rest:
        # What follows keeps the term's indent.
        made += f".RS\n{blocks(rest)}.RE\n"
    return made


def _blocks(source: list[str]) -> Iterator[str]:
    rest = deque(source)
    # Whether a paragraph may begin; below a heading it has begun.
    between = True
    while rest:
        text = rest.popleft()
        if text.startswith("```"):
            # .EE would hyphenate again what follows.
            yield from (".PP", ".RS 4", ".EX", *_fence(rest), ".EE", ".nh", ".RE")
            between = True
        elif text.startswith("#"):
            level, _, title = text.partition(" ")
            yield f".SH {_title(title.upper())}" if len(level) == 1 else f".SS {_title(title)}"
            while rest and not rest[0]:
                rest.popleft()
            between = False
        elif text.startswith("|"):
            rest.appendleft(text)
            yield from _table(rest)
            between = True
        elif match := re.match(r"(\*|\d+\.) (.*)", text):
            tag = "\\(bu 2" if match[1] == "*" else f"{match[1]} 3"
            yield from (f".IP {tag}", lines(match[2]))
            between = False
        elif text:
            if between:
                yield ".PP"
            yield lines(text.strip())
            between = False
        else:
            between = True


def _fence(rest: deque[str]) -> Iterator[str]:
    while not (text := rest.popleft()).startswith("```"):
        yield _guarded(literal(text))


def _title(text: str) -> str:
    # A title is an argument, where a quotation mark would end it.
    return '"' + inline(text).replace('"', "\\(dq") + '"'


def _table(rest: deque[str]) -> Iterator[str]:
    """Yield each row as a term and its text."""
    rows = []
    while rest and rest[0].startswith("|"):
        rows.append(cells(rest.popleft()))
    for name, *said in rows[2:]:
        yield from (".TP", line(name), *(lines(text) for text in said if text))


def cells(row: str) -> list[str]:
    """Return the cells of a table's row."""
    return [cell.strip() for cell in _CELL_END.split(row.strip())[1:-1]]
