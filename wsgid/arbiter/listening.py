"""Where the server listens, at its place: what `bind` says of passed sockets, and the line of log."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from wsgid.arbiter.differences import place_of_address
from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where
from wsgid.errors import AddressError
from wsgid.net.access import describe
from wsgid.net.address import SYSTEMD

if TYPE_CHECKING:
    from wsgid.config.load import Loaded
    from wsgid.net.activation import Mistake, PassedSockets
    from wsgid.net.listener import Listener


def compare(loaded: Loaded, sockets: PassedSockets) -> None:
    """Adopt the sockets that the settings name.

    Raises Mistakes; or AddressError where none was passed, which a service manager may heal.
    """
    bind = loaded.settings.bind
    wanted = next((index for index, text in enumerate(bind) if text.startswith(SYSTEMD)), None)
    if wanted is not None and not sockets.passed:
        message = f"cannot listen at {bind[wanted]} (bind, {place_of_address(loaded, bind[wanted])})"
        raise AddressError(f"{message}: {sockets.why_none}")
    found = [_diagnostic(one, loaded) for one in sockets.mistakes(bind)]
    if found:
        raise Mistakes(loaded.subject, found, loaded.files)


def announcement(loaded: Loaded, sockets: PassedSockets, text: str, listener: Listener) -> str:
    """Return the line that tells of a listener: its address, where that was said, who may connect."""
    bind = loaded.settings.bind
    index = sockets.index(bind, listener)
    where = place_of_address(loaded, text if index is None else bind[index])
    passed = f", passed as {listener.passed_as}" if listener.passed_as else ""
    address = str(listener.address)
    if loaded.settings.certfile:
        address = address.replace("http://", "https://", 1)
    return f"listening at {address} (bind, {where}){passed}{_access(listener)}"


def _access(listener: Listener) -> str:
    address = listener.address
    if address.family != socket.AF_UNIX or address.is_abstract:
        return ""
    try:
        return f" {describe(address.path)}"
    except OSError:  # somebody else's socket may have lost its path
        return ""


def _diagnostic(mistake: Mistake, loaded: Loaded) -> Diagnostic:
    where = loaded.where("bind", mistake.item) or Where("environment", "LISTEN_FDS")
    return Diagnostic("error", "cannot-bind", mistake.text, (Label(where, mistake.note),))
