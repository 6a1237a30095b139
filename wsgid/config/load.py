"""All layers -> Settings, or every mistake at once.

Low to high: defaults, framework, files, environment, command line (or the arguments of `wsgid.serve`).
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wsgid.config import processors
from wsgid.config.arguments import (
    argument_layer,
    call_layer,
    command_in_variable,
    program_layers,
    variable_argument_layer,
)
from wsgid.config.check import check
from wsgid.config.derived import derive
from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.config.env import CMD_ARGS, default_layer, strangers, variable_layer, variable_place
from wsgid.config.files import DIRECTORY, ENDINGS, choose
from wsgid.config.layers import BY_NAME, merge
from wsgid.config.options import parse_command
from wsgid.config.rules import complaints
from wsgid.config.secret_sources import exposed, unseal
from wsgid.config.settings import Settings
from wsgid.config.types import AUTO_WORKERS
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wsgid.config.layers import Checked, Given, Layer, Merged


class Loaded(NamedTuple):
    """The settings in force, and what is known of how they came to be.

    `notes` are lines for the log at level info. `files` are those that were read. `layers` are all sources,
    low to high, also those that say nothing. `subject` is the file that a person would think of first.
    """

    settings: Settings
    history: Mapping[str, tuple[Given, ...]]
    warnings: tuple[Diagnostic, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...]
    layers: tuple[Checked, ...]
    subject: str = "configuration"

    def where(self, name: str, item: int | str | None = None) -> Where | None:
        """Return the place of a setting's value, or of an item of it; None where it is the default."""
        given = self.history.get(name)
        if given is None:
            return None
        if item is None:
            return given[-1].place.value
        # A map is made of several layers; a list is the highest's alone.
        for one in reversed(given):
            if not isinstance(one.value, dict) or item in one.value:
                return one.source.place(name, item).value
        return None


def load(
    argv: Sequence[str],
    environ: Mapping[str, str],
    cwd: str,
    call: Mapping[str, object] | None = None,
    *,
    directory: str = DIRECTORY,
) -> Loaded:
    """Read all sources anew and return what is in force.

    `argv` are the arguments after the command's name; `cwd` is the start directory, to which `chdir` and a
    file's path are relative; `call` are the arguments of `wsgid.serve`; `directory` is where the files of
    instances are. A reload calls it again with the same. Raises UsageError, or Mistakes with all that is
    wrong.
    """
    command = parse_command(argv)
    more = command_in_variable(environ)
    call = dict(call or {})
    config = _path(call.pop("config", None)) or command.config or more.config
    choice = choose(config, command.instance or more.instance, cwd, directory)
    _forget_modules()
    found = list(choice.mistakes)
    checked = [
        check(layer)
        for layer in (
            default_layer(environ),
            *program_layers(command.program),
            *_read(choice.sources, cwd, found),
            variable_layer(environ),
            variable_argument_layer(more.arguments, environ.get(CMD_ARGS, "")),
            argument_layer(command.arguments),
            call_layer(call),
        )
    ]
    files = list(choice.sources)
    merged = merge(checked)
    # Which project it is, any layer may say; what the project says comes below all but the defaults.
    if framework := [check(layer) for layer in _read_framework(merged, cwd, environ, found)]:
        checked[1:1] = framework
        files[:0] = [one.layer.name for one in framework if Path(cwd, one.layer.name).is_file()]
        merged = merge(checked)
    # Whole files may be missing from what is known.
    is_incomplete = any(mistake.severity == "error" for mistake in found)
    is_start = command.action == "serve"
    unsealed = unseal(merged, environ, is_start=is_start)
    settings, notes = _settle(derive(unsealed.values, environ), cwd)
    doubtful = _doubtful(checked, is_incomplete=is_incomplete)
    found += (
        *(mistake for one in checked for mistake in one.mistakes),
        *unsealed.mistakes,
        *strangers(environ),
        *complaints(settings, merged, environ, cwd, doubtful),
        *(it for one in checked if one.layer.name in files for it in exposed(one, Path(cwd, one.layer.name))),
    )
    found.sort(key=lambda mistake: mistake.severity != "error")
    if found and found[0].severity == "error":
        raise Mistakes(choice.subject, found, files)
    return Loaded(
        settings,
        merged.history,
        tuple(found),
        (*choice.notes, *unsealed.notes, *notes),
        tuple(files),
        tuple(checked),
        choice.subject,
    )


def _path(config: object) -> str | None:
    if config is None or isinstance(config, str):
        return config
    if not isinstance(config, os.PathLike):
        raise UsageError(f"wsgid: config is the path of a file, not {config!r}")
    return os.fsdecode(config)


# Reading


def _forget_modules() -> None:
    """Let what configuration files have imported be imported anew: a reload reads them as they are now."""
    # If there has been no Python file, then the reader is not there, and nothing to forget.
    reader = sys.modules.get("wsgid.config.python")
    if reader is not None:
        reader.forget()


def _read(files: Iterable[str], cwd: str, found: list[Diagnostic]) -> Iterator[Layer]:
    """Yield what each file says, if it can be read; else note why not."""
    for shown in files:
        try:
            yield _reader(shown, Path(cwd, shown))
        except Mistakes as error:
            found += error.diagnostics


def _reader(shown: str, path: Path) -> Layer:
    # Lazy: a start with a TOML file waits neither for yaml nor for ast.
    if shown.startswith("python:"):
        from wsgid.config.python import read_module  # noqa: PLC0415

        return read_module(shown.removeprefix("python:"), shown=shown)
    match path.suffix:
        case ".py":
            from wsgid.config.python import read_python  # noqa: PLC0415

            return read_python(path, shown=shown)
        case ".yaml" | ".yml":
            from wsgid.config.yaml import read_yaml  # noqa: PLC0415

            return read_yaml(path, shown=shown)
        case ".toml":
            from wsgid.config.toml import read_toml  # noqa: PLC0415

            return read_toml(path, shown=shown)
    message = f"`{shown}`: its name does not say what it is"
    label = Label(Where("file", shown), f"the endings are {', '.join(ENDINGS)}")
    raise Mistakes(shown, [Diagnostic("error", "unreadable-file", message, (label,))])


def _read_framework(
    merged: Merged, cwd: str, environ: Mapping[str, str], found: list[Diagnostic]
) -> Iterator[Layer]:
    """Yield what a Django project, or a PasteDeploy file, says of the server."""
    # Lazy, as above.
    try:
        if project := merged.values.get("django"):
            from wsgid.config.django import VARIABLE, Variable, read_project  # noqa: PLC0415

            variable = None
            if text := environ.get(VARIABLE):
                variable = Variable(text, variable_place(VARIABLE, text))
            if isinstance(text := merged.values.get("env", {}).get(VARIABLE), str):
                variable = Variable(text, merged.source("env", VARIABLE).source.place("env", VARIABLE))
            is_asgi = merged.values.get("worker_class") == "asgi"
            yield read_project(project, cwd, merged.last("django").place, variable, is_asgi=is_asgi)
    except Mistakes as error:
        found += error.diagnostics
    try:
        if paste := merged.values.get("paste"):
            from wsgid.config.paste import read_server  # noqa: PLC0415

            layer = read_server(paste, cwd)
            if any(merged.values.get(name) for name in ("logconfig", "logconfig_dict", "logconfig_json")):
                # Whoever says so elsewhere means it instead of what the file has.
                layer = replace(layer, values={k: v for k, v in layer.values.items() if k != "logconfig"})
            yield layer
    except Mistakes as error:
        given = merged.last("paste").place
        for mistake in error.diagnostics:
            labels = (*mistake.labels, Label(given.value, "paste set here"))
            found.append(Diagnostic(mistake.severity, mistake.code, mistake.message, labels))


# Settling


def _doubtful(layers: Sequence[Checked], *, is_incomplete: bool) -> frozenset[str]:
    """Return the settings of which nobody knows what they will be when all mistakes are mended."""
    if is_incomplete:
        return frozenset(BY_NAME)
    refused = {name for layer in layers for name in layer.spelt.keys() - layer.values.keys()}
    # A line that is none, or has a name that is none, may be meant to give what nobody gives.
    if any(mistake.code in ("syntax", "unknown-setting") for layer in layers for mistake in layer.mistakes):
        refused |= BY_NAME.keys() - {name for layer in layers for name in layer.values}
    return frozenset(refused)


def _settle(values: dict[str, Any], cwd: str) -> tuple[Settings, tuple[str, ...]]:
    """Make the settings; every value has been checked in its layer."""
    # Once for a generation: where a deployment turns a link such as /srv/shop/current to the next release,
    # the workers of this one go on with theirs, and a reload takes the next.
    values["chdir"] = os.path.realpath(Path(cwd, values.get("chdir") or ""))
    if paste := values.get("paste"):
        values["paste"] = os.path.normpath(Path(cwd, paste.removeprefix("config:")))
    if directory := values.get("tmp_upload_dir"):
        # Workers use it when they have entered `chdir`.
        values["tmp_upload_dir"] = str(Path(cwd, directory))
    notes: tuple[str, ...] = ()
    if values.get("workers") == AUTO_WORKERS:
        machine = processors.look()
        values["workers"] = machine.workers()
        notes = (f"workers=auto is {values['workers']}: {machine}",)
    return Settings.model_construct(**values), notes
