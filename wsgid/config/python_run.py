"""Runs a Python file of the configuration, in the process that asks for the settings.

What it leaves behind is what gunicorn's users count on: the modules that it imported, the variables of the
environment that it set, what it added to sys.path. What it does not leave: bytecode, and anything on standard
output, which may be a command's answer.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from types import CodeType, FrameType

NAME = "__config__"
"""What `__name__` is in a file, as in gunicorn."""

# Global, since sys.modules is: which of its names are there for the configuration. `forget` empties it.
_brought: set[str] = set()


class Namespace(dict[str, Any]):
    """The names of a file while it runs; notes the line of the assignment that gave each its value.

    Python calls __setitem__ for what a module's own code binds, `from x import *` and `globals()[name] = 1`
    too; what a function binds after `global` goes past it.
    """

    def __init__(self, module: ModuleType, path: str) -> None:
        """`path` is the name of the file's code."""
        super().__init__(vars(module))
        self.lines: dict[str, int] = {}
        self._module = module
        self._path = path

    def __setitem__(self, name: str, value: object) -> None:
        # There is no other way to ask who assigns.
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
        while frame is not None:
            if frame.f_code.co_filename == self._path:
                self.lines[name] = frame.f_lineno
                break
            frame = frame.f_back
        super().__setitem__(name, value)
        # dataclasses, typing and pickle look for a class's surroundings in its module.
        vars(self._module)[name] = value

    def update(self, *names: Any, **more: Any) -> None:
        """Note these, too: `globals().update(json.load(file))`."""
        for name, value in dict(*names, **more).items():
            self[name] = value


def run(code: CodeType, module: ModuleType, path: str) -> Namespace:
    """Run a file's code and return its names; what the file raises is passed on.

    `module` is put into sys.modules, as gunicorn does.
    """
    sys.modules[module.__name__] = module
    namespace = Namespace(module, path)
    exec(code, namespace)  # noqa: S102  a configuration in Python is there to be run
    return namespace


@contextlib.contextmanager
def surroundings(before: Sequence[str], after: Sequence[str] = ()) -> Iterator[None]:
    """Run what is inside with more directories on sys.path, without bytecode, standard output as error.

    The directories are taken away afterwards: a file shop.py in /etc/wsgid must not be what the application
    `shop:app` is looked for in.
    """
    added = [*before, *(directory for directory in after if directory not in sys.path)]
    sys.path[:0] = before
    sys.path += [directory for directory in after if directory in added]
    writes_no_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    known = set(sys.modules)
    try:
        with _output_as_error():
            yield
    finally:
        _brought.update(_to_forget(known))
        sys.dont_write_bytecode = writes_no_bytecode
        for directory in added:
            with contextlib.suppress(ValueError):  # the file may have taken it away itself
                sys.path.remove(directory)


def forget() -> None:
    """Drop from sys.modules what the configuration has brought in, for its next load to read it anew."""
    for name in _brought:
        module = sys.modules.pop(name, None)
        parent, _, child = name.rpartition(".")
        # `from package import module` asks the package first.
        if parent in sys.modules and vars(sys.modules[parent]).get(child) is module:
            delattr(sys.modules[parent], child)
    _brought.clear()
    # A directory whose time has not changed since is not read again otherwise.
    importlib.invalidate_caches()


def _to_forget(known: AbstractSet[str]) -> Iterator[str]:
    """Yield the new modules that can be loaded a second time.

    Not the standard library's, which a deployment does not change, and no package with a part in C: many of
    those, numpy for one, refuse to be loaded twice in a process.
    """
    new = [name for name in list(sys.modules) if name not in known]
    lasting = {_top(name) for name in new if _is_extension(sys.modules[name])}
    lasting |= {"wsgid", *sys.stdlib_module_names}
    return (name for name in new if _top(name) not in lasting)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _is_extension(module: object) -> bool:
    spec = vars(module).get("__spec__") if isinstance(module, ModuleType) else None
    return isinstance(getattr(spec, "loader", None), importlib.machinery.ExtensionFileLoader)


@contextlib.contextmanager
def _output_as_error() -> Iterator[None]:
    """Let descriptor 1 be descriptor 2 meanwhile.

    Not `contextlib.redirect_stdout`: a handler of logging that the file makes keeps the sys.stdout that it
    finds, and what a subprocess prints would still come out.
    """
    _flush()
    with contextlib.ExitStack() as afterwards:
        with contextlib.suppress(OSError):  # one of them is closed: nobody reads it
            saved = os.dup(1)
            afterwards.callback(os.close, saved)
            os.dup2(2, 1)
            afterwards.callback(os.dup2, saved, 1)
            afterwards.callback(_flush)
        yield


def _flush() -> None:
    # None in a program without a console, and it may be closed or broken: the file's print would have told.
    if sys.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
