"""The command --check-config: load, look at the machine, report.

Rule 1: a user's code runs in a forked child alone, as the user that will serve.
Rule 2: nothing is left behind: no bytecode, no socket, no process.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from wsgid.apps import virtualenv
from wsgid.cli.check import addresses, files, proxy, sandbox, tls
from wsgid.cli.check.child import look_as
from wsgid.cli.check.choice import look_at_choice
from wsgid.cli.check.finding import Finding, diagnostic
from wsgid.cli.check.identity import Cast, cast, why_unknown
from wsgid.cli.check.report import Report, variables_of
from wsgid.cli.check.running import is_of, service
from wsgid.cli.check.unit import UNIT_PATH, find_unit
from wsgid.config import processors
from wsgid.config.arguments import command_in_variable
from wsgid.config.diagnostics import Mistakes
from wsgid.config.env import CMD_ARGS
from wsgid.config.files import DIRECTORY
from wsgid.config.load import load
from wsgid.config.options import parse_command
from wsgid.daemon.identity import UnknownAccountError, group_number, user_number
from wsgid.workers.reloader import has_inotify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wsgid.cli.check.child import Outcome
    from wsgid.cli.check.identity import Player
    from wsgid.cli.check.unit import Unit
    from wsgid.config.load import Loaded
    from wsgid.config.options import Program
    from wsgid.config.settings import Settings

# What needs no import: the kernel's answers come at once, a name server's or a file system's may not.
LOOK_S = 10.0


def check(
    argv: Sequence[str],
    environ: Mapping[str, str],
    cwd: str,
    *,
    directory: str = DIRECTORY,
    unit_path: Sequence[str] = UNIT_PATH,
) -> tuple[Report, Loaded | None]:
    """Check what a command line says; raises UsageError. `directory` is where the files of instances are."""
    command = parse_command(argv)
    instance = command.instance or command_in_variable(environ).instance
    # A server that asks for itself, before a reload, knows best as whom and where it runs.
    is_asked_by_server = command.no_app and _is_child_of(argv, environ, cwd)
    unit = find_unit(instance, unit_path) if instance and not is_asked_by_server else None
    environ = _as_in_unit(environ, unit)
    start = unit.working_directory if unit is not None and _may_enter(unit.working_directory) else cwd
    try:
        loaded = load(argv, environ, start, directory=directory)
    except Mistakes as error:
        return Report(error.subject, error.diagnostics, error.files), None
    settings = loaded.settings
    players = cast(settings.user, settings.group, unit, initgroups=settings.initgroups)
    with _in_directory(start):
        found = [*players.findings, *_accounts(loaded), *_access_log_format(loaded), *_reloader(loaded)]
        if unit is not None:
            found += sandbox.look_at_unit(settings, unit, start)
        if command.no_app:
            found += _look(players.arbiter, LOOK_S, partial(_cheap_looks, loaded, unit))
        else:
            found += _without_application(loaded, command.program)
            found += look_at_choice(settings, processors.look())
            found += _all_looks(argv, environ, loaded, players, unit, start)
    diagnostics = [*(diagnostic(one, loaded) for one in found), *loaded.warnings]
    diagnostics.sort(key=lambda one: one.severity != "error")
    report = Report(
        loaded.subject,
        tuple(diagnostics),
        loaded.files,
        variables_of(loaded),
        (
            *loaded.notes,
            *players.notes,
            *addresses.notes(settings.bind),
            *_unit_notes(settings, unit, start, environ),
        ),
    )
    return report, loaded


def _as_in_unit(environ: Mapping[str, str], unit: Unit | None) -> Mapping[str, str]:
    """Return the environment with what systemd would add to it, as far as a default hangs on it."""
    made = [path for path in unit.directories if path.startswith("/run/")] if unit is not None else []
    # systemd.exec(5), RuntimeDirectory=: several are separated by colons.
    return {**environ, "RUNTIME_DIRECTORY": ":".join(made)} if made else environ


def _is_child_of(argv: Sequence[str], environ: Mapping[str, str], cwd: str) -> bool:
    """Say whether our parent is the server that this command line would start."""
    wanted = service(list(argv), environ.get(CMD_ARGS, ""), cwd)
    return wanted is not None and is_of(os.getppid(), wanted)


def _all_looks(
    argv: Sequence[str],
    environ: Mapping[str, str],
    loaded: Loaded,
    players: Cast,
    unit: Unit | None,
    start: str,
) -> Iterator[Finding]:
    # Lazy: they bring along all that a worker is made of, which the probe of a reload need not wait for.
    from wsgid.cli.check import application, elsewhere  # noqa: PLC0415

    settings = loaded.settings
    wanted = service(list(argv), environ.get(CMD_ARGS, ""), start)
    for finding in _look(players.arbiter, LOOK_S, partial(_looks_of_arbiter, loaded, unit)):
        told: Finding | None = finding
        if finding.note == addresses.HELD:
            told = addresses.tell_holder(finding, settings.bind, wanted, settings.control_socket)
        if told is not None:
            yield told
    yield from proxy.look_at_sockets(settings, players.worker.identity if players.worker else None)
    closed = list(_look(players.worker, LOOK_S, files.look_at_python))
    if closed:
        yield from closed
        return
    yield from _look(players.worker, LOOK_S, partial(_looks_of_worker, loaded, unit))
    if why := players.why_no_import:
        message = f"the application was not imported: {why}"
        named = application.subject(settings)[0] if settings.app or settings.paste else ""
        yield Finding("cannot-import", message, named, severity="warning")
        return
    look = application.look_at_application
    if settings.virtualenv and not virtualenv.is_here(settings.virtualenv):
        if virtualenv.why_not(settings.virtualenv)[0]:
            return  # told above
        look = elsewhere.look_from_environment
    outcome = look_as(players.worker, settings.boot_timeout, partial(look, settings))
    yield from outcome.findings
    if outcome.why_none:
        setting, what = application.subject(settings)
        message = f"{what}: its import {outcome.why_none}"
        note = "see the setting `boot_timeout`" if "within" in outcome.why_none else ""
        yield Finding("cannot-import", message, setting, None, note, detail=outcome.stacks)


def _looks_of_arbiter(loaded: Loaded, unit: Unit | None) -> Iterator[Finding]:
    settings, made = loaded.settings, unit.directories if unit else ()
    # Without `bind` it is the passed sockets that are listened at, and not the default.
    if "bind" in loaded.history or unit is None or not unit.is_passed_sockets:
        yield from addresses.look_at_addresses(
            settings.bind,
            reuse_port=settings.reuse_port,
            made=made,
            may_bind_low_ports=unit is not None and unit.may_bind_low_ports,
        )
    yield from files.look_at_files_of_arbiter(settings, made)
    yield from tls.look_at_tls(settings)


def _looks_of_worker(loaded: Loaded, unit: Unit | None) -> Iterator[Finding]:
    yield from files.look_at_files_of_worker(loaded.settings, unit.directories if unit else ())


def _cheap_looks(loaded: Loaded, unit: Unit | None) -> Iterator[Finding]:
    """Look at what a running server cannot be in the way of: not at its addresses, and at no import."""
    yield from addresses.look_at_pairs(loaded.settings.bind)
    yield from files.look_at_files_of_arbiter(loaded.settings, unit.directories if unit else ())
    yield from tls.look_at_tls(loaded.settings)
    yield from _looks_of_worker(loaded, unit)


def _look(
    player: Player | None, deadline_s: float, look: Callable[[], Iterator[Finding]]
) -> Iterator[Finding]:
    outcome: Outcome = look_as(player, deadline_s, look)
    yield from outcome.findings
    if outcome.why_none:
        yield Finding("unreadable-file", f"a look at the machine {outcome.why_none}", detail=outcome.stacks)


def _without_application(loaded: Loaded, program: Program) -> Iterator[Finding]:
    """Yield a mistake if nothing is to be served, and the command line need not say what."""
    if loaded.settings.app is None and loaded.settings.paste is None:
        words = program.example.split()
        note = f"set `{program.setting}`, or name it: `{words[0]} --check-config {words[1]}`"
        yield Finding("invalid-value", f"no application is named: {note}")


def _accounts(loaded: Loaded) -> Iterator[Finding]:
    """Yield the owners of sockets that are not there."""
    settings = loaded.settings
    for setting, account, number in (
        ("socket_user", settings.socket_user, user_number),
        ("socket_group", settings.socket_group, group_number),
    ):
        try:
            if account is not None:
                number(setting, account)
        except UnknownAccountError as error:
            message, meant = why_unknown(error)
            yield Finding("invalid-value", message, setting, None, meant)


def _access_log_format(loaded: Loaded) -> Iterator[Finding]:
    if loaded.where("access_log_format") is None:
        return
    # Lazy: the probe of each reload comes here, and most servers have the default.
    from wsgid.log.access import compile_format  # noqa: PLC0415

    try:
        compile_format(loaded.settings.access_log_format)
    except ValueError as error:
        yield Finding("invalid-value", str(error), "access_log_format")


def _reloader(loaded: Loaded) -> Iterator[Finding]:
    settings = loaded.settings
    if settings.reload and settings.reload_engine == "inotify" and not has_inotify():
        message = '`reload_engine = "inotify"` needs the package watchfiles, which is not installed'
        yield Finding("cannot-import", message, "reload_engine", note="pip install watchfiles")


def _unit_notes(
    settings: Settings, unit: Unit | None, start: str, environ: Mapping[str, str]
) -> Iterator[str]:
    """Say what the unit will do otherwise than this check."""
    if unit is None:
        return
    yield from sandbox.notes_of_unit(settings, unit)
    if start == unit.working_directory != "/":
        yield f"start directory {start}, as in {unit.name}"
    ours = sorted(name for name in environ if name.startswith("WSGID_"))
    theirs = [name for name in unit.variables if name.startswith("WSGID_")]
    if missing := [name for name in ours if name not in theirs]:
        yield f"{unit.name} does not have {', '.join(missing)} of this environment"
    if missing := [name for name in theirs if name not in ours]:
        yield f"{unit.name} sets {', '.join(missing)}, which this check did not see"
    for file in unit.environment_files:
        if os.path.exists(file):  # noqa: PTH110  False where it is hidden from us
            yield f"{unit.name} also reads {file}, which this check did not"


def _may_enter(directory: str) -> bool:
    # Path.is_dir raises where it is hidden from us.
    return os.path.isdir(directory) and os.access(directory, os.X_OK)  # noqa: PTH112


@contextmanager
def _in_directory(path: str) -> Iterator[None]:
    """Be in the start directory of the service: what is relative to it is to be found."""
    former = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chdir(path)
        yield
    finally:
        os.fchdir(former)
        os.close(former)
