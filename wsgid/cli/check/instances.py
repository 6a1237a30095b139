"""--check-config --all: every instance of a machine, and what clashes between them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.cli.check.addresses import addresses, are_at_odds
from wsgid.cli.check.command import check
from wsgid.cli.check.report import Report
from wsgid.cli.check.unit import UNIT_PATH, find_unit
from wsgid.config.diagnostics import Diagnostic, Label, Where
from wsgid.config.files import DIRECTORY, instances, look
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from wsgid.config.load import Loaded
    from wsgid.config.options import Command

# What two servers cannot share.
_ALONE = ("pidfile", "control_socket")


def check_all(
    command: Command,
    environ: Mapping[str, str],
    cwd: str,
    *,
    directory: str = DIRECTORY,
    unit_path: Sequence[str] = UNIT_PATH,
) -> tuple[Report, ...]:
    """Return what is to be said of all together, then of each; raises UsageError if there is no instance."""
    try:
        names = instances(look(directory))
    except OSError as error:
        raise UsageError(f"wsgid: cannot list {directory}: {error.strerror}") from error
    if not names:
        raise UsageError(f"wsgid: there is no instance in {directory}")
    words = ["--check-config", *(["--no-app"] if command.no_app else [])]
    reports = []
    all_loaded: dict[str, Loaded] = {}
    passed: set[str] = set()
    for name in names:
        argv = [*words, "--instance", name]
        report, loaded = check(argv, environ, cwd, directory=directory, unit_path=unit_path)
        reports.append(replace(report, is_named=True))
        if loaded is not None:
            all_loaded[name] = loaded
        unit = find_unit(name, unit_path)
        if unit is not None and unit.is_passed_sockets:
            passed.add(name)
    files = tuple(dict.fromkeys(file for report in reports for file in report.files))
    variables = max(report.variables for report in reports)
    clashing = Report(directory, tuple(clashes(all_loaded, cwd, passed)), files, variables, is_named=True)
    return clashing, *reports


def clashes(all_loaded: Mapping[str, Loaded], cwd: str, passed: Collection[str] = ()) -> Iterator[Diagnostic]:
    """Yield what two instances want, and only one can have; `passed` are those that are passed sockets."""
    names = list(all_loaded)
    for index, second in enumerate(names):
        for first in names[:index]:
            yield from _clashes_of_two(first, all_loaded[first], second, all_loaded[second], cwd, passed)


def _clashes_of_two(
    first: str, one: Loaded, second: str, other: Loaded, cwd: str, passed: Collection[str]
) -> Iterator[Diagnostic]:
    both_share_ports = one.settings.reuse_port and other.settings.reuse_port
    for at, address in addresses(_bind(second, other, passed)):
        for before, taken in addresses(_bind(first, one, passed)):
            is_shared = both_share_ports and not address.path
            if are_at_odds(taken, address) and not is_shared:
                message = f"instances `{first}` and `{second}` cannot both listen at {address}"
                yield _clash(message, (second, other, at), (first, one, before), "bind")
    for name in _ALONE:
        paths = [getattr(loaded.settings, name) for loaded in (one, other)]
        if all(paths) and len({os.path.realpath(Path(cwd, path)) for path in paths}) == 1:
            message = f"instances `{first}` and `{second}` have the same {name}, {paths[0]}"
            yield _clash(message, (second, other, None), (first, one, None), name)


def _bind(name: str, loaded: Loaded, passed: Collection[str]) -> Sequence[str]:
    """Return where an instance listens by itself: without `bind` at the sockets that it is passed alone."""
    return () if name in passed and "bind" not in loaded.history else loaded.settings.bind


def _clash(
    message: str,
    here: tuple[str, Loaded, int | None],
    there: tuple[str, Loaded, int | None],
    setting: str,
) -> Diagnostic:
    places = [
        loaded.where(setting, item) or Where("file", f"{instance} (default)")
        for instance, loaded, item in (here, there)
    ]
    if places[0] == places[1]:  # a host-wide file's
        return Diagnostic("error", "conflict", message, (Label(places[0], "of both instances"),))
    notes = (f"of `{here[0]}`", f"of `{there[0]}`")
    labels = tuple(Label(where, note) for where, note in zip(places, notes, strict=True))
    return Diagnostic("error", "conflict", message, labels)
