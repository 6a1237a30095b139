"""Django: where a project lies and which module configures it -> a layer that names its application.

It is looked for at each load, so that a reload takes what `manage.py` says by then. Nothing of the project
runs here: `manage.py` is read as text, and the rest is decided on which files are there.
"""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.config.layers import Layer, Place
from wsgid.config.source_text import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.layers import KeyPath
    from wsgid.config.source_text import SourceText

VARIABLE = "DJANGO_SETTINGS_MODULE"

_MANAGE = "manage.py"
_SETTINGS = "settings.py"


class NoProjectError(Exception):
    """There is no project, or more than one: what is wrong, and what to do or where it was looked for."""

    def __init__(self, message: str, note: str) -> None:
        super().__init__(message)
        self.message = message
        self.note = note


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was found; `directory` is None where only the name of its settings is known."""

    settings: str
    directory: Path | None = None
    where: Where | None = None
    """Where the settings are named, if that is not where the project is."""


class Variable(NamedTuple):
    """What DJANGO_SETTINGS_MODULE says, which Django heeds where the settings are not named, and where."""

    text: str
    place: Place


def read_project(spec: str, cwd: str, given: Place, variable: Variable | None, *, is_asgi: bool) -> Layer:
    """Return what serves a project: its application, and its directory to be entered.

    `spec` is a settings module, a settings.py, or a directory; `given` is where that stands. Raises Mistakes.
    """
    try:
        project = find_project(spec, cwd, variable)
    except NoProjectError as error:
        mistake = Diagnostic("error", "invalid-value", error.message, (Label(given.value, error.note),))
        raise Mistakes(spec, [mistake]) from error
    named = given if project.where is None else Place(project.where, project.where)
    application = "asgi_application" if is_asgi else "application"
    values: dict[str, object] = {"app": f'wsgid.apps.django:{application}("{project.settings}")'}
    places: dict[KeyPath, Place] = {("app",): named}
    if project.directory is not None:
        values["chdir"] = str(project.directory)
        places["chdir",] = given
    is_in_file = project.where is not None and project.where.kind == "file"
    return Layer(project.where.name if project.where and is_in_file else spec, values, places)


def find_project(spec: str, cwd: str, variable: Variable | None = None) -> Project:
    """Find a project, or raise NoProjectError."""
    path = Path(cwd, spec)
    if os.path.isdir(path):  # noqa: PTH112  as in `_is_file`
        return _in_directory(path, spec, variable)
    if _is_file(path):
        if path.name == _MANAGE:
            return _in_directory(path.parent, str(Path(spec).parent), variable)
        return _of_settings(path, spec)
    if "/" in spec or spec.endswith(".py"):
        raise NoProjectError(f"there is no `{spec}`", f"looked for {path}")
    if all(part.isidentifier() for part in spec.split(".")):
        return Project(spec)
    raise NoProjectError(
        f"`{spec}` is no Django project",
        "write its settings module (mysite.settings), its settings.py, or the directory of its manage.py",
    )


def _in_directory(directory: Path, shown: str, variable: Variable | None) -> Project:
    """Look for manage.py, then for settings.py; in the directory itself, then directly below it."""
    manage = directory / _MANAGE
    if _is_file(manage):
        return _of_manage(manage, str(Path(shown, _MANAGE)), variable)
    if _is_file(directory / _SETTINGS):
        return _of_settings(directory / _SETTINGS, str(Path(shown, _SETTINGS)))
    below = list(_below(directory, _MANAGE)) or list(_below(directory, _SETTINGS))
    if not below:
        looked = f"looked for {_MANAGE} and {_SETTINGS} in {directory.absolute()} and the directories in it"
        raise NoProjectError(f"there is no Django project in `{shown}`", looked)
    if len(below) > 1:
        found = ", ".join(f"`{Path(shown, path.relative_to(directory))}`" for path in below)
        raise NoProjectError(f"there is more than one Django project in `{shown}`", f"name one of {found}")
    path = below[0]
    name = str(Path(shown, path.relative_to(directory)))
    return _of_manage(path, name, variable) if path.name == _MANAGE else _of_settings(path, name)


def _below(directory: Path, name: str) -> Iterator[Path]:
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith(".") and _is_file(entry / name):
            yield entry / name


def _of_manage(manage: Path, shown: str, variable: Variable | None) -> Project:
    """Take the settings that the variable names, as manage.py would; else those that manage.py names."""
    directory = manage.parent
    if variable is not None:
        return Project(variable.text, directory, variable.place.value)
    text = read_source(manage, shown=shown)
    if found := _named_in(text):
        return Project(found[0], directory, found[1])
    below = list(_below(directory, _SETTINGS))
    if _is_file(directory / _SETTINGS):
        below.insert(0, directory / _SETTINGS)
    if len(below) == 1:
        return Project(_module(below[0], directory), directory)
    raise NoProjectError(
        f"`{shown}` does not say by which module the project is configured",
        f"name it, such as mysite.settings, or set {VARIABLE}",
    )


def _named_in(text: SourceText) -> tuple[str, Where] | None:
    """Return what a manage.py gives DJANGO_SETTINGS_MODULE, by setdefault or by an assignment, and where."""
    try:
        tree = ast.parse(text.text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        label = Label(text.whole_line(min(line, len(text.lines))), "name the settings module instead")
        message = f"`{text.name}` is not Python: {getattr(error, 'msg', error)}"
        raise Mistakes(text.name, [Diagnostic("error", "syntax", message, (label,))]) from error
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str()) as value]
            ):
                return str(value.value), _where(text, value)
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value="DJANGO_SETTINGS_MODULE"))],
                value=ast.Constant(value=str()) as value,
            ):
                return str(value.value), _where(text, value)
    return None


def _where(text: SourceText, node: ast.Constant) -> Where:
    # ast counts octets, a place characters.
    line = text.lines[node.lineno - 1].encode()
    start = text.start(node.lineno) + len(line[: node.col_offset].decode())
    return text.where(start, start + len(ast.get_source_segment(text.text, node) or ""))


def _of_settings(path: Path, shown: str) -> Project:
    """Return the project of a settings file: it lies where manage.py does, or above the package."""
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise NoProjectError(
            f"`{shown}` is no Django settings", "a module is expected, such as mysite/settings.py"
        )
    path = path.absolute()
    parents = list(path.parents)
    # A namespace package has no __init__.py; then manage.py tells where the project's modules begin.
    top = next((one for one in parents if not _is_file(one / "__init__.py")), path.parent)
    root = next((one for one in parents if _is_file(one / _MANAGE)), top)
    if not all(part.isidentifier() for part in path.relative_to(root).parts[:-1]):
        root = top
    return Project(_module(path, root), root)


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_file(path: Path) -> bool:
    """Tell whether a file is there; not where it is hidden from us, or cannot have such a name."""
    return os.path.isfile(path)  # noqa: PTH113  Path.is_file raises there
