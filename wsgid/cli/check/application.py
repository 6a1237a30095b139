"""Whether application, hooks and worker class can be imported; asked in a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.apps.loader import load_callable, prepare
from wsgid.cli.check.finding import Finding
from wsgid.errors import ApplicationError
from wsgid.workers.boot import load_named
from wsgid.workers.server import find_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wsgid.config.settings import Settings


def look_at_application(settings: Settings) -> Iterator[Finding]:
    """Import all that the workers will import, as they will; yields what does not come to life."""
    try:
        prepare(chdir=settings.chdir, pythonpath=settings.pythonpath, env=settings.env)
    except ApplicationError as error:
        yield Finding("invalid-value", str(error), "chdir")
        return
    if named := settings.paste or settings.app:
        yield from _try(lambda _: load_named(settings), named, subject(settings)[0], None)
    if ":" in settings.worker_class:
        yield from _try(_load_worker_class, settings.worker_class, "worker_class", None)
    for name, hook in settings.hooks.items():
        if isinstance(hook, str):
            yield from _try(_load_hook, hook, "hooks", name)


def subject(settings: Settings) -> tuple[str, str]:
    """Return the setting that names what is loaded, and what messages call that."""
    if settings.paste is not None:
        return "paste", f"paste `{settings.paste}`"
    return "app", f"application `{settings.app}`"


def _try(load: Callable[[str], object], spec: str, setting: str, item: str | None) -> Iterator[Finding]:
    try:
        load(spec)
    except ApplicationError as error:
        message, _, detail = str(error).partition("\n")
        yield Finding("cannot-import", message.removesuffix(":"), setting, item, detail=detail)
    except (Exception, SystemExit) as error:  # noqa: BLE001  what a metaclass or a property may raise
        message = f"`{spec}` cannot be loaded: {type(error).__name__}: {error}"
        yield Finding("cannot-import", message, setting, item)


def _load_worker_class(spec: str) -> object:
    return find_server(spec)


def _load_hook(spec: str) -> object:
    return load_callable(spec, "hook")
