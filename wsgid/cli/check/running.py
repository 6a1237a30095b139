"""Whether a process is this very server, running; known by its command line until it can be asked itself."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wsgid.config.env import CMD_ARGS
from wsgid.config.options import AS_PROGRAM, PROGRAMS, WSGID, parse_command
from wsgid.errors import UsageError


class Service(NamedTuple):
    """What makes two command lines the same service: an instance; else file or directory, and application."""

    instance: str = ""
    file: str = ""
    directory: str = ""
    app: str = ""


def service(argv: list[str], variable: str, directory: str) -> Service | None:
    """Return the service that a command line means; None where it means none.

    `argv` is what follows the command's name, `variable` what WSGID_CMD_ARGS says, `directory` that of the
    start.
    """
    with suppress(UsageError, ValueError):
        commands = [parse_command(argv), parse_command(shlex.split(variable))]
        instance = next((one.instance for one in commands if one.instance), "")
        if instance:
            return Service(instance=instance)
        names = ("app", "django", "paste")
        given = [one for command in commands for one in command.arguments if one.name in names]
        # Without any, wsgid-django serves what is in its start directory: it is known by its name.
        app = given[0].text if given else commands[0].program.name if commands[0].program != WSGID else ""
        config = next((one.config for one in commands if one.config), "")
        if config.startswith("python:"):
            return Service(file=config, directory=os.path.realpath(directory), app=app)
        if config:
            file = os.path.realpath(Path(directory, config.removeprefix("file:")))
            return Service(file=file, app=app)
        return Service(directory=os.path.realpath(directory), app=app)
    return None


def is_of(pid: int, wanted: Service) -> bool:
    """Say whether a process serves that; False where /proc does not tell."""
    with suppress(OSError):
        words = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")[:-1]
        argv = after_command(words)
        if argv is None:
            return False
        variable = ""
        with suppress(OSError):  # another user's: an instance is known without it
            variable = _variable(pid)
        # A link that we may not follow stays as it is, and is no directory of ours.
        return service(argv, variable, f"/proc/{pid}/cwd") == wanted
    return False


def is_perhaps_of(pid: int, wanted: Service) -> bool:
    """Say whether a process is a server of which /proc does not tell this user which."""
    with suppress(OSError):
        words = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")[:-1]
        return (
            not wanted.instance
            and after_command(words) is not None
            and not os.access(f"/proc/{pid}/cwd", os.F_OK)
        )
    return False


def after_command(words: list[str]) -> list[str] | None:
    """Return the arguments of a process that is `wsgid ...` or `python -m wsgid ...`; None for others.

    Those of wsgid-django and wsgid-paster, too, with the word that says so.
    """
    for index, word in enumerate(words[:6]):
        module = words[index + 1] if word == "-m" and words[index + 1 :] else ""
        if module in _MODULES:
            return [*_MODULES[module], *words[index + 2 :]]
        name = Path(word).name
        if name in _NAMES and (index == 0 or "python" in Path(words[0]).name):
            return [*_NAMES[name], *words[index + 1 :]]
    return None


# What stands before the arguments of each command, by its file's name and by its module.
_NAMES = {program.name: () if program == WSGID else (f"{AS_PROGRAM}{program.name}",) for program in PROGRAMS}
_MODULES = {
    "wsgid": (),
    "wsgid.cli.django": _NAMES["wsgid-django"],
    "wsgid.cli.paster": _NAMES["wsgid-paster"],
}


def _variable(pid: int) -> str:
    prefix = f"{CMD_ARGS}="
    for entry in os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0"):
        if entry.startswith(prefix):
            return entry.removeprefix(prefix)
    return ""
