"""All layers -> Settings, or every mistake at once.

Low to high: defaults, file, environment, command line (or the arguments of `wsgid.serve`).
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.config import processors
from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.config.env import CMD_ARGS, default_layer, strangers, variable_layer
from wsgid.config.layers import BY_NAME, Layer, Place, check, merge
from wsgid.config.options import parse_command
from wsgid.config.settings import POLLER_KINDS, Settings, about, unbuilt
from wsgid.config.toml import read_toml
from wsgid.config.types import AUTO_WORKERS, WORKER_CLASSES
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wsgid.config.diagnostics import WhereKind
    from wsgid.config.layers import Checked, Given, KeyPath, Merged
    from wsgid.config.options import Argument, Command

FILE_IN_START_DIRECTORY = "wsgid.toml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and what is known of how they came to be.

    `notes` are lines for the log at level info. `files` are those that were read. `layers` are all sources,
    low to high, also those that say nothing.
    """

    settings: Settings
    history: Mapping[str, tuple[Given, ...]]
    warnings: tuple[Diagnostic, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...]
    layers: tuple[Checked, ...]

    def where(self, name: str) -> Where | None:
        """Return the place of a setting's value; None where it is the default."""
        return self.history[name][-1].place.value if name in self.history else None


def load(
    argv: Sequence[str],
    environ: Mapping[str, str],
    cwd: str,
    call: Mapping[str, object] | None = None,
) -> Loaded:
    """Read all sources anew and return what is in force.

    `argv` are the arguments after the command's name; `cwd` is the start directory, to which `chdir` and a
    file's path are relative; `call` are the arguments of `wsgid.serve`. A reload calls it again with the
    same. Raises UsageError, or Mistakes with all that is wrong.
    """
    command = parse_command(argv)
    more = _command_in_variable(environ)
    call = dict(call or {})
    given_file = call.pop("config", None) or command.config or more.config
    mistakes: list[Diagnostic] = []
    files: list[str] = []
    layers = [default_layer(environ)]
    shown = _file(given_file, cwd)
    if shown is not None:
        try:
            layers.append(_read(Path(cwd, shown), shown))
            files.append(shown)
        except Mistakes as error:
            mistakes += error.diagnostics
    layers += [
        variable_layer(environ),
        _argument_layer(CMD_ARGS, more.arguments),
        _argument_layer("command line", command.arguments),
        _call_layer(call),
    ]
    checked = [check(layer) for layer in layers]
    complaints = [mistake for one in checked for mistake in one.mistakes]
    merged = merge(checked)
    settings, notes = _settle(merged, cwd)
    complaints += [
        *strangers(environ),
        *_conflicts(settings, merged),
        *_not_honoured(settings, merged),
        *_not_built(merged),
    ]
    mistakes += [complaint for complaint in complaints if complaint.severity == "error"]
    warnings = tuple(complaint for complaint in complaints if complaint.severity == "warning")
    if mistakes:
        raise Mistakes(shown or "configuration", (*mistakes, *warnings))
    return Loaded(settings, merged.history, warnings, notes, tuple(files), tuple(checked))


def _settle(merged: Merged, cwd: str) -> tuple[Settings, tuple[str, ...]]:
    """Make the settings; every value has been checked in its layer."""
    values = dict(merged.values)
    # Once for a generation: where a deployment turns a link such as /srv/shop/current to the next release,
    # the workers of this one go on with theirs, and a reload takes the next.
    values["chdir"] = os.path.realpath(Path(cwd, values.get("chdir") or ""))
    notes: tuple[str, ...] = ()
    if values.get("workers") == AUTO_WORKERS:
        machine = processors.look()
        values["workers"] = machine.workers()
        notes = (f"workers=auto is {values['workers']}: {machine}",)
    return Settings.model_construct(**values), notes


# Sources


def _file(given: object, cwd: str) -> str | None:
    """Return the file to read, as messages name it: what was asked for, or ./wsgid.toml if it is there."""
    if given is None:
        path = Path(cwd, FILE_IN_START_DIRECTORY)
        # A link that leads nowhere is somebody's mistake, not "no file".
        return FILE_IN_START_DIRECTORY if path.exists() or path.is_symlink() else None
    if not isinstance(given, (str, os.PathLike)):
        raise UsageError(f"wsgid: config is the path of a file, not {given!r}")
    return str(os.fspath(given)).removeprefix("file:")


def _read(path: Path, shown: str) -> Layer:
    if shown.startswith("python:") or shown.endswith((".yaml", ".yml", ".py")):
        message = f"`{shown}`: only TOML files are read, the others are not built yet"
        raise Mistakes(shown, [Diagnostic("error", "unreadable-file", message)])
    return read_toml(path, shown=shown)


def _command_in_variable(environ: Mapping[str, str]) -> Command:
    try:
        return parse_command(shlex.split(environ.get(CMD_ARGS, "")))
    except ValueError as error:
        raise UsageError(f"wsgid: {CMD_ARGS}: {error}") from error
    except UsageError as error:
        raise UsageError(f"{error}\n(This is about the variable {CMD_ARGS}.)") from error


def _argument_layer(name: str, arguments: Sequence[Argument]) -> Layer:
    """Return what was typed; the last one wins, but lists and maps collect."""
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for argument in arguments:
        if BY_NAME[argument.name].kind in ("list", "map"):
            collected = values.setdefault(argument.name, [])
            assert isinstance(collected, list)
            collected.append(argument.text)
        else:
            values[argument.name] = argument.text
        places[argument.name,] = _argument_place(name, argument)
    return Layer(name, values, places, style="text")


def _argument_place(name: str, argument: Argument) -> Place:
    kind: WhereKind = "environment" if name == CMD_ARGS else "command line"
    if BY_NAME[argument.name].kind == "flag":
        where = Where(kind, name, None, 1, len(argument.flag) + 1, argument.flag)
        return Place(where, where)
    before = f"{argument.flag} " if argument.flag else ""
    line = before + argument.text
    return Place(
        Where(kind, name, None, 1, len(argument.flag) + 1, line),
        Where(kind, name, None, len(before) + 1, len(line) + 1, line),
    )


def _call_layer(call: Mapping[str, object]) -> Layer:
    """Return what a program gave to `wsgid.serve`: typed, as in a file; a path may be an os.PathLike."""
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for name, value in call.items():
        values[name] = os.fspath(value) if isinstance(value, os.PathLike) else value
        before, line = f"{name}=", f"{name}={value!r}"
        places[name,] = Place(
            Where("call", "wsgid.serve()", None, 1, len(name) + 1, line),
            Where("call", "wsgid.serve()", None, len(before) + 1, len(line) + 1, line),
        )
    return Layer("wsgid.serve()", values, places)


# What settings say to one another


def _conflicts(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    kind = settings.worker_class
    if settings.threads > 1 and kind in WORKER_CLASSES and kind not in POLLER_KINDS:
        message = f'`threads = {settings.threads}` needs worker_class "sync" or "gthread", but it is "{kind}"'
        labels = (
            Label(_last(merged, "threads").value),
            Label(_last(merged, "worker_class").value, "worker_class set here"),
        )
        yield Diagnostic("error", "conflict", message, labels)


def _not_honoured(settings: Settings, merged: Merged) -> Iterator[Diagnostic]:
    """Yield a warning for each setting that the worker class does nothing with."""
    kind = settings.worker_class
    for name in merged.history:
        if kind in WORKER_CLASSES and kind not in about(name).kinds and name != "threads":
            message = f'{name} has no effect with worker_class "{kind}"'
            yield Diagnostic("warning", "conflict", message, (Label(_last(merged, name).value),))


def _not_built(merged: Merged) -> Iterator[Diagnostic]:
    """Yield an error where going on would be another service, one warning for all the rest."""
    labels = []
    names = []
    for name in Settings.model_fields:
        entry = unbuilt(name, merged.values[name]) if name in merged.history else ""
        if not entry:
            continue
        where = _last(merged, name).value
        if about(name).is_essential:
            value = merged.values[name] if "=" in entry else ""
            shown = f'{name} "{value}"' if isinstance(value, str) and value else f"`{name}`"
            yield Diagnostic("error", "not-built-yet", f"{shown} is not built yet", (Label(where),))
        else:
            labels.append(Label(where))
            names.append(f"`{name}`")
    if names:
        yield Diagnostic("warning", "not-built-yet", f"not in effect yet: {', '.join(names)}", tuple(labels))


def _last(merged: Merged, name: str) -> Place:
    return merged.history[name][-1].place
