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
    bare: str
    """What the flag means without a value; empty where it must have one."""
    words: tuple[str, ...]
    """What it takes, where it takes only some words."""
    default: str
    """As a person would write it; empty where there is nothing to say."""
    default_words: str
    """Says the default where its value does not."""
    is_gunicorn: bool
    """Whether gunicorn has the name, too."""
    is_octal: bool
    help: str

    @property
    def variable(self) -> str:
        return "WSGID_" + self.name.upper()

    @property
    def names(self) -> tuple[str, ...]:
        """All that people may call it in a file: flags, too, such as access_logfile, keep_alive."""
        flags = (flag for flag in (*self.flags, *self.old_flags) if flag.startswith("--"))
        return (self.name, *self.aliases, *(flag[2:].replace("-", "_") for flag in flags))
