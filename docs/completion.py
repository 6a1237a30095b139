"""Writes the completion scripts of bash, zsh and fish from the parsers: `python -m docs.completion`.

shtab makes them, at build time: whoever completes a word needs neither it nor a start of Python.
"""  # noqa: INP001 - pages with a script among them, not a package

from __future__ import annotations

import re
from itertools import dropwhile
from typing import TYPE_CHECKING, Any, Final

import shtab

from wsgid.cli.commands import COMPLETION
from wsgid.config.kinds import WORKER_CLASSES
from wsgid.config.option_table import OPTIONS
from wsgid.config.options import PROGRAMS, WSGID, make_parser

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from wsgid.config.options import Program

SHELLS: Final = ("bash", "zsh", "fish")
HEAD: Final = "made by `python -m docs.completion`; `{} --print-completion {}` prints it"

# Which files a shell offers is the metavar's to say.
FILES: Final = {
    "FILE": shtab.FILE,
    "FILE[#NAME]": shtab.FILE,
    "DIR": shtab.DIRECTORY,
    "DIR[,DIR]": shtab.DIRECTORY,
    "SETTINGS_PATH": shtab.FILE,
}

# The instances are what lies in one directory: NAME.toml, NAME.d and so on, but wsgid itself.
# No dollar sign, which fish would take for a variable's.
NAMES: Final = (
    "command ls /etc/wsgid 2>/dev/null"
    " | command sed -n -E '/^wsgid[.]|~|rpm|dpkg/d; s/[.](toml|yaml|yml|py|d)//p'"
)
INSTANCES: Final = {"bash": "_wsgid_instances", "zsh": "_wsgid_instances", "fish": f"({NAMES})"}
PREAMBLE: Final = {
    "bash": f'_wsgid_instances() {{\n  compgen -W "$({NAMES})" -- "$1"\n}}\n',
    "zsh": f'_wsgid_instances() {{\n  compadd -- ${{(f)"$({NAMES})"}}\n}}\n',
}


def main() -> None:
    COMPLETION.mkdir(exist_ok=True)
    for program in PROGRAMS:
        for shell in SHELLS:
            path(shell, program).write_text(script(shell, program), encoding="utf-8")


def path(shell: str, program: Program = WSGID) -> Path:
    """Return where a script lies: with the package, for `wsgid --print-completion` to find it."""
    return COMPLETION / f"{program.name}.{shell}"


def script(shell: str, program: Program = WSGID) -> str:
    """Return the text that a script should have."""
    parser = make_parser(program)
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to ask
        _teach(action)
    text = shtab.complete(parser, shell, preamble=PREAMBLE)  # type: ignore[arg-type]  # a text a shell, as it documents
    lines = [line.rstrip() for line in text.splitlines()]
    # Its head tells how to install what is not installed so; the first line tells zsh whose completion it is.
    first = lines[:1] if lines[0].startswith("#compdef") else []
    rest = dropwhile(lambda line: not line or line.startswith("#"), lines)
    name = program.name
    body = "\n".join([*first, f"# Completion for {name}; {HEAD.format(name, shell)}.", "", *rest])
    return re.sub(r"\n{3,}", "\n\n", body) + "\n"


def _teach(action: Any) -> None:
    """Tell what comes after a flag: words, files, settings, instances."""
    known: argparse.Action = action
    option = getattr(action, "option", None)
    metavar = str(known.metavar or "")
    if option is not None and option.name == "worker_class":
        known.choices = list(WORKER_CLASSES)
    elif option is not None and option.words and known.nargs != 0:
        known.choices = list(option.words)
    elif metavar in FILES:
        action.complete = FILES[metavar]
    elif "--explain" in known.option_strings:
        known.choices = [option.name for option in OPTIONS]
    elif "--instance" in known.option_strings:
        action.complete = INSTANCES


if __name__ == "__main__":
    main()
