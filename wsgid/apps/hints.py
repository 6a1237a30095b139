"""What was perhaps meant, when an application is not where it was said to be."""

from __future__ import annotations

import difflib
import inspect
import os
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What frameworks' tutorials and generators call an application, and what makes one.
_APPLICATIONS = ("application", "app", "wsgi_app", "wsgi", "wsgi_application", "api", "server")
_FACTORIES = ("create_app", "make_app", "create_application", "make_application", "get_wsgi_application")

# A look into other directories is a help, not a search of the disk.
_DEEPEST = 3
_MOST_DIRECTORIES = 500
_NOT_LOOKED_INTO = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env"})


def near_module(name: str, paths: Iterable[str]) -> str:
    """Return the module in these directories whose name is nearest, or nothing."""
    names = {module.name for module in pkgutil.iter_modules(list(paths))}
    near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.75)
    return near[0] if near else ""


def near_callable(name: str, holder: object) -> str:
    """Return what in a module was perhaps meant: a near name, or what an application is usually called."""
    names = (
        sorted(key for key, value in vars(holder).items() if callable(value))
        if hasattr(holder, "__dict__")
        else []
    )
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    if near:
        return near[0]
    for usual in _APPLICATIONS:
        if usual in names:
            return usual
    return next((f"{usual}()" for usual in _FACTORIES if usual in names), "")


def directory_of(module: str, start: str) -> str:
    """Return the directory from which a module could be imported: below the start directory, or above it."""
    parts = module.split(".")
    for directory in (*_below(start), *_above(start)):
        path = os.path.join(directory, *parts)  # noqa: PTH118  hundreds of them
        is_there = os.path.isfile(f"{path}.py") or os.path.isfile(f"{path}/__init__.py")  # noqa: PTH113
        if is_there:
            return directory
    return ""


def kind(value: object) -> str:
    """Say what a value is, in words: "a module", "None", "of type str"."""
    if value is None:
        return "None"
    if inspect.ismodule(value):
        return f"the module {value.__name__}"
    return f"of type {type(value).__name__}"


def _below(start: str) -> Iterator[str]:
    """Yield the directories below, the nearest first."""
    level = [start]
    seen = 0
    for _ in range(_DEEPEST):
        deeper: list[str] = []
        for directory in level:
            for path in _subdirectories(directory):
                seen += 1
                if seen > _MOST_DIRECTORIES:
                    return
                yield path
                deeper.append(path)
        level = deeper


def _subdirectories(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return sorted(
                entry.path
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
                and not entry.name.startswith(".")
                and entry.name not in _NOT_LOOKED_INTO
            )
    except OSError:
        return []


def _above(start: str) -> Iterator[str]:
    parent = os.path.dirname(start)  # noqa: PTH120  as above
    yield parent
    yield os.path.dirname(parent)  # noqa: PTH120
