"""Defaults that come from other settings, or from who starts the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsgid.config.endpoints import fits_as_control

if TYPE_CHECKING:
    from collections.abc import Mapping


def derive(values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in force with those that were not given and do not have a fixed default."""
    derived: dict[str, Any] = {}
    umask = values.get("umask")
    if umask is not None and "socket_mode" not in values:
        # gunicorn's: whoever says what others may do says it of sockets, too.
        derived["socket_mode"] = 0o666 & ~umask
    if values.get("upgrade") is None:
        # A service manager must be told whom to watch from then on; an administrator drives it by hand.
        derived["upgrade"] = "auto" if environ.get("NOTIFY_SOCKET") else "manual"
    if values.get("control_socket") is None:
        derived["control_socket"] = _control_socket(values.get("pidfile"), environ)
    return {**values, **derived}


def _control_socket(pidfile: str | None, environ: Mapping[str, str]) -> str | None:
    """Return a path that somebody has asked for by giving us a directory, or a pidfile; else none.

    None, too, where it is longer than a socket's can be: rules.py tells of it.
    """
    # systemd.exec(5), RuntimeDirectory=: several are separated by colons.
    directory = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    path = f"{directory}/control" if directory else f"{pidfile}.control" if pidfile else ""
    return path if path and fits_as_control(path) else None
