"""Tells the service manager why a server does not serve: `systemctl status` shows it, however long the log.

Without it the last word would be "stopping", which says nothing, and of the log ten lines.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wsgid.errors import WsgidError

_VARIABLE = "NOTIFY_SOCKET"


def listener(environ: Mapping[str, str]) -> str:
    """Return who listens, before a server takes the variable for itself; "" for nobody.

    A successor is not the process that systemd hears: its predecessor tells what became of it.
    """
    return "" if "WSGID_PREDECESSOR" in environ else environ.get(_VARIABLE, "")


def tell(address: str, error: WsgidError) -> None:
    """Tell it in one line; where nobody hears it, there is the log."""
    if not address:
        return
    from wsgid.daemon.notify import Notifier  # noqa: PLC0415  lazy: a start that goes well has no last words

    os.environ[_VARIABLE] = address  # where sdnotify looks
    notifier = Notifier(os.environ, lambda _: None)
    notifier.status(f"cannot start: {in_a_line(error)}")
    notifier.close()


def in_a_line(error: WsgidError) -> str:
    """Return the first mistake at its place, or what was said: of a traceback, its end."""
    diagnostics: tuple[Any, ...] = getattr(error, "diagnostics", ())
    for one in diagnostics:
        if one.severity == "error":
            return str(one.concise())
    lines = str(error).removeprefix("wsgid: ").splitlines()
    return f"{lines[0]} {lines[-1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
