"""The manual pages wsgid(1), wsgidctl(1) and wsgid.toml(5), from the Markdown in man/*.in.

A comment `<!-- made: NAME -->` stands there for what the model, the parser or another page knows: nobody
writes it twice.
"""  # noqa: INP001 - beside the pages, not a package

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docs import roff
from docs.entries import entries, flags, sentence
from wsgid import __version__
from wsgid.config import generate
from wsgid.config.options import make_parser
from wsgid.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGES: Final = Path(__file__).parent
MANUALS: Final = PAGES / "man"

_MADE: Final = re.compile(r"^<!-- made: (\S+) -->\n", re.MULTILINE)

# When somebody last read both pages as a whole; roff wants a date, and that of the day would make them stale.
_READ: Final = "2026-11-23"


def manuals() -> dict[Path, str]:
    """Return the pages, by their files."""
    return {source.with_suffix(""): _manual(source) for source in sorted(MANUALS.glob("*.in"))}


def _manual(source: Path) -> str:
    name, _, section = source.stem.rpartition(".")
    text = source.read_text(encoding="utf-8")
    head = (
        '.\\" Made by `make generated`.\n'
        f'.TH {roff.literal(name.upper())} {section} "{_READ}" "wsgid {__version__}" "wsgid"\n'
        # No hyphenation, no stretched lines: names of settings and paths would not survive.
        ".nh\n.ad l\n"
    )
    parts = [head]
    for number, part in enumerate(_MADE.split(text)):
        if number % 2:
            parts += _PARTS[part]() if part in _PARTS else _table_of(part)
        else:
            parts.append(roff.blocks(part))
    return "".join(parts)


def words_of_the_command() -> Iterator[tuple[str, str, str]]:
    """Yield group, spellings and meaning of what the command takes beside settings, from its parser."""
    for group in make_parser()._action_groups:  # noqa: SLF001  argparse shows its groups nowhere else
        for action in group._group_actions:  # noqa: SLF001
            if not hasattr(action, "option"):
                value = f" {action.metavar}" if action.metavar else ""
                names = ", ".join(f"`{flag}{value}`" for flag in action.option_strings)
                yield group.title or "", names, sentence(action.help or "")


def _commands() -> Iterator[str]:
    for title, members in groupby(words_of_the_command(), lambda word: word[0]):
        yield roff.blocks(f"## {title}")
        for _, names, does in members:
            yield roff.term(names, does)


def _options() -> Iterator[str]:
    options = (generate.option(name) for name in Settings.model_fields)
    for section, members in groupby(options, lambda option: option.section):
        with_flags = [option for option in members if option.flags]
        if with_flags:
            yield roff.blocks(f"## {section}")
        for option in with_flags:
            default = f" Default: `{option.default}`." if option.default else ""
            yield roff.term(flags(option), f"{sentence(option.help)}{default}")


def _settings() -> Iterator[str]:
    for section, members in groupby(entries(), lambda entry: entry.section):
        yield roff.blocks(f"## {section}")
        for entry in members:
            yield roff.term(f"`{entry.name}`", entry.text)


def _table_of(part: str) -> Iterator[str]:
    """Yield a table of a page, named by its first head: `signals.md#Signal`."""
    yield roff.blocks("\n".join(_table(*part.split("#", 1))))


def _exit_codes() -> Iterator[str]:
    for row in _table("exit-codes.md", "Status")[2:]:
        status, _, when, restart = roff.cells(row)
        helps = f" A restart helps: {restart}." if restart else ""
        yield roff.term(status, f"{sentence(when)}{helps}")


def _table(page: str, head: str) -> list[str]:
    """Return the first table of a page of the reference that begins with this head."""
    lines = (PAGES / "reference" / page).read_text(encoding="utf-8").split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    return lines[start:end]


_PARTS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "commands": _commands,
    "options": _options,
    "exit-codes": _exit_codes,
    "settings": _settings,
}
