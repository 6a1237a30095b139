"""Settings that landed in a table: a line that is appended to a TOML file belongs to its last table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.layers import BY_NAME, find_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wsgid.config.diagnostics import Severity, Where
    from wsgid.config.layers import KeyPath, Layer

# Tables whose keys are the user's own: there a text may be meant as it stands.
_FREE = frozenset({"env", "paste_global", "secure_scheme_headers"})
# dictConfig(3): what is inside of these is for a class of the user's choice.
_FREE_IN_LOGGING = frozenset({"handlers", "formatters", "filters"})


def take_out_misplaced(
    layer: Layer, spelt: Mapping[str, str], values: Mapping[str, object]
) -> tuple[list[Diagnostic], dict[str, object]]:
    """Return what is to be told, and the values without what surely does not belong where it stands.

    A text in `[env]` may be a variable that has a setting's name: it stays, with a warning. Written
    `env = { workers = "4" }` it is no slip.
    """
    told: list[Diagnostic] = []
    kept = dict(values)
    for name, value in values.items():
        if BY_NAME[name].kind == "map" and isinstance(value, dict) and layer.style == "typed":
            for path in list(_suspects(name, value)):
                severity: Severity = "warning" if _may_be_meant(name, path, value) else "error"
                mistake = _mistake(layer, (spelt[name], *path), severity)
                if mistake is not None:
                    told.append(mistake)
                    if severity == "error":
                        kept[name] = _without(kept[name], path)
    return told, kept


def _suspects(name: str, table: dict[object, object], above: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of each key in a table, or in one inside it, that has a setting's name."""
    for key, value in table.items():
        if not isinstance(key, str):
            continue
        # A secret in a table has a key that is called `file`, and a handler what its class likes.
        if find_option(key) is not None and (not above or above[0] not in _FREE_IN_LOGGING):
            yield (*above, key)
        elif isinstance(value, dict) and name == "logconfig_dict":
            yield from _suspects(name, value, (*above, key))


def _may_be_meant(name: str, path: KeyPath, value: object) -> bool:
    for step in path:
        assert isinstance(value, dict)
        value = value[step]
    return name in _FREE and isinstance(value, str)


def _mistake(layer: Layer, path: KeyPath, severity: Severity) -> Diagnostic | None:
    if path not in layer.places or path[:-1] not in layer.places:
        return None
    key, table = layer.place(path).key, layer.place(path[:-1]).key
    header = _header(layer.places[path[:-1]].key)
    if header is None or key.line is None or key.line == table.line:
        return None
    if table.text.lstrip().startswith("["):
        note = f"`{path[-1]}` is a setting; this line is inside `{header}` (line {table.line}), move it above"
    else:
        note = (
            f"`{path[-1]}` is a setting; this line is inside `{header}` (line {table.line}), "
            "move it to the left margin"
        )
    labels = (Label(key, note), Label(table, "which begins here"))
    return Diagnostic(severity, "unknown-setting", f"`{path[-1]}` is no setting inside `{header}`", labels)


def _header(table: Where) -> str | None:
    """Return how a table is opened, on a line that others are added below; None where it is written out."""
    toml = re.match(r"\s*(\[[^\]]*\])", table.text)
    if toml is not None:
        return toml[1]
    yaml = re.fullmatch(r"""\s*["']?([\w-]+)["']?\s*:\s*(?:#.*)?""", table.text)
    return yaml[1] if yaml is not None else None


def _without(table: object, path: KeyPath) -> dict[object, object]:
    assert isinstance(table, dict)
    first, *rest = path
    if not rest:
        return {key: value for key, value in table.items() if key != first}
    return {**table, first: _without(table[first], tuple(rest))}
