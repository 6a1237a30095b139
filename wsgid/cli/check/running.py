"""Whether a process is this very server, running; known by its command line until it can be asked itself."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wsgid.config.env import CMD_ARGS
from wsgid.config.options import parse_command
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
        given = [one for command in commands for one in command.arguments if one.name == "app"]
        app = given[0].text if given else ""
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
    """Return the arguments of a process that is `wsgid ...` or `python -m wsgid ...`; None for others."""
    for index, word in enumerate(words[:6]):
        if word == "-m" and words[index + 1 : index + 2] == ["wsgid"]:
            return words[index + 2 :]
        if Path(word).name == "wsgid" and (index == 0 or "python" in Path(words[0]).name):
            return words[index + 1 :]
    return None


def _variable(pid: int) -> str:
    prefix = f"{CMD_ARGS}="
    for entry in os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0"):
        if entry.startswith(prefix):
            return entry.removeprefix(prefix)
    return ""
