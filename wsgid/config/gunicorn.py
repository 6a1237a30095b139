"""Files of gunicorn's: their values as gunicorn would read them, for our check to take.

What is lenient here, and nowhere else, is what gunicorn does with what such files contain: "4" is a number,
one text is a list, a class of workers is the kind that it stands for. Which names are settings, and why some
have no use, is in `gunicorn_names`.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label
from wsgid.config.gunicorn_names import UNUSED
from wsgid.config.kinds import worker_class

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wsgid.config.layers import KeyPath, Layer, Place

PATTERN = "gunicorn*.py"

CLASSES = frozenset({"worker_class", "logger_class"})
"""Settings that take a class, or its name."""

NUMBERS = frozenset(
    {
        "backlog",
        "workers",
        "threads",
        "worker_connections",
        "max_requests",
        "max_requests_jitter",
        "timeout",
        "graceful_timeout",
        "keepalive",
        "limit_request_line",
        "limit_request_fields",
        "limit_request_field_size",
        "umask",
        "cert_reqs",
    }
)
"""What gunicorn reads with int(text, 0), in which "0x10" and "0o22" are numbers."""

LISTS = frozenset({"raw_env", "raw_paste_global_conf", "reload_extra_files"})
"""What gunicorn takes one text for as a list of one; the other lists are split at commas by the check."""

_PAIRS = ("raw_env", "raw_paste_global_conf")

# What says no more than gunicorn's own default is no reason to warn. What is false or empty never is.
_HARMLESS: dict[str, object] = {
    "suppress_ragged_eofs": True,
    "protocol": "http",
    "http_protocols": "h1",
    "http2_cleartext": "off",
    "http_parser": "auto",
    "asgi_loop": "auto",
    "default_proc_name": "gunicorn",
    "logger_class": "gunicorn.glogging.Logger",
}

# gunicorn lower-cases a level, and takes what it does not know for info; these two are logging's own.
_LEVELS = {"warn": "warning", "fatal": "critical"}


def is_gunicorn_file(path: Path) -> bool:
    """Tell whether a file is read as gunicorn reads it."""
    return fnmatch(path.name, PATTERN)


def as_gunicorn(layer: Layer) -> Layer:
    """Return the layer of a Python file as it is meant where gunicorn is its reader."""
    values: dict[str, object] = {}
    mistakes: list[Diagnostic] = []
    for name, given in layer.values.items():
        value = _read(name, given)
        if name in UNUSED and (not value or value == _HARMLESS.get(name)):
            continue
        if name == "worker_class" and isinstance(value, type):
            try:
                value = kind_of_class(value)
            except ValueError as error:
                label = Label(layer.place((name,)).value, str(error))
                mistakes.append(
                    Diagnostic("error", "invalid-value", "invalid value for `worker_class`", (label,))
                )
                continue
        values[name] = value
    return replace(
        layer,
        values=values,
        places={**layer.places, **dict(_places_of_pairs(layer))},
        style="gunicorn",
        mistakes=(*layer.mistakes, *mistakes),
    )


def _read(name: str, value: object) -> object:
    if isinstance(value, str):
        value = value.strip()
    match value:
        case str() if name in LISTS:
            return [value] if value else []
        case str() if name in NUMBERS:
            return number(value)
        case str() if name == "loglevel":
            return _LEVELS.get(value.lower(), value)
        case int() if name == "umask":
            # Any number is taken as it is, and told to the check in the one way that leaves no question.
            return f"0o{value:o}" if value >= 0 else value
        case type() if name == "logger_class":
            return f"{value.__module__}.{value.__qualname__}"
        case _:
            return value


def _places_of_pairs(layer: Layer) -> Iterator[tuple[KeyPath, Place]]:
    """Yield the places of NAME=VALUE under their names, which they have in the table that becomes of them."""
    for name in _PAIRS:
        pairs = layer.values.get(name)
        for index, pair in enumerate(pairs if isinstance(pairs, list) else ()):
            if (name, index) in layer.places and isinstance(pair, str):
                yield (name, pair.partition("=")[0]), layer.places[name, index]


def number(text: str) -> object:
    """Read a text as Python's source would be read; what is no integer is left for the check to refuse."""
    try:
        return int(text, 0)
    except ValueError:
        return text


def kind_of_class(given: type) -> str:
    """Return the kind of worker that a class stands for; raises ValueError, whose text says what to write.

    A class made from one that stands for a kind changes what that does, and is no such kind.
    """
    for ancestor in given.__mro__:
        try:
            kind = worker_class(f"{ancestor.__module__}.{ancestor.__qualname__}")
        except ValueError as error:
            if ancestor is given and "is a class for gunicorn" in str(error):
                raise
            continue
        if ancestor is given:
            return kind
        options = vars(given).get("CONFIG_KWARGS")
        names = f", and its {', '.join(options)} as settings" if isinstance(options, dict) and options else ""
        raise ValueError(
            f'`{given.__name__}` is a class for gunicorn, made from its own: write "{kind}"{names}'
        )
    raise ValueError(f'`{given.__name__}` is a class: write a name, or "module:Class"')
