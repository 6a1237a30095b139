"""wsgid: a pre-fork WSGI server for Linux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["__version__", "is_compiled", "serve"]

__version__ = "0.1.0"


def is_compiled() -> bool:
    """Whether the modules that each request goes through are those of a compiled build."""
    from importlib.machinery import PathFinder  # noqa: PLC0415  lazy: `import wsgid` must stay cheap

    return PathFinder.find_spec("wsgid.hot__mypyc", __path__) is not None


def serve(app: str | Callable[..., Any], **settings: object) -> int:
    """Serve `app` until stopped; returns the exit status (`wsgid.errors.ExitCode`).

    `app` is "module:name" or a WSGI callable. The settings have the names and the types of a TOML
    file, and come above every other layer. Call it in the main thread: it handles signals. Where
    `app` is a callable, a reload (SIGHUP) takes new settings, but no new code.
    """
    from wsgid.cli.main import serve as serve_now  # noqa: PLC0415  lazy: `import wsgid` must stay cheap

    return serve_now(app, settings)
