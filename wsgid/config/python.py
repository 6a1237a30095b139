"""Python: a file -> a layer, by running it; with the place of every setting, and of what went wrong.

Every name of a setting that the file leaves behind is one, wherever its value came from; functions with the
names of hooks are those. All other names are the file's own business, unless one looks like a slip.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from wsgid.config import gunicorn, python_failure, python_run
from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.config.gunicorn_names import OURS, UNUSED
from wsgid.config.hooks import HOOKS, MAY_BE_LEFT_OUT
from wsgid.config.layers import BY_ALIAS, BY_NAME, Layer
from wsgid.config.python_run import forget
from wsgid.config.python_slips import slips
from wsgid.config.python_source import Source
from wsgid.config.redaction import hide, sounds_secret
from wsgid.config.source_text import DEEPEST, read_source

if TYPE_CHECKING:
    from wsgid.config.layers import KeyPath, Place
    from wsgid.config.python_run import Namespace

__all__ = ["forget", "read_module", "read_python"]

_NAMES = BY_NAME.keys() | BY_ALIAS.keys() | UNUSED.keys()


def read_python(path: Path, *, shown: str) -> Layer:
    """Run a file; `shown` is its name in messages. Raises Mistakes with all that keeps it from being run.

    Modules beside it can be imported, and those in the start directory; as in gunicorn, in a file of its kind
    the start directory comes first.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  a link is not followed: modules lie beside it
    module = ModuleType(python_run.NAME)
    module.__file__ = str(path)
    before, after = [str(path.parent)], _start_directory()
    if gunicorn.is_gunicorn_file(path):
        before, after = [*after, *before], []
    with python_run.surroundings(before, after):
        return _read(path, module, shown, shown)


def read_module(name: str, *, shown: str) -> Layer:
    """Run a module that can be imported, for `python:MODULE`; `shown` is what was asked for."""
    with python_run.surroundings(_start_directory()):
        try:
            # What is found may be old: the file may have come since its directory was last looked at.
            importlib.invalidate_caches()
            spec = importlib.util.find_spec(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            message = f"cannot find the module `{name}`"
            raise _no_module(shown, message, python_failure.words(error)) from error
        if spec is None:
            raise _no_module(shown, f"there is no module `{name}`", "the start directory is searched, too")
        if spec.origin is None or not spec.origin.endswith(".py"):
            raise _no_module(shown, f"the module `{name}` is no Python file")
        return _read(Path(spec.origin), importlib.util.module_from_spec(spec), shown, spec.origin)


def _read(path: Path, module: ModuleType, name: str, shown: str) -> Layer:
    text = read_source(path, shown=shown)
    try:
        source = Source(text)
        code = compile(source.tree, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise Mistakes(shown, [python_failure.not_python(error, text)]) from error
    except (RecursionError, MemoryError) as error:  # the latter is what its parser says
        raise Mistakes(shown, [python_failure.too_deep(text)]) from error
    try:
        names = python_run.run(code, module, str(path))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit() in a file must not end the server, either
        raise Mistakes(shown, [python_failure.not_run(error, text, source, str(path))]) from error
    if gunicorn.is_gunicorn_file(path):
        return gunicorn.as_gunicorn(_Reading(source, names, is_of_gunicorn=True).layer(name))
    return _Reading(source, names, is_of_gunicorn=False).layer(name)


class _Reading:
    """What became of a file that ran to its end."""

    def __init__(self, source: Source, names: Namespace, *, is_of_gunicorn: bool) -> None:
        self._source = source
        self._names = names
        self._is_of_gunicorn = is_of_gunicorn
        self._mistakes: list[Diagnostic] = []
        self._values: dict[str, object] = {}
        self._places: dict[KeyPath, Place] = {}

    def layer(self, name: str) -> Layer:
        known = (OURS.keys() | UNUSED.keys()) - HOOKS.keys() if self._is_of_gunicorn else _NAMES
        for each in self._names:
            if each in known and self._is_setting(each):
                self._take(each)
        self._take_hooks()
        self._mistakes += slips(self._source, self._names, is_of_gunicorn=self._is_of_gunicorn)
        return Layer(name, self._values, self._places, mistakes=tuple(self._mistakes))

    def _is_setting(self, name: str) -> bool:
        """Tell a setting from a function, a class or a module that happens to have its name."""
        if not isinstance(self._names[name], (ModuleType, FunctionType, BuiltinFunctionType, type)):
            return True
        return self._source.is_assigned(name, self._names.lines.get(name)) or (
            self._is_of_gunicorn and name in gunicorn.CLASSES
        )

    def _take(self, name: str) -> None:
        line = self._names.lines.get(name)
        try:
            value = plain(self._names[name])
        except RecursionError:
            self._refuse(name, line, f"lists and maps in one another are {DEEPEST} deep at most")
            return
        self._values[name] = value
        self._places |= self._source.places(name, line, value)

    def _take_hooks(self) -> None:
        """Add the functions with names of hooks to what a table `hooks` has."""
        hooks: dict[str, Any] = {}
        given = self._values.get("hooks", hooks)
        if not isinstance(given, dict):
            return  # that is told by the check
        for name in HOOKS:
            value = self._names.get(name)
            if name not in self._names or isinstance(value, ModuleType):
                continue
            place = self._source.place(name, self._names.lines.get(name))
            self._places.setdefault(("hooks",), place)
            self._places["hooks", name] = place
            if why := wrong_arguments(name, value):
                message = f"the hook `{name}` cannot be called"
                self._mistakes.append(Diagnostic("error", "invalid-value", message, (Label(place.key, why),)))
            else:
                hooks[name] = value
        if hooks:
            self._values["hooks"] = {**given, **hooks}

    def _refuse(self, name: str, line: int | None, note: str) -> None:
        where = self._source.place(name, line).value
        if sounds_secret(name):
            where = hide(where, where.column or 1)
        message = f"invalid value for `{name}`"
        self._mistakes.append(Diagnostic("error", "invalid-value", message, (Label(where, note),)))


def plain(value: object, depth: int = 0) -> object:
    """Return a value as other sources would have it: ssl.CERT_REQUIRED is 2, Path("x") is "x".

    What is inside of lists and dicts, too; what other sources cannot have is left as it is. Raises
    RecursionError for what is too deep: a list may be in itself.
    """
    if depth > DEEPEST:
        raise RecursionError
    match value:
        case bool() | None:
            return value
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case os.PathLike():
            return os.fspath(value)
        case list() | tuple():
            return [plain(item, depth + 1) for item in value]
        case dict():
            return {plain(key, depth + 1): plain(item, depth + 1) for key, item in value.items()}
        case _:
            return value


def wrong_arguments(hook: str, function: object) -> str:
    """Say why a hook's function cannot take what it is called with; "" where it can, or nobody knows."""
    arguments = HOOKS[hook]
    if not callable(function):
        return ""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C
        return ""
    for left_out in range(MAY_BE_LEFT_OUT.get(hook, 0) + 1):
        try:
            signature.bind(*arguments[: len(arguments) - left_out])
        except TypeError:
            continue
        return ""
    return f"it is called as {hook}({', '.join(arguments)})"


def _start_directory() -> list[str]:
    try:
        return [os.getcwd()]  # noqa: PTH109  sys.path has texts
    except FileNotFoundError:
        return []


def _no_module(shown: str, message: str, note: str = "") -> Mistakes:
    label = Label(Where("file", shown), note)
    return Mistakes(shown, [Diagnostic("error", "cannot-import", message, (label,))])
