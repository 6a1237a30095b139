"""TOML: a file -> a layer, with the place of every key and of every value.

tomli, on every Python, and never the standard library's: what that accepts changes with the Python, and one
file must mean one thing. tomli 2.4 and later read TOML 1.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli

from wsgid.config.broken_toml import Broken
from wsgid.config.diagnostics import Mistakes
from wsgid.config.layers import Layer, Place
from wsgid.config.source_text import DEEPEST, SourceText, read_source
from wsgid.config.toml_places import Scan, Span
from wsgid.config.toml_syntax import broken_line, explain, too_deep, too_long_number

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.diagnostics import Diagnostic


# Each costs a parse of the file; who has made that many means another language.
_MOST_MISTAKES = 20


def read_toml(path: Path, *, shown: str) -> Layer:
    """Read a file; `shown` is its name in messages. Raises Mistakes."""
    return _read(read_source(path, shown=shown))


def parse_toml(text: str, shown: str) -> Layer:
    """Read a text; raises Mistakes where it is no TOML.

    Where a mistake ends with its line, the rest is read, and the layer has the mistake.
    """
    return _read(SourceText(shown, text))


def _read(source: SourceText) -> Layer:
    lone_return = source.text.find("\r")
    if lone_return >= 0:
        span, note = Span(lone_return, lone_return + 1), "a line ends with LF, or with CR LF"
        mistake = Broken.at(source, lone_return).mistake("a carriage return stands alone", note, span)
        raise Mistakes(source.name, [mistake])
    mistakes: list[Diagnostic] = []
    rest = source
    while True:
        try:
            return _layer(rest, mistakes)
        except tomli.TOMLDecodeError as error:
            mistakes.append(explain(rest, error))
            line = broken_line(rest, error)
            if line is None or len(mistakes) == _MOST_MISTAKES:
                raise Mistakes(source.name, mistakes) from error
            rest = rest.without(line)


def _layer(source: SourceText, mistakes: list[Diagnostic]) -> Layer:
    """Return what a text says; `mistakes` are in the lines that it has no longer."""
    scan = Scan(source.text, DEEPEST)
    try:
        values = tomli.loads(source.text)
        scan.run()
    except RecursionError as error:
        raise Mistakes(source.name, [*mistakes, too_deep(source)]) from error
    except tomli.TOMLDecodeError:
        raise
    except ValueError as error:
        # int() takes no more than 4,300 digits (sys.set_int_max_str_digits), and tomli lets its error pass.
        raise Mistakes(source.name, [*mistakes, too_long_number(source)]) from error
    places = {
        path: Place(source.where(*spot.key), source.where(*spot.value)) for path, spot in scan.spots.items()
    }
    return Layer(source.name, values, places, mistakes=tuple(mistakes))
