"""The environment: WSGID_* as a layer of its own, and the few variables that other people's tools set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label, Where, did_you_mean
from wsgid.config.layers import BY_NAME, Layer, Place
from wsgid.config.option_table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wsgid.config.layers import KeyPath

CMD_ARGS = "WSGID_CMD_ARGS"
KNOWN = frozenset({CMD_ARGS, "WSGID_PREDECESSOR"})


def default_layer(environ: Mapping[str, str]) -> Layer:
    """Return the defaults that the platform gives: Heroku's and others' WEB_CONCURRENCY and PORT.

    An empty variable counts as none, as those platforms mean it.
    """
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for variable, name, form in (
        ("WEB_CONCURRENCY", "workers", "{}"),
        ("PORT", "bind", "0.0.0.0:{}"),
        ("FORWARDED_ALLOW_IPS", "forwarded_allow_ips", "{}"),
    ):
        if text := environ.get(variable):
            text = form.format(text)
            values[name] = [text] if BY_NAME[name].kind == "list" else text
            places[name,] = variable_place(variable, environ[variable])
    return Layer("defaults", values, places, style="text")


def variable_layer(environ: Mapping[str, str]) -> Layer:
    """Return what WSGID_* say; the names that are no setting's are left to `strangers`."""
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for option in OPTIONS:
        text = environ.get(option.variable)
        if text is not None:
            values[option.name] = _split(text) if option.kind in ("list", "map") else text
            places[option.name,] = variable_place(option.variable, text)
    return Layer("environment", values, places, style="text")


def strangers(environ: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield a warning for each variable that looks like ours and is not."""
    known = {option.variable for option in OPTIONS} | KNOWN
    for name, text in environ.items():
        if name == "GUNICORN_CMD_ARGS":
            message = f"GUNICORN_CMD_ARGS is not read: {CMD_ARGS} is the variable for it"
            yield Diagnostic("warning", "unknown-setting", message, (Label(Where("environment", name)),))
        elif name.startswith("WSGID_") and name not in known and not _is_of_kubernetes(name):
            note = did_you_mean(name, sorted(known))
            where = variable_place(name, text).key
            message = f"unknown setting: there is no variable `{name}`"
            yield Diagnostic("warning", "unknown-setting", message, (Label(where, note),))


def variable_place(name: str, text: str) -> Place:
    line = f"{name}={text}"
    return Place(
        Where("environment", name, None, 1, len(name) + 1, line),
        Where("environment", name, None, len(name) + 2, len(line) + 1, line),
    )


def _is_of_kubernetes(name: str) -> bool:
    # It sets these, to tcp://..., for a Service that is called wsgid.
    return name == "WSGID_PORT" or name.startswith(("WSGID_PORT_", "WSGID_SERVICE_"))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
