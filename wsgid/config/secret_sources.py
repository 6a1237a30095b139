"""Reads the secrets that are kept elsewhere, and warns of those that stand where others can read them.

The last step of a load: a source that a higher layer shadows need not be there.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.secrets import Secret, SecretSource, looks_secret
from wsgid.config.settings import Settings, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wsgid.config.diagnostics import Severity, Where
    from wsgid.config.layers import Merged


class _Given(NamedTuple):
    """A value that may be secret, and where it stands; `key` is that inside a map, or ""."""

    name: str
    key: str
    value: object
    where: Where

    def __str__(self) -> str:
        return f"`{self.key}` in `{self.name}`" if self.key else f"`{self.name}`"


def unseal(
    merged: Merged, environ: Mapping[str, str], cwd: str, *, is_start: bool
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """Return the values in force of all settings, secrets read, and what is to be said of these.

    Outside of a start (`is_start`), in a check by hand, systemd has passed no credentials: a warning there.
    """
    values = dict(merged.values)
    diagnostics: list[Diagnostic] = []
    for given in _in_force(merged):
        if isinstance(given.value, SecretSource):
            text = ""
            try:
                text = given.value.read(environ)
            except ValueError as error:
                is_elsewhere = given.value.kind == "credential" and "CREDENTIALS_DIRECTORY" not in environ
                message = f"the secret of {given} cannot be read"
                label = Label(given.where, str(error))
                severity: Severity = "warning" if is_elsewhere and not is_start else "error"
                diagnostics.append(Diagnostic(severity, "unreadable-file", message, (label,)))
            _put(values, given, text)
        elif given.where.kind == "file" and (mode := _mode_for_others(Path(cwd, given.where.name))):
            message = f"{given} is a secret in a file that others can read (mode {mode:04o})"
            note = 'chmod 0640, or write { credential = "NAME" } or { file = "/PATH" }'
            diagnostics.append(Diagnostic("warning", "exposed-secret", message, (Label(given.where, note),)))
    return values, diagnostics


def _in_force(merged: Merged) -> Iterator[_Given]:
    """Yield what is kept elsewhere, and what is a secret or looks like one."""
    for name in Settings.model_fields:
        if not about(name).is_secret or name not in merged.history:
            continue
        value = merged.values[name]
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, SecretSource) or looks_secret(key, item):
                    where = merged.source(name, key).source.place(name, key).value
                    yield _Given(name, key, item, where)
        elif value is not None:
            yield _Given(name, "", value, merged.last(name).place.value)


def _put(values: dict[str, Any], given: _Given, text: str) -> None:
    if given.key:
        values[given.name] = {**values[given.name], given.key: text}
    else:
        values[given.name] = Secret(text)


def _mode_for_others(path: Path) -> int:
    """Return a file's mode if everybody can read it, else 0."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return 0  # it has just been read: somebody is replacing it
    return stat.S_IMODE(mode) if mode & stat.S_IROTH else 0
