"""What a worker has imported, told to the reloader: with `reload` a change of it starts new workers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wsgid.workers.changes import GONE, is_library, sources_in, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

# So many in a datagram: well below what a socket takes.
_AT_ONCE: Final = 100

_UNTOLD: Final = -1

# The longest datagram: each path may have as many octets as the kernel allows, written as JSON.
LONGEST: Final = _AT_ONCE * 6 * 4096


class Imported:
    """Tells what is new in sys.modules; the worker is its only user."""

    def __init__(self, reports: socket.socket) -> None:
        """Begin before the application is loaded."""
        self._reports: Final = reports
        self._inherited: Final = frozenset(sys.modules)
        self._since = time.time_ns()
        """When what is not told yet had not been imported. Whether a file that was written later is the one
        that was imported, nobody knows: it is told as changed."""
        self._told: Final[set[str]] = set()
        self._count = _UNTOLD  # of modules, when all were told

    def tell(self, error: BaseException | None = None, *, may_wait: bool = True) -> None:
        """Tell what has not been told yet; `error` is why the application was not loaded.

        Each file goes with its stamp: a change that comes after this call is noticed, however late the
        reloader reads it.
        """
        count, self._count = len(sys.modules), _UNTOLD
        files = [*self._imported(), *_of_traceback(error)]
        own = dict.fromkeys(os.path.dirname(path) for path in files if not is_library(path))  # noqa: PTH120  fast
        # A module that was not found, or could not be compiled, is no module: it is looked for beside others.
        directories = [one for one in (str(Path.cwd()), *own) if one not in self._told]
        files += [path for one in directories for path in sources_in(one)]
        fresh = [path for path in dict.fromkeys(files) if path not in self._told]
        with contextlib.suppress(OSError):  # it is gone, or has not listened for a second: the next turn
            for start in range(0, max(len(fresh), 1), _AT_ONCE):
                some = fresh[start : start + _AT_ONCE]
                # Last: a file of theirs that has not been told yet would be new there.
                places = directories if start + _AT_ONCE >= len(fresh) else []
                if some or places:
                    self._send(some, places, may_wait=may_wait)
                    self._told.update(some, places)
            self._count = count

    def tick(self) -> None:
        """Tell what was imported since, once a second or so: many an import stands in a function."""
        now = time.time_ns()
        if len(sys.modules) != self._count:
            self.tell(may_wait=False)
        if self._count != _UNTOLD:
            self._since = now

    def _send(self, files: list[str], directories: list[str], *, may_wait: bool) -> None:
        stamps = {}
        for path in files:
            seen = stamp(path)
            stamps[path] = GONE if seen[0] > self._since else seen
        report = json.dumps({"files": stamps, "directories": directories})
        self._reports.send(report.encode(), 0 if may_wait else socket.MSG_DONTWAIT)

    def _imported(self) -> Iterator[str]:
        program = sys.modules.get("__main__")  # multiprocessing gives it another name, too
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__dict__", {}).get("__file__")
            if not isinstance(file, str):
                continue
            path = os.path.abspath(file)  # noqa: PTH100  Path would ask the file system about each
            # What the arbiter has imported new workers inherit, but what its configuration brought in.
            # The program itself nobody imports again.
            if module is not program and (name not in self._inherited or not is_library(path)):
                yield path


def _of_traceback(error: BaseException | None) -> Iterator[str]:
    """Give the files that an exception, and those before it, came through."""
    while error is not None:
        frames, where = error.__traceback__, getattr(error, "filename", None)
        if isinstance(error, SyntaxError) and isinstance(where, str) and Path(where).is_file():
            yield os.path.abspath(where)  # noqa: PTH100  as above
        while frames is not None:
            path = frames.tb_frame.f_code.co_filename
            if not path.startswith("<") and not is_library(path):
                yield os.path.abspath(path)  # noqa: PTH100  as above
            frames = frames.tb_next
        error = error.__cause__ or error.__context__
