"""A traceback as the application's author would see it: without our frames and those of importlib."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import NamedTuple

_OURS = str(Path(__file__).parent.parent) + "/"
_IMPORT = ("<frozen importlib", "<frozen zipimport")


class OwnTraceback(NamedTuple):
    """The text, and whether any frame of it is the application's: else the mistake is in how it was named."""

    text: str
    has_frames: bool


def own_traceback(error: BaseException) -> OwnTraceback:
    """Return what is left of an exception's traceback without the frames that led to the application."""
    # Without __context__ of our own making: what is in it is in the application's frames or is nobody's.
    whole = traceback.TracebackException.from_exception(error)
    for part in _chain(whole):
        part.stack[:] = [frame for frame in part.stack if _is_own(frame.filename)]
    return OwnTraceback("".join(whole.format()).rstrip("\n"), bool(whole.stack))


def _chain(whole: traceback.TracebackException) -> list[traceback.TracebackException]:
    found: list[traceback.TracebackException] = []
    to_do = [whole]
    while to_do:
        part = to_do.pop()
        found.append(part)
        # `exceptions` are those of a group, since Python 3.11.
        group = getattr(part, "exceptions", None) or []
        to_do += [more for more in (part.__cause__, part.__context__, *group) if more is not None]
    return found


def _is_own(filename: str) -> bool:
    return not filename.startswith((_OURS, *_IMPORT)) and "/importlib/__init__.py" not in filename
