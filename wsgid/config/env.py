"""The environment: WSGID_* as a layer of its own, and the few variables that other people's tools set."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label, Where, did_you_mean
from wsgid.config.gunicorn_names import UNUSED
from wsgid.config.layers import BY_ALIAS, BY_NAME, Layer, Place
from wsgid.config.option_table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wsgid.config.layers import KeyPath
    from wsgid.config.option import Option

DEFAULTS = "defaults"
"""The layer of the platform's variables, which are set for all services alike."""
CMD_ARGS = "WSGID_CMD_ARGS"
PREFIX = "WSGID_"
_SOCKETS = ("LISTEN_FDS", "bind", "systemd:*")
# What the server's own listeners are called in LISTEN_FDNAMES (net/activation.py).
_OWN = re.compile(r"wsgid-([1-9][0-9]{0,4}|fd)")
KNOWN = frozenset({CMD_ARGS, "WSGID_PREDECESSOR"})

# Which files are read is no setting; people try it nevertheless.
_OF_COMMANDS = {"WSGID_CONFIG": "--config FILE", "WSGID_INSTANCE": "--instance NAME"}


def default_layer(environ: Mapping[str, str]) -> Layer:
    """Return the defaults that the platform gives: Heroku's and others' WEB_CONCURRENCY and PORT.

    An empty variable counts as none, as those platforms mean it. Sockets that were passed to us are what is
    listened at where nobody says anything else: a platform that passes one has no port in mind.
    """
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for variable, name, form in (
        ("WEB_CONCURRENCY", "workers", "{}"),
        _SOCKETS if has_passed_sockets(environ) else ("PORT", "bind", "0.0.0.0:{}"),
        ("FORWARDED_ALLOW_IPS", "forwarded_allow_ips", "{}"),
    ):
        if text := environ.get(variable):
            places[name,] = variable_place(variable, text)
            pieces = list(split(text)) if BY_NAME[name].kind == "list" else None
            values[name] = (
                form.format(text) if pieces is None else [form.format(piece.text) for piece in pieces]
            )
            for index, piece in enumerate(pieces or ()):
                places[name, index] = _inside(places[name,], piece)
    return Layer(DEFAULTS, values, places, style="text")


def has_passed_sockets(environ: Mapping[str, str], pid: int | None = None) -> bool:
    """Say whether sockets were passed to this process (sd_listen_fds(3)), and not to a former one."""
    is_ours = environ.get("LISTEN_PID") == str(os.getpid() if pid is None else pid)
    if not is_ours or environ.get("LISTEN_FDS", "") in ("", "0"):
        return False
    # What a former self of the server has left is not somebody else's: `bind` says what becomes of it.
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    return not all(_OWN.fullmatch(name) for name in names)


def variable_layer(environ: Mapping[str, str]) -> Layer:
    """Return what WSGID_* say; the names that are no setting's are left to `strangers`."""
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for option in OPTIONS:
        for spelling in (option.name, *option.aliases):
            variable = PREFIX + spelling.upper()
            text = environ.get(variable)
            if text is not None:
                place = places[spelling,] = variable_place(variable, text)
                values[spelling] = _value(option, spelling, text, place, places)
    return Layer("environment", values, places, style="text")


def strangers(environ: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield a warning for each variable that looks like ours and is not."""
    known = {PREFIX + spelling.upper() for spelling in (*BY_NAME, *BY_ALIAS)} | KNOWN
    for name in environ:
        if name == "GUNICORN_CMD_ARGS":
            message = f"GUNICORN_CMD_ARGS is not read: {CMD_ARGS} is the variable for it"
            yield Diagnostic("warning", "unknown-setting", message, (Label(Where("environment", name)),))
        elif name.startswith(PREFIX) and name not in known and not _is_of_kubernetes(name):
            # Not its text: a misspelt secret is a secret.
            where = Where("environment", name, None, 1, len(name) + 1, f"{name}=...")
            reason = UNUSED.get(name.removeprefix(PREFIX).lower())
            if reason is not None:
                message = f"`{name}`: this setting of gunicorn's has no use here"
                yield Diagnostic("warning", "deprecated", message, (Label(where, reason),))
            else:
                message = f"unknown setting: there is no variable `{name}`"
                flag = _OF_COMMANDS.get(name)
                note = f'write {CMD_ARGS}="{flag}"' if flag else did_you_mean(name, sorted(known))
                yield Diagnostic("warning", "unknown-setting", message, (Label(where, note),))


def variable_place(name: str, text: str) -> Place:
    """Return the place of a variable, and of all that it says."""
    line = f"{name}={text}"
    return Place(
        Where("environment", name, None, 1, len(name) + 1, line),
        Where("environment", name, None, len(name) + 2, len(line) + 1, line),
    )


class Piece(NamedTuple):
    """A part of a text, and where in it that begins, from 0."""

    text: str
    start: int


def split(text: str) -> Iterator[Piece]:
    """Split a text at its commas; what is empty is dropped."""
    start = 0
    for part in text.split(","):
        if stripped := part.strip():
            yield Piece(stripped, start + len(part) - len(part.lstrip()))
        start += len(part) + 1


def _value(
    option: Option, spelling: str, text: str, place: Place, places: dict[KeyPath, Place]
) -> str | list[str]:
    """Return a value, a list of texts for a list or a map, and note the places of its items."""
    if option.kind not in ("list", "map"):
        return text
    pieces = list(split(text))
    for index, piece in enumerate(pieces):
        places[spelling, index] = _inside(place, piece)
        if option.kind == "map":
            places[spelling, piece.text.partition("=")[0]] = _inside(place, piece)
    return [piece.text for piece in pieces]


def _inside(place: Place, piece: Piece) -> Place:
    where = place.value
    assert where.column is not None
    column = where.column + piece.start
    item = Where(where.kind, where.name, None, column, column + len(piece.text), where.text)
    return Place(item, item)


def _is_of_kubernetes(name: str) -> bool:
    # It sets these, to tcp://..., for a Service that is called wsgid.
    return name == "WSGID_PORT" or name.startswith(("WSGID_PORT_", "WSGID_SERVICE_"))
