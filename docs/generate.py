"""Writes what the code knows into the pages that show it: `python -m docs.generate`.

A page has a pair of comments, `<!-- made: NAME -->` and `<!-- end -->`; what stands between them is made
here. What a page's commands print is made by running them (terminal.py), and the manual pages are made from
man/*.in (manual.py). A test says when any of it is older than the code.
"""  # noqa: INP001 - pages with a script among them, not a package

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docs import entries
from docs.manual import manuals, words_of_the_command
from docs.terminal import is_told, told
from tests.conformance.musts import MUSTS, rows
from tests.conformance.opinions import OPINIONS
from wsgid.arbiter.pool import TRANSITIONS
from wsgid.config import generate as option_table
from wsgid.config.about import ALL_KINDS
from wsgid.config.gunicorn_names import OURS, UNUSED
from wsgid.config.settings import Settings, about

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: Final = Path(__file__).parent

_BLOCK: Final = re.compile(r"(<!-- made: (\S+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def main() -> None:
    option_table.main()
    for page in sorted(PAGES.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        made = filled(text)
        if is_told(made):
            made = told(made)
        if made != text:
            page.write_text(made, encoding="utf-8")
    for manual, text in manuals().items():
        manual.write_text(text, encoding="utf-8")


def filled(text: str) -> str:
    """Return a page with its blocks as they should be."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n{block[3]}", text)


def commands() -> str:
    """Return a table of what the command takes beside settings."""
    lines = ["| Option | Does |", "|---|---|"]
    lines += [f"| {names} | {does} |" for _, names, does in words_of_the_command()]
    return "\n".join(lines) + "\n"


def gunicorn_names() -> str:
    """Return a table of gunicorn's names that are ours by another."""
    lines = ["| gunicorn | wsgid |", "|---|---|"]
    lines += [f"| `{theirs}` | `{ours}` |" for theirs, ours in OURS.items() if ours not in (theirs, "hooks")]
    return "\n".join(lines) + "\n"


def gunicorn_unused() -> str:
    """Return a table of gunicorn's settings that have no use here, those with one reason together."""
    lines = ["| gunicorn | Why |", "|---|---|"]
    for why in dict.fromkeys(UNUSED.values()):
        names = ", ".join(f"`{name}`" for name, reason in UNUSED.items() if reason == why)
        lines.append(f"| {names} | {why} |")
    return "\n".join(lines) + "\n"


def worker_kinds() -> str:
    """Return a table of the settings that have no effect with every kind of worker."""
    kinds = [kind for kind in ALL_KINDS if kind != "gthread"]  # it is sync's server
    lines = [f"| | {' | '.join(f'`{kind}`' for kind in kinds)} |".replace("`sync`", "`sync`, `gthread`")]
    lines.append("|---" * (len(kinds) + 1) + "|")
    for name in Settings.model_fields:
        honoured = about(name).kinds
        if honoured != ALL_KINDS:
            marks = " | ".join("yes" if kind in honoured else "" for kind in kinds)
            lines.append(f"| [`{name}`](../reference/settings.md#{name}) | {marks} |")
    return "\n".join(lines) + "\n"


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


def musts() -> str:
    """Return a table of what RFC 9112 demands, and of how many rows of the tests hold us to it."""
    lines = ["| Section | Demand | Rows |", "|---|---|---|"]
    lines += [f"| {must.section} | {must.says} | {len(rows(must))} |" for must in MUSTS]
    return "\n".join(lines) + "\n"


def opinions() -> str:
    """Return a table of where others understand a request in another way."""
    lines = ["| Reader | It | What | Why we do not |", "|---|---|---|---|"]
    lines += [f"| {one.reader} | {one.kind} | {one.what} | {one.why} |" for one in OPINIONS]
    return "\n".join(lines) + "\n"


def decisions() -> str:
    """Return the list of decisions, by their titles."""
    lines = []
    for page in sorted((PAGES / "decisions").glob("*.md")):
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"* [{page.name[:4]}: {title[0].lower()}{title[1:]}](decisions/{page.name})")
    return "\n".join(lines) + "\n"


BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "settings": entries.markdown,
    "commands": commands,
    "gunicorn-names": gunicorn_names,
    "gunicorn-unused": gunicorn_unused,
    "worker-kinds": worker_kinds,
    "worker-states": worker_states,
    "decisions": decisions,
    "musts": musts,
    "opinions": opinions,
}


if __name__ == "__main__":
    main()
