"""Which files are read, and in which order: decided on the names that lie in directories.

Nothing here opens a file. `choose` and `look` ask the file system for names, and the rest decides on lists.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label, Where, did_you_mean
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

DIRECTORY = "/etc/wsgid"
"""Where the files of instances are; tests and other systems give another to `load`."""

HOST = "wsgid"
"""The host-wide file's name; so no instance has it."""

ENDINGS = (".toml", ".yaml", ".yml", ".py")

OURS = ("wsgid.toml", "wsgid.yaml", "wsgid.conf.py")
GUNICORNS = "gunicorn.conf.py"
START_NAMES = (*OURS, GUNICORNS, "wsgid.yml")
"""What is looked for in the start directory; the last is a slip that is to be told."""

# What people expect to be read as a service's configuration; NAME.env is a unit's EnvironmentFile=.
_OTHER_ENDINGS = (".conf", ".ini", ".cfg", ".json")
_ENDINGS_ARE = f"the endings are {', '.join(ENDINGS)}"
_LEFT_BEHIND = ("~", ".rpmnew", ".rpmsave", ".rpmorig")
_OF_DPKG = re.compile(r"\.(dpkg|ucf)-[^.]*$")

Listing = tuple[str, ...]
"""The names in a directory, without those that are nobody's configuration, sorted."""


class Choice(NamedTuple):
    """What is to be read, low to high, as messages name it, and what is to be said of the rest.

    `subject` is the file that a person would think of first, whether it is there or not.
    """

    subject: str = "configuration"
    sources: tuple[str, ...] = ()
    mistakes: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


def choose(config: str | None, instance: str | None, cwd: str, directory: str = DIRECTORY) -> Choice:
    """Return what is to be read: one named file, an instance's, or what lies in the start directory.

    Raises UsageError where the question itself is wrong.
    """
    if instance is None and config is None:
        # lexists: a link that leads nowhere is somebody's mistake, not "no file".
        return choose_in_start_directory([name for name in START_NAMES if os.path.lexists(Path(cwd, name))])
    if instance is None:
        shown = str(config).removeprefix("file:")
        return Choice(subject=shown, sources=(shown,))
    if config is not None:
        raise UsageError("wsgid: --instance reads the files of an instance, -c one file: give one of them")
    check_instance(instance)
    listings: dict[str, Listing] = {}
    closed: list[Diagnostic] = []
    for folder in (directory, f"{directory}/{HOST}.d", f"{directory}/{instance}.d"):
        try:
            listings[folder] = look(Path(cwd, folder))
        except OSError as error:
            closed.append(_unreadable(folder, f"cannot list `{folder}`: {error.strerror}"))
    choice = choose_for_instance(instance, directory, listings)
    return choice._replace(mistakes=(*closed, *choice.mistakes))


def check_instance(name: str) -> None:
    """Raise UsageError for what cannot be an instance's name."""
    if name == HOST:
        raise UsageError(f"wsgid: no instance can be called {HOST}: {HOST}.toml is for all of them")
    if not name or name.startswith(".") or "/" in name or not name.isprintable():
        raise UsageError(f"wsgid: --instance takes a name, as in {HOST}@NAME.service, not {name!r}")
    if name.endswith(ENDINGS):
        raise UsageError(f"wsgid: an instance is named without an ending: --instance {Path(name).stem}")


def choose_for_instance(name: str, directory: str, listings: Mapping[str, Listing]) -> Choice:
    """Return the host-wide files, then the instance's own, each with its drop-ins.

    A directory that `listings` has not could not be listed, which is told elsewhere.
    """
    there = listings.get(directory, ())
    host, more_of_host = _host(directory, there)
    own, more_of_own = _own(name, directory, there)
    host_drop_ins, more_of_host_drop_ins = _drop_ins(f"{directory}/{HOST}.d", listings)
    drop_ins, more_of_drop_ins = _drop_ins(f"{directory}/{name}.d", listings)
    told = [*more_of_host, *more_of_host_drop_ins, *more_of_own, *more_of_drop_ins]
    if not own and not drop_ins and directory in listings:
        near = did_you_mean(name, instances(there))
        told.append(_unreadable(f"{directory}/{name}.toml", f"there is no instance `{name}`", near))
    subject = own[0] if own else f"{directory}/{name}.toml"
    if len(own) > 1:
        told.append(_two(own, f"instance `{name}`"))
        own = []
    return Choice(subject, (*host, *host_drop_ins, *own, *drop_ins), tuple(told))


def choose_in_start_directory(there: Collection[str]) -> Choice:
    """Return our file, else gunicorn's; `there` are those of START_NAMES that are there."""
    ours = [name for name in OURS if name in there]
    slips = [name for name in ("wsgid.yml",) if name in there]
    told = [_ignored(name, "in the start directory it is called wsgid.yaml") for name in slips]
    if len(ours) > 1:
        return Choice(ours[0], mistakes=(_two(ours, "the start directory"), *told))
    if not ours and GUNICORNS not in there:
        return Choice(mistakes=tuple(told))
    if not ours:
        return Choice(GUNICORNS, (GUNICORNS,), tuple(told))
    notes = (f"{ours[0]} is read, {GUNICORNS} beside it is not",) if GUNICORNS in there else ()
    return Choice(ours[0], (ours[0],), tuple(told), notes)


def instances(there: Listing) -> tuple[str, ...]:
    """Return the instances that a listing of the configuration directory has, sorted."""
    named = {Path(name).stem for name in there if name.endswith((*ENDINGS, ".d"))}
    return tuple(sorted(named - {HOST}))


def look(directory: str | Path) -> Listing:
    """List a directory; one that is not there is an empty one. Raises OSError."""
    try:
        names = os.listdir(directory)  # noqa: PTH208  names are what is decided on
    except FileNotFoundError:
        return ()
    return visible(names)


def visible(names: Iterable[str]) -> Listing:
    """Return the names, sorted, without what editors and package managers leave behind.

    A README explains a directory, and is meant for nobody's program.
    """
    return tuple(
        sorted(
            name
            for name in names
            if not name.startswith((".", "#", "README"))
            and not name.endswith(_LEFT_BEHIND)
            and not _OF_DPKG.search(name)
        )
    )


def _host(directory: str, there: Listing) -> tuple[list[str], list[Diagnostic]]:
    file = f"{HOST}.toml"
    others = [HOST + ending for ending in (*ENDINGS[1:], *_OTHER_ENDINGS) if HOST + ending in there]
    return (
        [f"{directory}/{file}"] if file in there else [],
        [_ignored(f"{directory}/{other}", f"host-wide settings stand in {file}") for other in others],
    )


def _own(name: str, directory: str, there: Listing) -> tuple[list[str], list[Diagnostic]]:
    others = [name + ending for ending in _OTHER_ENDINGS if name + ending in there]
    return (
        [f"{directory}/{name}{ending}" for ending in ENDINGS if name + ending in there],
        [_ignored(f"{directory}/{other}", _ENDINGS_ARE) for other in others],
    )


def _drop_ins(folder: str, listings: Mapping[str, Listing]) -> tuple[list[str], list[Diagnostic]]:
    names = listings.get(folder, ())
    return (
        [f"{folder}/{name}" for name in names if name.endswith(ENDINGS)],
        [_ignored(f"{folder}/{name}", _ENDINGS_ARE) for name in names if not name.endswith(ENDINGS)],
    )


def _two(files: Iterable[str], what: str) -> Diagnostic:
    files = list(files)
    message = f"{what} has more than one file: {' and '.join(f'`{file}`' for file in files)}"
    labels = [Label(Where("file", file)) for file in files]
    return Diagnostic(
        "error", "conflict", message, (labels[0]._replace(note="keep one of them"), *labels[1:])
    )


def _ignored(file: str, why: str) -> Diagnostic:
    message = f"`{file}` is not read"
    return Diagnostic("warning", "unreadable-file", message, (Label(Where("file", file), why),))


def _unreadable(file: str, message: str, note: str = "") -> Diagnostic:
    return Diagnostic("error", "unreadable-file", message, (Label(Where("file", file), note),))
