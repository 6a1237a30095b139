"""Which virtual environment the settings name, asked before they are loaded: it may be there that they are.

It takes a millisecond where no source has the word, and imports no pydantic. What cannot be seen at a glance
(a value that a Python file computes, a mistake anywhere) is None, and is left to the load that follows.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Mistakes
from wsgid.config.files import DIRECTORY, choose
from wsgid.config.gunicorn import is_gunicorn_file
from wsgid.config.options import parse_command
from wsgid.config.source_text import read_source
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wsgid.config.options import Command

_NAME = "virtualenv"
_VARIABLE = "WSGID_VIRTUALENV"
_CMD_ARGS = "WSGID_CMD_ARGS"  # config.env has it, too, and brings pydantic along


def virtualenv(
    command: Command, environ: Mapping[str, str], cwd: str, *, directory: str = DIRECTORY
) -> str | None:
    """Return the environment's directory, absolute; the arguments are as those of `load`."""
    with suppress(UsageError, ValueError):
        # A parser takes longer to make than all the rest here.
        words = shlex.split(environ.get(_CMD_ARGS, ""))
        more = parse_command(words) if words else None
        for text in (_given(command), _given(more), environ.get(_VARIABLE)):
            if text is not None:
                return _absolute(text, cwd)
        config = command.config or (more and more.config)
        instance = command.instance or (more and more.instance)
        choice = choose(config, instance, cwd, directory)
        for shown in reversed(choice.sources):
            value = _in_file(shown, Path(cwd, shown))
            if value is not None:
                return _absolute(value, cwd)
    return None


def _given(command: Command | None) -> str | None:
    arguments = command.arguments if command is not None else ()
    return next((one.text for one in reversed(arguments) if one.name == _NAME), None)


def _absolute(text: object, cwd: str) -> str | None:
    return str(Path(cwd, text)) if isinstance(text, str) and text else None


def _in_file(shown: str, path: Path) -> object:
    """Return what a file says; "" where nobody can tell at a glance, None where it says nothing."""
    if shown.startswith("python:"):
        return ""
    # In gunicorn's own file it is a variable like any other.
    if is_gunicorn_file(path):
        return None
    try:
        text = read_source(path, shown=shown).text
    except Mistakes:
        return ""
    if _NAME not in text:
        return None
    try:
        match path.suffix:
            case ".toml":
                return _top_level(_toml(text))
            case ".yaml" | ".yml":
                return _top_level(_yaml(text))
            case ".py":
                return _assigned(text)
    except Exception:  # noqa: BLE001  three parsers' and their limits; the load says what is wrong, at its place
        return ""
    return ""


def _toml(text: str) -> object:
    import tomli  # noqa: PLC0415  lazy, as the next two: most files do not have the word

    return tomli.loads(text)


def _yaml(text: str) -> object:
    import yaml  # noqa: PLC0415

    return yaml.safe_load(text)


def _top_level(values: object) -> object:
    return values.get(_NAME) if isinstance(values, dict) else ""


def _assigned(text: str) -> object:
    """Return what a Python file assigns, if it does so once, plainly, and at its top level."""
    import ast  # noqa: PLC0415

    module = ast.parse(text)
    names = [node for node in ast.walk(module) if isinstance(node, ast.Name) and node.id == _NAME]
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=id_)], value=ast.Constant(value=value)) if id_ == _NAME:
                return value if len(names) == 1 else ""
    return "" if names else None
