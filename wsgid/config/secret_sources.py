"""Reads the secrets that are kept elsewhere, and warns of those that stand where others can read them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.redaction import SECRETS
from wsgid.config.secrets import Secret, SecretSource, looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wsgid.config.diagnostics import Where
    from wsgid.config.layers import Checked, Merged


class Unsealed(NamedTuple):
    """The values in force with their secrets, what is wrong with these, and notes."""

    values: dict[str, Any]
    mistakes: list[Diagnostic]
    notes: tuple[str, ...]


def unseal(merged: Merged, environ: Mapping[str, str], *, is_start: bool) -> Unsealed:
    """Read what is kept elsewhere: the last step of a load, for what is shadowed need not be there.

    A check that somebody runs by hand has not what the service manager passes to the service: without a
    start (`is_start`) what cannot be looked at is a note, and left out.
    """
    unsealed = Unsealed(dict(merged.values), [], ())
    notes = []
    for name, key, source in _sources(merged.values):
        place = merged.source(name, key[0]).source.place(name, *key) if key else merged.last(name).place
        shown = f"`{key[0]}` in `{name}`" if key else f"`{name}`"
        text: str | None = None
        if source.kind == "credential" and not is_start and not environ.get("CREDENTIALS_DIRECTORY"):
            notes.append(f"{shown} is not looked at: systemd passes credentials to the service alone")
        else:
            try:
                text = source.read(environ)
            except ValueError as error:
                unsealed.mistakes.append(_unreadable(shown, place.value, error))
        _put(unsealed.values, name, key, text)
    return unsealed._replace(notes=tuple(notes))


def exposed(layer: Checked, file: Path) -> Iterator[Diagnostic]:
    """Yield a warning for each literal secret in a file that everybody can read, for shadowed ones too."""
    try:
        mode = file.stat().st_mode
    except OSError:
        return  # a module, or somebody is replacing it
    if not mode & stat.S_IROTH:
        return
    for name in SECRETS & layer.values.keys():
        value = layer.values[name]
        found: list[tuple[str, ...]] = [()] if isinstance(value, Secret) else []
        if isinstance(value, dict):
            found += [(key,) for key, it in value.items() if isinstance(it, str) and looks_secret(key, it)]
        for key in found:
            shown = f"`{key[0]}` in `{name}`" if key else f"`{name}`"
            message = f"{shown} is a secret in a file that others can read (mode {stat.S_IMODE(mode):04o})"
            note = 'chmod 0640, or write { credential = "NAME" } or { file = "/PATH" }'
            yield Diagnostic(
                "warning", "exposed-secret", message, (Label(layer.place(name, *key).key, note),)
            )


def _sources(values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], SecretSource]]:
    """Yield each source with the setting it is for, and the key in that if it is a map."""
    for name in sorted(SECRETS & values.keys()):
        value = values[name]
        if isinstance(value, SecretSource):
            yield name, (), value
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, SecretSource):
                    yield name, (key,), item


def _put(values: dict[str, Any], name: str, key: tuple[str, ...], text: str | None) -> None:
    if not key:
        values[name] = None if text is None else Secret(text)
        return
    rest = {other: value for other, value in values[name].items() if other != key[0]}
    values[name] = rest if text is None else {**rest, key[0]: text}


def _unreadable(shown: str, where: Where, error: ValueError) -> Diagnostic:
    message = f"the secret of {shown} cannot be read"
    return Diagnostic("error", "unreadable-file", message, (Label(where, str(error)),))
