"""The command line, as text: what was typed, and what argparse must not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.config.option_table import OPTIONS
from wsgid.config.options import AS_PROGRAM, COMMAND_FLAGS, PROGRAMS, Argument, make_parser, parse_command
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from wsgid.config.options import Program


def test_arguments_are_noted_as_they_were_typed() -> None:
    command = parse_command(
        ["-w", "4", "--bind=:80", "mysite:app", "-b", "unix:/x", "--no-sendfile", "--access-logfile", "-"]
    )

    assert (
        Argument("workers", "-w", "4"),
        Argument("bind", "--bind", ":80"),
        Argument("app", "", "mysite:app"),
        Argument("bind", "-b", "unix:/x"),
        Argument("sendfile", "--no-sendfile", "false"),
        Argument("accesslog", "--access-logfile", "-"),
    ) == command.arguments
    assert (None, False, False) == (command.config, command.wants_help, command.wants_version)


def test_no_arguments_are_no_settings() -> None:
    assert () == parse_command([]).arguments


def test_every_setting_with_a_flag_can_be_given() -> None:
    for option in OPTIONS:
        for flag in (*option.flags, *option.old_flags):
            argv = [flag] if option.kind == "flag" else [flag, "x=y"]

            (argument,) = parse_command(argv).arguments
            assert (option.name, flag) == (argument.name, argument.flag)


def test_gunicorns_spellings_are_taken() -> None:
    """Units that start gunicorn are to need another word only."""
    given = {
        "-k": "worker_class",
        "--threads": "threads",
        "-t": "timeout",
        "-n": "proc_name",
        "-e": "env",
        "--log-file": "errorlog",
        "--limit-request-field_size": "limit_request_field_size",
    }
    argv = [word for flag in given for word in (flag, "1")]

    assert list(given.values()) == [argument.name for argument in parse_command(argv).arguments]


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--wokers", "4"], "no option --wokers, did you mean --workers?"),
        (["--wokers=4", "x:y"], "no option --wokers, did you mean --workers?"),
        (["--work", "4"], "no option --work"),
        (["--xyzzy"], "no option --xyzzy\n"),
        (["a:b", "c:d"], "`c:d` would be another"),
        (["-w"], "expected one argument"),
        (["--sendfile=no"], "ignored explicit argument"),
    ],
)
def test_what_is_no_usage_is_told_in_a_sentence(argv: list[str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_command(argv)

    assert text in f"{caught.value}\n"


def test_help_names_every_setting_with_its_variable() -> None:
    text = " ".join(make_parser().format_help().split())

    for option in OPTIONS:
        if option.flags:
            assert f"[env: {option.variable}]" in text
            assert all(f"{flag}" in text for flag in option.flags)
    assert "--limit-request-field_size" not in text
    assert "--sendfile, --no-sendfile" in text


def test_help_and_version_win_over_what_else_is_wrong() -> None:
    assert parse_command(["--help", "--nonsense"]).wants_help
    assert parse_command(["--version"]).wants_version


@pytest.mark.parametrize(
    ("argv", "action"),
    [
        ([], "serve"),
        (["--check-config"], "check"),
        (["--show-config"], "show"),
        (["--print-config"], "show"),
        (["--explain", "workers"], "explain"),
        (["--print-schema"], "schema"),
        (["--init"], "init"),
        (["--print-completion", "fish"], "completion"),
        (["--print-unit", "socket"], "unit"),
    ],
)
def test_a_command_is_known_by_its_flag(argv: list[str], action: str) -> None:
    assert action == parse_command([*argv, "a:b"]).action


def test_a_command_has_words_of_its_own() -> None:
    command = parse_command(
        ["--check-config", "--strict", "--no-app", "--output-format", "json", "--instance", "shop"]
    )

    assert (True, True, False, "json") == command[8:12]
    assert "shop" == command.instance
    assert parse_command(["--check-config", "--all"]).check_all
    assert "workers" == parse_command(["--explain", "workers"]).explain_name
    assert parse_command(["--show-config", "--json"]).as_json


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--check-config", "--show-config"], "--check-config and --show-config are two commands"),
        (["--strict", "a:b"], "--strict belongs to --check-config, which was not given"),
        (["--output-format", "json"], "--output-format belongs to --check-config"),
        (["--check-config", "--json"], "--json belongs to --show-config"),
        (["--check-config", "--all", "--instance", "shop"], "leave --instance and -c out"),
        (["--check-config", "--all", "-w", "4"], "leave -w out"),
        (["--check-config", "--all", "a:b"], "leave a:b out"),
        (["--check-config", "--output-format", "xml"], "invalid choice: 'xml'"),
        (["--check-confg"], "no option --check-confg, did you mean --check-config?"),
    ],
)
def test_a_word_without_its_command_is_told(argv: list[str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_command(argv)

    assert text in str(caught.value)


def test_every_flag_of_a_command_is_known_by_name() -> None:
    """What a mistyped flag is compared with is written down beside the parser."""
    flags = {flag for action in make_parser()._actions for flag in action.option_strings}
    of_settings = {flag for option in OPTIONS for flag in (*option.flags, *option.old_flags)}
    negations = {flag for flag in flags if flag.startswith("--no-") and flag != "--no-app"}

    assert set(COMMAND_FLAGS) == {flag for flag in flags - of_settings - negations if flag.startswith("--")}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_each_command_has_its_own_argument_and_name(program: Program) -> None:
    """What is wrong is told by the name that was typed; all else is the same."""
    word = f"{AS_PROGRAM}{program.name}"
    command = parse_command([word, "-w", "2", "it"])

    assert program == command.program
    assert (Argument("workers", "-w", "2"), Argument(program.setting, "", "it")) == command.arguments
    assert make_parser(program).format_help().startswith(f"usage: {program.usage}")
    with pytest.raises(UsageError, match=f"^{program.name}: one application is served, `b`"):
        parse_command(["a", "b", word])
