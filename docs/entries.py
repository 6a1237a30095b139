"""What is said of a setting, in settings.md and in wsgid.toml(5): what the model knows, and a text beside it.

The model has one line of help, which --help prints. Where that is not enough, reference/settings.toml has
more; it lies beside the pages, so that no start of the server pays for it.
"""  # noqa: INP001 - beside the pages, not a package

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tomli
from annotated_types import Ge, Gt, Le

from wsgid.config import generate
from wsgid.config.expects import Expects
from wsgid.config.explain import CHANGES
from wsgid.config.settings import ALL_KINDS, Settings, about
from wsgid.config.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.option import Option

TEXTS: Final[dict[str, str]] = tomli.loads(
    Path(__file__).with_name("reference").joinpath("settings.toml").read_text(encoding="utf-8")
)

# A bound above it keeps nobody from anything; it is a slip's.
_WORTH_TELLING: Final = 2**16


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting, in Markdown: a sentence and more text, then what there is to know of it, name by name."""

    name: str
    section: str
    sentence: str
    more: str
    facts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        facts = "\n".join(f"* {fact}: {said}" for fact, said in self.facts)
        return "\n\n".join(part for part in (self.sentence, self.more, facts) if part)


def entries() -> tuple[Entry, ...]:
    """Return all settings, in the order of the model."""
    return tuple(_entry(generate.option(name)) for name in Settings.model_fields)


def markdown() -> str:
    """Return what stands in settings.md: the names first, then an entry for each."""
    lines = ["| Section | Settings |", "|---|---|"]
    for section, members in _sections():
        names = ", ".join(f"[`{entry.name}`](#{entry.name})" for entry in members)
        lines.append(f"| {section} | {names} |")
    for section, members in _sections():
        # Not the word alone: there is a setting `workers` too, and a heading's anchor is its words.
        lines += ["", f"## Section {section}"]
        for entry in members:
            lines += ["", f"### `{entry.name}`", "", entry.text]
    return "\n".join(lines) + "\n"


def _sections() -> Iterator[tuple[str, list[Entry]]]:
    for section, members in groupby(entries(), lambda entry: entry.section):
        yield section, list(members)


def _entry(option: Option) -> Entry:
    return Entry(
        name=option.name,
        section=option.section,
        sentence=sentence(option.help),
        more=TEXTS.get(option.name, "").strip(),
        facts=tuple((fact, said) for fact, said in _facts(option) if said),
    )


def flags(option: Option) -> str:
    """Return how it is given on a command line, a switch with its opposite."""
    if option.name == "app":
        return f"`{option.metavar}`"
    opposites = [
        flag.replace("--", "--no-", 1)
        for flag in option.flags
        if option.kind == "flag" and flag.startswith("--")
    ]
    value = f" {option.metavar}" if option.metavar and option.kind != "flag" else ""
    return ", ".join(f"`{flag}{value}`" for flag in (*option.flags, *opposites))


def sentence(text: str) -> str:
    """Return a line of help as a sentence of Markdown."""
    return f"{text[0].upper()}{text[1:]}.".replace("*", "\\*")


def _facts(option: Option) -> Iterator[tuple[str, str]]:
    known = about(option.name)
    yield "Value", _value(option.name)
    yield "Default", known.default_words or _default(option)
    yield "Command line", flags(option)
    yield "Environment", f"`{option.variable}`"
    yield "Also called", ", ".join(f"`{alias}`" for alias in option.aliases)
    yield "A change needs", CHANGES[known.change]
    if known.kinds != ALL_KINDS:
        yield "Worker classes", ", ".join(f"`{kind}`" for kind in known.kinds)


def _default(option: Option) -> str:
    """Return a default as a file has it where that is not how a command line does."""
    if option.kind in ("flag", "map"):
        value = Settings.model_fields[option.name].get_default(call_default_factory=True)
        return f"`{written(value)}`" if value != {} else "none"
    return f"`{option.default}`" if option.default else "none"


def _value(name: str) -> str:
    metadata = Settings.model_fields[name].metadata
    what = [item for item in metadata if isinstance(item, Expects)][-1].what
    least = next((item.ge for item in metadata if isinstance(item, Ge)), None)
    most = next((item.le for item in metadata if isinstance(item, Le)), None)
    if any(isinstance(item, Gt) for item in metadata):
        return f"{what}; above 0"
    if not what.startswith("an integer") or least is None:
        return what
    if isinstance(most, int) and most < _WORTH_TELLING:
        return f"{what}; {least} to {most}"
    return f"{what}; at least {least}"
