"""Whether the database of a Django project is behind its code: asked once a generation, and told in the log.

By a thread of its own: the database may be slow, or not there, and the project serves nevertheless.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import logging

# Of their names; a fresh database lacks all of them.
_SHOWN: Final = 5


def tell_pending_migrations(log: logging.Logger) -> None:
    """Begin to ask, and return."""
    Thread(target=_ask, args=(log,), name="migrations", daemon=True).start()


def _ask(log: logging.Logger) -> None:
    # Lazy: Django is there only where a project of it is served.
    from wsgid.apps.django import pending_migrations  # noqa: PLC0415

    try:
        pending = pending_migrations()
    except Exception as error:  # noqa: BLE001  whatever a database's library may raise
        log.debug("migrations not looked at: %s: %s", type(error).__name__, error)
        return
    if pending:
        more = f" and {len(pending) - _SHOWN} more" if len(pending) > _SHOWN else ""
        shown = ", ".join(pending[:_SHOWN])
        log.warning(
            "migrations not applied count=%d: %s%s; run `manage.py migrate`", len(pending), shown, more
        )
