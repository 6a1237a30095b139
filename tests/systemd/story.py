"""A story: one script in one machine, which many tests look at; those of a run are told side by side.

Most of a story is waiting, for a start, a watchdog, a timeout, so several machines run at a time. Each has a
time limit of its own, and what waits for it has none (`func_only`): on a full machine that is long. Where the
tests are spread over processes (xdist), whoever asks first has it told, and leaves it to the others.
"""

from __future__ import annotations

import fcntl
import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.systemd.machine import chapters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

# Machines at a time.
_MACHINES: Final = 3


@dataclass(frozen=True, slots=True)
class Story:
    """A script with titles. It begins where wsgid is installed and the instance `shop` is set up."""

    script: str
    in_package: bool = False
    """It begins on a machine that has nothing of ours, with `$PACKAGE`, `$NEXT_PACKAGE` and `$WHEELS`."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A story, and the systemd that it is told on."""

    name: str
    story: Story
    layer: str


class Stories:
    """Has stories told, each once a run; `tell` gives what was printed."""

    def __init__(self, shelf: Path, tell: Callable[[Telling], str]) -> None:
        """`shelf` is a directory that all processes of the run share."""
        self._shelf: Final = shelf
        self._tell: Final = tell
        self._pool: Final = ThreadPoolExecutor(_MACHINES)
        self._begun: dict[Telling, Future[str]] = {}

    def begin(self, tellings: Iterable[Telling]) -> None:
        """Have these told in the background; first those that wait for no package."""
        for telling in sorted(tellings, key=lambda one: one.story.in_package):
            if telling not in self._begun:
                self._begun[telling] = self._pool.submit(self._tell_once, telling)

    def prepare(self, work: Callable[[], object]) -> None:
        """Have something done beside the first stories that later ones need; they meet its mistakes again."""
        self._pool.submit(work)

    def chapters(self, telling: Telling) -> Mapping[str, str]:
        """Return what was printed, by titles; raises what has kept it from being told."""
        self.begin((telling,))
        return chapters(self._begun[telling].result())

    def close(self) -> None:
        """Begin no more."""
        self._pool.shutdown(cancel_futures=True)

    def _tell_once(self, telling: Telling) -> str:
        with once(self._shelf / f"{telling.name}-{telling.layer}") as path:
            if not path.exists():
                try:
                    told = {"told": self._tell(telling)}
                except AssertionError as error:
                    told = {"failed": str(error)}
                path.write_text(json.dumps(told))
            told = json.loads(path.read_text())
        assert "told" in told, told["failed"]
        return str(told["told"])


@contextmanager
def once(path: Path) -> Iterator[Path]:
    """Let one process at a time look whether something is there, and make it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def is_spread() -> bool:
    """Whether the tests of this run are spread over processes."""
    return "PYTEST_XDIST_WORKER" in os.environ
