"""Pydantic's plugins, and why none of them hears of our settings.

They are the application's (logfire has one), and belong into the worker: one that is loaded in the arbiter
brings its threads, locks and event loops along, into every worker. To look for them, pydantic reads what is
installed: 40 ms in an environment of a hundred packages, of the 500 that a start took, half of it for
importlib.metadata.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Imported by pydantic each time it builds a validator, and nowhere before. The documented variable,
# PYDANTIC_DISABLE_PLUGINS, is asked after that import, and stands in the environment of the application.
# Should pydantic call it otherwise one day, plugins are looked for again; a test says so.
_LOADER = "pydantic.plugin._loader"


@contextmanager
def without_plugins() -> Iterator[None]:
    """Have pydantic build what is built meanwhile without plugins; what comes later gets them."""
    # A program that serves itself (`wsgid.serve`) may have models of its own already.
    former = sys.modules.get(_LOADER)
    none = ModuleType(_LOADER)
    none.__dict__["get_plugins"] = tuple
    sys.modules[_LOADER] = none
    try:
        yield
    finally:
        if former is None:
            del sys.modules[_LOADER]
        else:
            sys.modules[_LOADER] = former
