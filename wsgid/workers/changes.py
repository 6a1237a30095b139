"""Which files have changed since they were last looked at, and when a change may be told.

Nothing here waits; `reloader.py` looks again whenever something may have happened.
"""

# Rule 1: a file is judged by its stamps alone. What wakes the reloader, a clock or inotify, is no more than a
#         reason to look.

from __future__ import annotations

import glob
import os
import sysconfig
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

import wsgid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Stamp = tuple[int, int, int]
"""When a file was last written (ns), its size, its inode: an editor may change any one of them alone."""

GONE: Final[Stamp] = (0, 0, 0)

# An editor empties a file and writes it, or puts another in its place: some milliseconds. What goes on being
# written for longer than the second is told meanwhile.
_QUIET_S: Final = 0.1
_LONGEST_S: Final = 1.0

_OURS: Final = str(Path(wsgid.__file__).parent) + "/"
_LIBRARIES: Final = tuple(
    {f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {_OURS}
)
_INSTALLED: Final = ("/site-packages/", "/dist-packages/")


def stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116  thousands of them a second
    except (OSError, ValueError):
        return GONE
    return found.st_mtime_ns, found.st_size, found.st_ino


def is_library(path: str) -> bool:
    """Say whether a file was installed, not written by whoever develops the application."""
    return path.startswith(_LIBRARIES) or any(part in path for part in _INSTALLED)


def sources_in(directory: str) -> list[str]:
    """Return the Python files of a directory; none, if it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            return [entry.path for entry in entries if entry.name.endswith(".py")]
    except OSError:
        return []


class Watched:
    """The files that matter, and how they were when they were last looked at."""

    def __init__(self, extra: Sequence[str] = ()) -> None:
        """`extra` are absolute paths and patterns (`**` is any number of directories)."""
        self._extra: Final = tuple(f"{one}/**" if _is_directory(one) else one for one in extra)
        self._stamps: dict[str, Stamp] = {path: stamp(path) for path in self._extra_files()}
        self._directories: dict[str, None] = {}

    def learn(self, files: Mapping[str, Stamp], directories: Iterable[str]) -> None:
        """Take in what a worker has imported, as it was then; what is known already keeps its stamp."""
        for path, seen in files.items():
            self._stamps.setdefault(path, seen)
        self._directories.update(dict.fromkeys(directories))

    def changes(self) -> list[str]:
        """Return what has changed, appeared or vanished since the last call."""
        appeared = [path for one in self._directories for path in sources_in(one)]
        now = {path: stamp(path) for path in (*self._stamps, *appeared, *self._extra_files())}
        changed = [path for path, seen in now.items() if self._stamps.get(path, GONE) != seen]
        self._stamps = now
        return changed

    def directories(self) -> frozenset[str]:
        """Return where a change would happen, of those directories that are there."""
        places = {os.path.dirname(path) for path in self._stamps}  # noqa: PTH120  as above
        places.update(self._directories)
        for pattern in self._extra:
            if glob.has_magic(pattern):
                places.update(_below(pattern))
        return frozenset(place for place in places if _is_directory(place))

    def _extra_files(self) -> list[str]:
        return [
            path
            for pattern in self._extra
            for path in (glob.glob(pattern, recursive=True) if glob.has_magic(pattern) else (pattern,))  # noqa: PTH207
            if not _is_directory(path)
        ]


def _is_directory(path: str) -> bool:
    # Path.is_dir raises where one above it is closed to us.
    return os.path.isdir(path)  # noqa: PTH112


def _below(pattern: str) -> list[str]:
    """Return the directories in which something may come to match a pattern."""
    parts = pattern.split("/")
    plain = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    top = "/".join(parts[:plain]) or "/"
    if plain == len(parts) - 1 and parts[-1] != "**":
        return [top]
    return [place for place, _, _ in os.walk(top)]


class Settling:
    """Changes that are not told before the files are left in peace. Times are `time.monotonic()`."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}
        self._first = inf
        self._last = inf

    @property
    def deadline(self) -> float:
        """When `settled` has something to give."""
        return min(self._last + _QUIET_S, self._first + _LONGEST_S)

    def note(self, paths: Iterable[str], now: float) -> None:
        found = dict.fromkeys(paths)
        if found:
            self._first = min(self._first, now)
            self._last = now
            self._paths.update(found)

    def settled(self, now: float) -> list[str]:
        """Give what may be told, once, in the order in which it was noticed."""
        if now < self.deadline:
            return []
        paths, self._paths = list(self._paths), {}
        self._first = self._last = inf
        return paths
