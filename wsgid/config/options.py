"""The command line: arguments -> a layer, and what they ask for beside settings.

It is made from option_table.py and imports no pydantic, for --help and --version.
"""

from __future__ import annotations

import argparse
import difflib
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, get_args

from wsgid.config.gunicorn_names import UNUSED, UNUSED_FLAGS
from wsgid.config.option_table import OPTIONS
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.config.option import Option


class Program(NamedTuple):
    """A command that serves: its name, and the setting that its one argument without a flag is."""

    name: str
    setting: str
    usage: str
    example: str
    description: str


PROGRAMS = (
    Program(
        "wsgid",
        "app",
        "wsgid [OPTIONS] APP_MODULE",
        "wsgid mysite.wsgi:application",
        "Serves a WSGI application with pre-forked workers.",
    ),
    Program(
        "wsgid-django",
        "django",
        "wsgid-django [OPTIONS] [SETTINGS_PATH]",
        "wsgid-django mysite.settings",
        "Serves a Django project, by default that of the start directory, with pre-forked workers.",
    ),
    Program(
        "wsgid-paster",
        "paste",
        "wsgid-paster [OPTIONS] INI[#NAME]",
        "wsgid-paster production.ini",
        "Serves what a PasteDeploy configuration names, with pre-forked workers.",
    ),
)
WSGID = PROGRAMS[0]

AS_PROGRAM = "--as-program="
"""Says which of these a command line was typed for. It is one of the arguments, so that it travels with them
to wherever they are read again: a reload's probe, an upgrade, a check of who serves."""

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


COMMAND_FLAGS = (
    "--all",
    "--check-config",
    "--config",
    "--explain",
    "--help",
    "--init",
    "--instance",
    "--json",
    "--no-app",
    "--output-format",
    "--print-completion",
    "--print-config",
    "--print-schema",
    "--print-unit",
    "--show-config",
    "--strict",
    "--version",
)
"""What is no setting's flag."""

Action = Literal["serve", "check", "show", "explain", "schema", "init", "completion", "unit"]
OutputFormat = Literal["full", "concise", "json"]
Shell = Literal["bash", "zsh", "fish"]
Unit = Literal["service", "socket", "target"]


class Command(NamedTuple):
    """What a command line asks for.

    `action` is what to do with the settings; what stands below it is a word to one of the actions.
    """

    arguments: tuple[Argument, ...]
    config: str | None
    instance: str | None
    wants_help: bool
    wants_version: bool
    action: Action = "serve"
    explain_name: str = ""
    shell: str = ""
    strict: bool = False
    no_app: bool = False
    check_all: bool = False
    output_format: OutputFormat = "full"
    as_json: bool = False
    unit: str = ""
    program: Program = WSGID


def program_of(argv: Sequence[str]) -> Program:
    """Return the command that a command line was typed for."""
    name = next((word.removeprefix(AS_PROGRAM) for word in argv if word.startswith(AS_PROGRAM)), "")
    return next((program for program in PROGRAMS if program.name == name), WSGID)


def parse_command(argv: Sequence[str]) -> Command:
    """Read the arguments after the command's name; raises UsageError."""
    program = program_of(argv)
    argv = [word for word in argv if not word.startswith(AS_PROGRAM)]
    namespace, rest = make_parser(program).parse_known_args(argv)
    actions: dict[Action, str] = namespace.actions or {}
    command = Command(
        arguments=tuple(namespace.arguments or ()),
        config=namespace.config,
        instance=namespace.instance,
        wants_help=namespace.help,
        wants_version=namespace.version,
        action=next(iter(actions), "serve"),
        explain_name=namespace.explain or "",
        shell=namespace.print_completion or "",
        strict=namespace.strict,
        no_app=namespace.no_app,
        check_all=namespace.all,
        output_format=namespace.output_format or "full",
        as_json=namespace.json,
        unit=namespace.print_unit or "",
        program=program,
    )
    if command.wants_help or command.wants_version:
        return command
    if rest:
        raise UsageError(_what_is_left(rest, program))
    if len(actions) > 1:
        flags = " and ".join(actions.values())
        raise UsageError(f"{program.name}: {flags} are two commands: give one of them")
    _look_at_words(namespace, command)
    return command


def _look_at_words(namespace: argparse.Namespace, command: Command) -> None:
    """Refuse a word to a command that was not given; it would be dropped silently."""
    owners: dict[str, tuple[Action, str]] = {
        "strict": ("check", "--check-config"),
        "no_app": ("check", "--check-config"),
        "all": ("check", "--check-config"),
        "output_format": ("check", "--check-config"),
        "json": ("show", "--show-config"),
    }
    for name, (action, flag) in owners.items():
        if getattr(namespace, name) and command.action != action:
            raise UsageError(
                f"{command.program.name}: --{name.replace('_', '-')} belongs to {flag}, which was not given"
            )
    if command.check_all and (command.instance is not None or command.config is not None):
        raise UsageError("wsgid: --all checks every instance: leave --instance and -c out")
    if command.check_all and command.arguments:
        first = command.arguments[0]
        raise UsageError(f"wsgid: --all checks every instance as it is: leave {first.flag or first.text} out")


def make_parser(program: Program = WSGID) -> argparse.ArgumentParser:
    """Make a command's parser; its `format_help` is what --help prints."""
    parser = _Parser(
        prog=program.name,
        usage=program.usage,
        description=program.description,
        epilog=EPILOG,
        allow_abbrev=False,
        add_help=False,
    )
    parser.set_defaults(actions=None, arguments=None)
    for option in OPTIONS:
        if option.name == program.setting:
            parser.add_argument(
                option.name,
                nargs="?",
                action=_Note,
                option=option,
                metavar=option.metavar,
                help=_help(option),
            )
    _add_commands(parser)
    sections: dict[str, argparse._ArgumentGroup] = {}
    for option in OPTIONS:
        if option.flags and option.name != program.setting:
            section = sections.get(option.section)
            if section is None:
                section = sections[option.section] = parser.add_argument_group(option.section)
            _add(section, option)
    return parser


def _add_commands(parser: argparse.ArgumentParser) -> None:
    """Add what is no setting: which files are read, and what to do with them instead of serving."""
    files = parser.add_argument_group("Files")
    files.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="read this TOML, YAML or Python file; without it the start directory's wsgid.toml, wsgid.yaml, "
        "wsgid.conf.py or gunicorn.conf.py is read, if it is there. Also file:PATH and python:MODULE",
    )
    files.add_argument(
        "--instance",
        metavar="NAME",
        help="read /etc/wsgid/wsgid.toml, /etc/wsgid/NAME.toml (.yaml, .py) and the files in NAME.d, "
        "as wsgid@NAME.service does",
    )
    commands = parser.add_argument_group("Commands")
    commands.add_argument("-h", "--help", action="store_true", help="print this and exit")
    commands.add_argument("-v", "--version", action="store_true", help="print the version and exit")
    commands.add_argument(
        "--check-config",
        action=_Do,
        does="check",
        nargs=0,
        help="print every mistake in the settings, and what would keep the server from serving",
    )
    commands.add_argument(
        "--no-app",
        action="store_true",
        help="with --check-config: look at the settings alone, and do not import the application",
    )
    commands.add_argument("--strict", action="store_true", help="with --check-config: a warning is an error")
    commands.add_argument(
        "--all",
        action="store_true",
        help="with --check-config: every instance, and what clashes between them",
    )
    commands.add_argument(
        "--output-format",
        choices=get_args(OutputFormat),
        metavar="FORMAT",
        help="with --check-config: full (as a person reads it), concise (a line a mistake) or json",
    )
    commands.add_argument(
        "--show-config",
        "--print-config",
        action=_Do,
        does="show",
        nargs=0,
        help="print the settings in force, as TOML, each with its place",
    )
    commands.add_argument("--json", action="store_true", help="with --show-config: as JSON")
    commands.add_argument(
        "--explain",
        action=_Do,
        does="explain",
        metavar="NAME",
        help="print what is known of a setting, and every place that gave it a value",
    )
    commands.add_argument(
        "--init", action=_Do, does="init", nargs=0, help="print a configuration file to begin with"
    )
    commands.add_argument(
        "--print-schema",
        action=_Do,
        does="schema",
        nargs=0,
        help="print the JSON Schema of a configuration file, for editors",
    )
    commands.add_argument(
        "--print-completion",
        action=_Do,
        does="completion",
        choices=get_args(Shell),
        metavar="SHELL",
        help="print the completion script for bash, zsh or fish",
    )
    commands.add_argument(
        "--print-unit",
        action=_Do,
        does="unit",
        choices=get_args(Unit),
        metavar="UNIT",
        help="print the systemd unit for instances, service, socket or target, with this interpreter's path",
    )


def _add(section: argparse._ArgumentGroup, option: Option) -> None:
    if option.kind == "flag":
        opposites = [flag.replace("--", "--no-", 1) for flag in option.flags if flag.startswith("--")]
        section.add_argument(
            *option.flags, *opposites, action=_Note, option=option, nargs=0, help=_help(option)
        )
        return
    may_be_bare: dict[str, Any] = {"nargs": "?", "const": option.bare} if option.bare else {}
    section.add_argument(
        *option.flags,
        action=_Note,
        option=option,
        metavar=option.metavar,
        help=_help(option),
        **may_be_bare,
    )
    if option.old_flags:
        section.add_argument(*option.old_flags, action=_Note, option=option, help=argparse.SUPPRESS)


def _help(option: Option) -> str:
    known = option.default or option.default_words
    default = f" [default: {known}]" if known else ""
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


class _Do(argparse.Action):
    """Notes which commands were given, and by which flags."""

    def __init__(self, *, does: Action, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.does = does

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  argparse's contract
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values)
        namespace.actions = {**(namespace.actions or {}), self.does: option_string or ""}


class _Parser(argparse.ArgumentParser):
    """argparse's, but it neither prints nor exits."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}\n`{self.prog} --help` lists the options.")


def _what_is_left(rest: Sequence[str], program: Program) -> str:
    """Say what is wrong with the arguments that nothing took."""
    flag = next((text for text in rest if text.startswith("-")), None)
    if flag is None:
        return (
            f"{program.name}: one application is served, `{rest[0]}` would be another\nusage: {program.usage}"
        )
    name = flag.partition("=")[0]
    if name in UNUSED_FLAGS:
        return f"{program.name}: {name} is gunicorn's, and of no use here: {UNUSED[UNUSED_FLAGS[name]]}"
    flags = [known for option in OPTIONS for known in option.flags] + list(COMMAND_FLAGS)
    near = difflib.get_close_matches(name, flags, n=1)
    meant = f", did you mean {near[0]}?" if near else ""
    return f"{program.name}: there is no option {name}{meant}\n`{program.name} --help` lists the options."
