"""Finds and loads an application: "module:variable", or "module:factory('x', n=1)".

A mistake here is the commonest of all, so each has its own sentence: which module, from which path, what was
perhaps meant. What the application's own code raises is shown as its author would see it, without our frames.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wsgid.apps import hints
from wsgid.apps.traceback import own_traceback
from wsgid.errors import ApplicationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

DEFAULT_VARIABLE = "application"


class Spec(NamedTuple):
    """What "module:expression" says; `arguments` are there if it is a call."""

    text: str
    module: str
    variable: str
    arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None
    what: str = "application"
    """What messages call it."""


def prepare(chdir: str | None, pythonpath: Sequence[str], env: Mapping[str, str]) -> None:
    """Make the process a place where the application can be imported; the worker's first step to it.

    The directory that was entered comes first on sys.path, then those of `pythonpath`, which are relative to
    it. Raises ApplicationError.
    """
    os.environ.update(env)
    if chdir is not None:
        try:
            os.chdir(chdir)
        except OSError as error:
            raise ApplicationError(
                f"cannot enter the directory {chdir}: {error.strerror}; see the setting `chdir`"
            ) from error
    here = Path.cwd()
    paths = list(dict.fromkeys([str(here), *(str(here / path) for path in pythonpath)]))
    sys.path[:] = [*paths, *(path for path in sys.path if path not in paths)]


def load_app(spec: str) -> Callable[..., Any]:
    """Import, and call if it is a factory; raises ApplicationError."""
    parsed = parse_spec(spec)
    found = _find(parsed)
    if parsed.arguments is None:
        return look_at(found, spec)
    return look_at(_called(parsed, found), spec, what="what it returns")


def load_asgi(spec: str) -> Callable[..., Any]:
    """Import an ASGI application, and call it if it is a factory; raises ApplicationError."""
    app = load_callable(spec, "application")
    try:
        signature = inspect.signature(app, follow_wrapped=False)
    except (TypeError, ValueError):
        return app  # built in; the first request will tell
    if _takes(signature, {}, None, None):
        return app
    head = f"application `{spec}`: it takes {signature}, and an ASGI application takes (scope, receive, send)"
    if _takes(signature, {}, None):
        # Those of two arguments that ASGI 2 had are no longer made by any framework.
        raise ApplicationError(f"{head}; it is a WSGI application: serve it with another worker_class")
    raise ApplicationError(head)


def load_callable(spec: str, what: str) -> Callable[..., Any]:
    """Import what is no WSGI application: a hook, a worker class, an ASGI application.

    `what` is the name that messages give it; they are as for applications. Raises ApplicationError.
    """
    parsed = parse_spec(spec)._replace(what=what)
    found = _find(parsed)
    if parsed.arguments is not None:
        found = _called(parsed, found)
    if not callable(found):
        raise ApplicationError(f"{what} `{spec}`: it is {hints.kind(found)}, which cannot be called")
    called: Callable[..., Any] = found
    return called


def load_module(name: str, what: str) -> ModuleType:
    """Import a module that messages call `what`; raises ApplicationError."""
    return _import(Spec(name, name, "", what=what))


def _find(spec: Spec) -> Any:
    return _attribute(spec, _import(spec))


def look_at(app: Any, text: str, what: str = "it") -> Callable[..., Any]:
    """Return an application, if it can be called as PEP 3333 wants; raises ApplicationError."""
    if not callable(app):
        raise ApplicationError(f"application `{text}`: {what} is {hints.kind(app)}, which cannot be called")
    called: Callable[..., Any] = app
    try:
        # What a decorator has wrapped may take something else than the wrapper.
        signature = inspect.signature(called, follow_wrapped=False)
    except (TypeError, ValueError):
        return called  # built in; the first request will tell
    if not _takes(signature, {}, None):
        raise ApplicationError(f"application `{text}`: {what} {_misfit(called, signature, text)}")
    return called


def parse_spec(text: str) -> Spec:
    """Take "module:expression" apart; raises ApplicationError."""
    module, colon, expression = text.partition(":")
    if not all(part.isidentifier() for part in module.split(".")):
        raise ApplicationError(_bad_module(text, module))
    if not colon:
        return Spec(text, module, DEFAULT_VARIABLE)
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        tree = ast.Constant(None)
    match tree:
        case ast.Name() | ast.Attribute():
            return Spec(text, module, _dotted(tree, text))
        case ast.Call(func=ast.Name() | ast.Attribute(), args=args, keywords=keywords):
            return Spec(text, module, _dotted(tree.func, text), _arguments(args, keywords, text))
        case _:
            raise ApplicationError(_bad_expression(text))


def _dotted(tree: ast.expr, text: str) -> str:
    match tree:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value, text)}.{name}"
        case _:
            raise ApplicationError(_bad_expression(text))


def _arguments(
    args: list[ast.expr], keywords: list[ast.keyword], text: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if any(keyword.arg is None for keyword in keywords):
        raise ApplicationError(_bad_expression(text))
    try:
        return (
            tuple(ast.literal_eval(value) for value in args),
            {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in keywords},
        )
    except ValueError as error:
        raise ApplicationError(
            f'application `{text}`: the arguments of a factory are literals, such as "x", 1, True or [1, 2]'
        ) from error


def _bad_module(text: str, module: str) -> str:
    path, dot, ending = module.rpartition(".")
    if dot and ending == "py":
        name = path.strip("./").replace("/", ".")
        return f"application `{text}`: this is a file, and a module is wanted: write `{name}:VARIABLE`"
    if "/" in module:
        name = module.strip("./").replace("/", ".")
        return f"application `{text}`: a module is written with dots: `{name}:VARIABLE`"
    return f"application `{text}`: `{module}` cannot be the name of a module; write `module:variable`"


def _bad_expression(text: str) -> str:
    return (
        f"application `{text}`: after the colon comes a variable, or a factory with literal arguments: "
        '`module:variable` or `module:factory("x", n=1)`'
    )


# Import


def _import(spec: Spec) -> ModuleType:
    try:
        return importlib.import_module(spec.module)
    except ModuleNotFoundError as error:
        own = own_traceback(error)
        if not own.has_frames and _is_within(error.name, spec.module):
            raise ApplicationError(_not_found(spec, str(error.name))) from None
        hint = f"\n{sys.executable} finds no module `{error.name}`: is it installed there?"
        raise ApplicationError(f"{spec.what} `{spec.text}` cannot be imported:\n{own.text}{hint}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the application's code may raise
        raise ApplicationError(_raised(f"{spec.what} `{spec.text}` cannot be imported", error)) from None


def _is_within(missing: str | None, module: str) -> bool:
    """Say whether a module that was not found is the wanted one, or one of its parents."""
    return missing is not None and f"{module}.".startswith(f"{missing}.")


def _not_found(spec: Spec, missing: str) -> str:
    head = f"{spec.what} `{spec.text}`:"
    if spec.module.endswith(".py"):
        # The commonest slip: it is a module's name as well, so only now is it known to be none.
        name = spec.module.removesuffix(".py")
        return f"{head} there is no module `{spec.module}`; if a file is meant, write `{name}:VARIABLE`"
    parent, _, name = missing.rpartition(".")
    if not parent:
        return f"{head} {_not_on_path(spec, missing)}"
    package = sys.modules[parent]
    where = getattr(package, "__file__", None) or ", ".join(getattr(package, "__path__", []))
    if not hasattr(package, "__path__"):
        return f"{head} `{parent}` is a module ({where}), not a package, so there is no `{missing}` in it"
    near = hints.near_module(name, package.__path__)
    meant = f"\ndid you mean `{spec.text.replace(missing, f'{parent}.{near}', 1)}`?" if near else ""
    return f"{head} there is no module `{name}` in the package `{parent}` ({where}){meant}"


def _not_on_path(spec: Spec, missing: str) -> str:
    here = str(Path.cwd())
    lines = [f"there is no module `{missing}` in {here}, nor elsewhere on sys.path"]
    near = hints.near_module(missing, [here, *sys.path])
    if near:
        lines.append(f"did you mean `{spec.text.replace(missing, near, 1)}`?")
    directory = hints.directory_of(spec.module, here)
    if directory:
        lines.append(f"It is in {directory}: start with --chdir {directory}")
    return "\n".join(lines)


# The attribute


def _attribute(spec: Spec, module: ModuleType) -> Any:
    found: Any = module
    for name in spec.variable.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise ApplicationError(_no_attribute(spec, module, found, name)) from None
        except (Exception, SystemExit) as error:  # noqa: BLE001  a module's __getattr__ is the application's code
            raise ApplicationError(_raised(f"{spec.what} `{spec.text}` cannot be loaded", error)) from None
    return found


def _no_attribute(spec: Spec, module: ModuleType, holder: object, name: str) -> str:
    where = getattr(module, "__file__", None) or "a package without a file"
    lines = [f"{spec.what} `{spec.text}`: there is no `{name}` in `{spec.module}` ({where})"]
    meant = hints.near_callable(name, holder)
    if meant:
        lines.append(f"did you mean `{spec.module}:{meant}`?")
    return "\n".join(lines)


def _called(spec: Spec, factory: Any) -> Any:
    assert spec.arguments is not None
    args, kwargs = spec.arguments
    if not callable(factory):
        raise ApplicationError(
            f"{spec.what} `{spec.text}`: `{spec.variable}` is {hints.kind(factory)}, which cannot be called"
        )
    try:
        return factory(*args, **kwargs)
    except ApplicationError:
        raise  # one of our own factories, which says more
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the factory may raise
        own = own_traceback(error)
        if isinstance(error, TypeError) and not own.has_frames:
            raise ApplicationError(
                f"{spec.what} `{spec.text}`: these arguments do not fit: {error}"
            ) from None
        raise ApplicationError(_raised(f"{spec.what} `{spec.text}`: the factory failed", error)) from None


def _misfit(app: Callable[..., Any], signature: inspect.Signature, text: str) -> str:
    if _takes(signature):
        call = "" if text.endswith(")") else f"; if it is a factory, write `{text}()`"
        return f"takes no arguments, and a WSGI application takes two (PEP 3333){call}"
    if _takes(signature, {}, None, None):
        is_async = any(map(inspect.iscoroutinefunction, (app, type(app).__call__)))
        asgi = '; it is an ASGI application: serve it with worker_class "asgi"' if is_async else ""
        return f"takes three arguments, and a WSGI application takes two (PEP 3333){asgi}"
    return f"takes {signature}, and a WSGI application takes (environ, start_response) (PEP 3333)"


def _takes(signature: inspect.Signature, *arguments: object) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def _raised(what: str, error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"{what}: it called sys.exit({error.code!r})\n{own_traceback(error).text}"
    return f"{what}:\n{own_traceback(error).text}"
