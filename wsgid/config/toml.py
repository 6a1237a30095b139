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
from wsgid.config.toml_syntax import explain, too_deep, too_long_number

if TYPE_CHECKING:
    from pathlib import Path


def read_toml(path: Path, *, shown: str) -> Layer:
    """Read a file; `shown` is its name in messages. Raises Mistakes."""
    return _read(read_source(path, shown=shown))


def parse_toml(text: str, shown: str) -> Layer:
    """Read a text; raises Mistakes with the place that TOML's grammar breaks at."""
    return _read(SourceText(shown, text))


def _read(source: SourceText) -> Layer:
    lone_return = source.text.find("\r")
    if lone_return >= 0:
        span, note = Span(lone_return, lone_return + 1), "a line ends with LF, or with CR LF"
        mistake = Broken.at(source, lone_return).mistake("a carriage return stands alone", note, span)
        raise Mistakes(source.name, [mistake])
    scan = Scan(source.text, DEEPEST)
    try:
        values = tomli.loads(source.text)
        scan.run()
    except tomli.TOMLDecodeError as error:
        raise Mistakes(source.name, [explain(source, error)]) from error
    except RecursionError as error:
        raise Mistakes(source.name, [too_deep(source)]) from error
    except ValueError as error:
        # int() takes no more than 4,300 digits (sys.set_int_max_str_digits), and tomli lets its error pass.
        raise Mistakes(source.name, [too_long_number(source)]) from error
    places = {
        path: Place(source.where(*spot.key), source.where(*spot.value)) for path, spot in scan.spots.items()
    }
    return Layer(source.name, values, places)
