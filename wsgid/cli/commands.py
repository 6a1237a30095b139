"""The commands that do not serve: each prints what was asked for, and ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.cli.machine import why_not_here
from wsgid.cli.output import put
from wsgid.cli.units import unit_text, why_not_for_a_service
from wsgid.errors import ExitCode, WsgidError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wsgid.cli.check.report import Report
    from wsgid.config.load import Loaded
    from wsgid.config.options import Command

COMPLETION = Path(__file__).with_name("completion")


def run(command: Command, argv: Sequence[str], cwd: str) -> int:
    """Do what a command line asks for; raises UsageError, or Mistakes.

    What is printed for a program to read goes to standard output, alone.
    """
    # Neither our imports nor those of a configuration in Python are to leave files behind: this may be root.
    sys.dont_write_bytecode = True
    match command.action:
        case "check":
            return _check(command, argv, cwd)
        case "show":
            return _show(command, argv, cwd)
        case "explain":
            return _explain(command, argv, cwd)
        case "schema":
            from wsgid.config.schema import schema_text  # noqa: PLC0415  lazy, as all below: pydantic is slow

            put(schema_text())
        case "init":
            from wsgid.config.example import example  # noqa: PLC0415

            put(example())
        case "completion":
            put((COMPLETION / f"{command.program.name}.{command.shell}").read_text(encoding="utf-8"))
        case "unit":
            put(unit_text(command.unit))
            if reason := why_not_for_a_service():
                print(f"wsgid: {reason}", file=sys.stderr)
        case "serve":
            raise AssertionError("to serve is not done here")
    return ExitCode.OK


def _check(command: Command, argv: Sequence[str], cwd: str) -> int:
    from wsgid.cli.check.command import check  # noqa: PLC0415
    from wsgid.cli.check.instances import check_all  # noqa: PLC0415
    from wsgid.cli.check.report import to_json, to_lines  # noqa: PLC0415

    if reason := why_not_here():
        raise WsgidError(reason)
    with _quiet():
        if command.check_all:
            reports = check_all(command, os.environ, cwd)
        else:
            reports = (check(argv, os.environ, cwd)[0],)
    if command.strict:
        reports = tuple(report.strictly() for report in reports)
    status = max(report.exit_code for report in reports)
    match command.output_format:
        case "json":
            put(to_json(reports))
        case "concise":
            put(to_lines(reports))
        case "full":
            for report in reports:
                _tell(report)
    return status


def _tell(report: Report) -> None:
    """Print a report for a person; what is wrong goes where messages go, so that `>/dev/null` leaves it."""
    if complaints := report.complaints():
        print(f"{complaints}\n", file=sys.stderr, flush=True)
    if report.exit_code is ExitCode.OK:
        put(f"{report.verdict()}\n")
    else:
        print(report.verdict(), file=sys.stderr, flush=True)


def _show(command: Command, argv: Sequence[str], cwd: str) -> int:
    from wsgid.config.show import show_json, show_toml  # noqa: PLC0415

    loaded = _load(argv, cwd)
    put(show_json(loaded) if command.as_json else show_toml(loaded))
    return ExitCode.OK


def _explain(command: Command, argv: Sequence[str], cwd: str) -> int:
    from wsgid.config.explain import explain, find_setting  # noqa: PLC0415

    name = find_setting(command.explain_name)
    put(explain(name, _load(argv, cwd)))
    return ExitCode.OK


def _load(argv: Sequence[str], cwd: str) -> Loaded:
    from wsgid.config.load import load  # noqa: PLC0415

    with _quiet():
        loaded = load(argv, dict(os.environ), cwd)
    for warning in loaded.warnings:
        print(f"{warning}\n", file=sys.stderr)
    return loaded


@contextmanager
def _quiet() -> Iterator[None]:
    """Send what a configuration or an application prints to standard error meanwhile."""
    sys.stdout.flush()
    former = os.dup(1)
    with suppress(OSError):  # closed, as by `2>&-`
        os.dup2(2, 1)
    try:
        yield
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os.dup2(former, 1)
        os.close(former)
