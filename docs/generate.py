"""Writes what the code knows into the pages that show it: `python -m docs.generate`.

A page has a pair of comments, `<!-- made: NAME -->` and `<!-- end -->`; what stands between them is made
here. A test says when it is older than the code.
"""  # noqa: INP001 - pages with a script among them, not a package

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wsgid.arbiter.pool import TRANSITIONS
from wsgid.config import generate as option_table
from wsgid.config.option_table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.config.option import Option

PAGES: Final = Path(__file__).parent

_BLOCK: Final = re.compile(r"(<!-- made: (\S+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def main() -> None:
    option_table.main()
    for page in PAGES.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        made = filled(text)
        if made != text:
            page.write_text(made, encoding="utf-8")


def filled(text: str) -> str:
    """Return a page with its blocks as they should be."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n{block[3]}", text)


def settings() -> str:
    """Return tables of all settings, one a section, in the order of the model."""
    lines: list[str] = []
    for section, options in groupby(OPTIONS, lambda option: option.section):
        lines += [f"### {section}\n", "| Setting | Command line | Default | Meaning |", "|---|---|---|---|"]
        lines += [_setting(option) for option in options]
        lines.append("")
    return "\n".join(lines)


def _setting(option: Option) -> str:
    if option.name == "app":
        flags = "`APP_MODULE`"
    else:
        opposites = [flag.replace("--", "--no-", 1) for flag in option.flags if option.kind == "flag"]
        value = f" {option.metavar}" if option.metavar else ""
        flags = ", ".join(f"`{flag}{value}`" for flag in (*option.flags, *opposites))
    default = f"`{option.default}`" if option.default else ""
    # A bar ends a cell, and what has angle brackets or stars would be markup.
    meaning = option.help.replace("|", "\\|").replace("*", "\\*")
    return f"| `{option.name}` | {flags} | {default} | {meaning} |"


def worker_states() -> str:
    """Return the arbiter's table of states and events."""
    events = sorted({event for row in TRANSITIONS.values() for event in row}, key=lambda event: event.value)
    lines = [
        f"| | {' | '.join(event.value for event in events)} |",
        "|---" * (len(events) + 1) + "|",
    ]
    for state, row in TRANSITIONS.items():
        cells = (row[event].name if event in row else "" for event in events)
        lines.append(f"| **{state.name}** | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def decisions() -> str:
    """Return the list of decisions, by their titles."""
    lines = []
    for page in sorted((PAGES / "decisions").glob("*.md")):
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"* [{page.name[:4]}: {title[0].lower()}{title[1:]}](decisions/{page.name})")
    return "\n".join(lines) + "\n"


BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "settings": settings,
    "worker-states": worker_states,
    "decisions": decisions,
}


if __name__ == "__main__":
    main()
