"""Option: what the command line and the environment need to know of a setting, without pydantic."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["value", "flag", "list", "map"]


class Option(NamedTuple):
    """One setting, as `option_table.py` has it; a NamedTuple, for a dataclass costs an import of inspect."""

    name: str
    kind: Kind
    section: str
    flags: tuple[str, ...]
    old_flags: tuple[str, ...]
    """Taken, but not shown."""
    aliases: tuple[str, ...]
    """Other names of the setting, as in gunicorn."""
    metavar: str
    default: str
    """As a person would write it; empty where there is nothing to say."""
    help: str

    @property
    def variable(self) -> str:
        return "WSGID_" + self.name.upper()
