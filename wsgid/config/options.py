"""The command line: arguments -> a layer, and what they ask for beside settings.

It is made from option_table.py and imports no pydantic, for --help and --version.
"""

from __future__ import annotations

import argparse
import difflib
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from wsgid.config.option_table import OPTIONS
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.config.option import Option

USAGE = "wsgid [OPTIONS] APP_MODULE"
DESCRIPTION = "Serves a WSGI application with pre-forked workers."
EPILOG = (
    'DURATION is seconds, or "30s", "5m", "1h", "500ms"; SIZE is octets, or "64K", "10M", "1G". '
    "In a TOML file a setting has the name of its variable, without WSGID_ and in small letters. "
    "Above the defaults come the file, the environment, the command line."
)


class Argument(NamedTuple):
    """A setting that was given: the flag as it was typed ("" for APP_MODULE), and the text of its value."""

    name: str
    flag: str
    text: str


class Command(NamedTuple):
    """What a command line asks for."""

    arguments: tuple[Argument, ...]
    config: str | None
    wants_help: bool
    wants_version: bool


def parse_command(argv: Sequence[str]) -> Command:
    """Read the arguments after the command's name; raises UsageError."""
    namespace, rest = make_parser().parse_known_args(argv)
    command = Command(tuple(namespace.arguments or ()), namespace.config, namespace.help, namespace.version)
    if rest and not command.wants_help:
        raise UsageError(_what_is_left(rest))
    return command


def make_parser() -> argparse.ArgumentParser:
    """Make the parser; its `format_help` is what --help prints."""
    parser = _Parser(
        prog="wsgid",
        usage=USAGE,
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
        add_help=False,
    )
    for option in OPTIONS:
        if option.name == "app":
            parser.add_argument(
                option.name,
                nargs="?",
                action=_Note,
                option=option,
                metavar=option.metavar,
                help=_help(option),
            )
    commands = parser.add_argument_group("Commands")
    commands.add_argument("-h", "--help", action="store_true", help="print this and exit")
    commands.add_argument("-v", "--version", action="store_true", help="print the version and exit")
    commands.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="TOML file with settings; without it ./wsgid.toml is read, if it is there",
    )
    sections: dict[str, argparse._ArgumentGroup] = {}
    for option in OPTIONS:
        if option.flags:
            section = sections.get(option.section)
            if section is None:
                section = sections[option.section] = parser.add_argument_group(option.section)
            _add(section, option)
    return parser


def _add(section: argparse._ArgumentGroup, option: Option) -> None:
    if option.kind == "flag":
        opposites = [flag.replace("--", "--no-", 1) for flag in option.flags if flag.startswith("--")]
        section.add_argument(
            *option.flags, *opposites, action=_Note, option=option, nargs=0, help=_help(option)
        )
        return
    section.add_argument(
        *option.flags, action=_Note, option=option, metavar=option.metavar, help=_help(option)
    )
    if option.old_flags:
        section.add_argument(*option.old_flags, action=_Note, option=option, help=argparse.SUPPRESS)


def _help(option: Option) -> str:
    default = f" [default: {option.default}]" if option.default else ""
    return f"{option.help}{default} [env: {option.variable}]".replace("%", "%%")


class _Note(argparse.Action):
    """Notes each setting in the order in which they were typed."""

    def __init__(self, *, option: Option, **kwargs: Any) -> None:
        # One list for all settings.
        super().__init__(**{**kwargs, "dest": "arguments"})
        self.option = option

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  argparse's contract
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        flag = option_string or ""
        if self.option.kind == "flag":
            text = "false" if flag.startswith("--no-") else "true"
        elif isinstance(values, str):
            text = values
        else:
            return  # APP_MODULE was not given
        namespace.arguments = [*(namespace.arguments or ()), Argument(self.option.name, flag, text)]


class _Parser(argparse.ArgumentParser):
    """argparse's, but it neither prints nor exits."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"wsgid: {message}\n`wsgid --help` lists the options.")


def _what_is_left(rest: Sequence[str]) -> str:
    """Say what is wrong with the arguments that nothing took."""
    flag = next((text for text in rest if text.startswith("-")), None)
    if flag is None:
        return f"wsgid: one application is served, `{rest[0]}` would be another\nusage: {USAGE}"
    name = flag.partition("=")[0]
    flags = [known for option in OPTIONS for known in option.flags]
    near = difflib.get_close_matches(name, flags, n=1)
    meant = f", did you mean {near[0]}?" if near else ""
    return f"wsgid: there is no option {name}{meant}\n`wsgid --help` lists the options."
