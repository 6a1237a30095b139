"""Django: the application of a project, from its settings; and, in INSTALLED_APPS, `manage.py runwsgid`.

Nothing of Django is imported before it is asked for: this package may be looked at where there is none.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from wsgid.apps.loader import load_module
from wsgid.apps.traceback import own_traceback
from wsgid.errors import ApplicationError

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "DJANGO_SETTINGS_MODULE"


def application(settings: str) -> Callable[..., Any]:
    """Return the WSGI application that a project's settings name (WSGI_APPLICATION), else Django's own.

    With DEBUG it serves the static files of `django.contrib.staticfiles`, as `runserver` does. Raises
    ApplicationError.
    """
    _configure(settings)
    from django.core.servers.basehttp import get_internal_wsgi_application  # noqa: PLC0415  lazy on purpose

    app: Callable[..., Any] = _made(settings, get_internal_wsgi_application)
    if _serves_static_files():
        from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: PLC0415  lazy on purpose

        app = StaticFilesHandler(app)
    return app


def asgi_application(settings: str) -> Callable[..., Any]:
    """Return the ASGI application that a project's settings name (ASGI_APPLICATION), else Django's own.

    The setting is that of Channels and of Daphne. Raises ApplicationError.
    """
    _configure(settings)
    from django.core.asgi import get_asgi_application  # noqa: PLC0415  lazy on purpose

    app: Callable[..., Any] = _made(settings, get_asgi_application)
    from django.conf import settings as values  # noqa: PLC0415  lazy on purpose

    if named := getattr(values, "ASGI_APPLICATION", None):
        from django.utils.module_loading import import_string  # noqa: PLC0415  lazy on purpose

        app = _made(settings, lambda: import_string(named))
    if _serves_static_files():
        from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: PLC0415  lazy on purpose

        app = ASGIStaticFilesHandler(app)
    return app


def pending_migrations() -> tuple[str, ...]:
    """Return the names of the migrations that the default database has not seen, if there is one to ask.

    It may wait for a database, and raise what its library raises.
    """
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  lazy on purpose
    from django.db import DEFAULT_DB_ALIAS, connections  # noqa: PLC0415  lazy on purpose
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415  lazy on purpose

    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    except ImproperlyConfigured:
        return ()  # a project without a database
    finally:
        connections.close_all()
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan)


def _configure(settings: str) -> None:
    """Import the settings; Django itself would do so at their first use, and tell less."""
    try:
        import django  # noqa: F401, PLC0415  lazy on purpose
    except ImportError:
        raise ApplicationError(
            f"Django project `{settings}`: {sys.executable} has no Django: is it installed there?"
        ) from None
    os.environ[VARIABLE] = settings
    load_module(settings, "Django settings")


def _made(settings: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the project's code may raise
        text = own_traceback(error).text
        raise ApplicationError(f"Django project `{settings}` cannot be loaded:\n{text}") from None


def _serves_static_files() -> bool:
    from django.apps import apps  # noqa: PLC0415  lazy on purpose
    from django.conf import settings  # noqa: PLC0415  lazy on purpose

    return bool(settings.DEBUG) and apps.is_installed("django.contrib.staticfiles")
