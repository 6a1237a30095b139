"""What a HUP asks for, until there is a configuration to try: the probe reads it, then the arbiter itself.

Reading it twice is the price of two wants: a file that cannot be trusted is read elsewhere first, and hooks
are functions, which no other process could hand over.
"""

from __future__ import annotations

import os
import sys
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter.loop import TooLongError
from wsgid.arbiter.outcome import Refusal, judge, refusal_of
from wsgid.arbiter.probe import Probe, check, command, environment
from wsgid.arbiter.spawn import become
from wsgid.errors import WsgidError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from wsgid.arbiter.loop import Loop
    from wsgid.arbiter.spawn import Exit
    from wsgid.config.load import Loaded

# The arbiter may take twice as long as the probe, which has started an interpreter too; and never less.
_LEAST_S: Final = 5.0


class Source(NamedTuple):
    """Where the settings come from, at the start and at each reload."""

    load: Callable[[], Loaded]
    """Reads all sources again."""
    argv: tuple[str, ...] | None
    """The command line; None where a program gave the settings (wsgid.serve): no other can be given them."""
    environ: Mapping[str, str]
    """As it was at the start."""
    directory: str
    """The start directory, by the name that it had."""


class Reload:
    """The reload that is asked for, and the one that is being read; the arbiter is its only user."""

    def __init__(self, source: Source, loop: Loop, undo: Callable[[], None], log: logging.Logger) -> None:
        """`undo` rids a child of what is the arbiter's."""
        self._source: Final = source
        self._loop: Final = loop
        self._undo: Final = undo
        self._log: Final = log
        self._probe: Probe | None = None
        self.is_asked = False
        """A HUP came; more of them are one. Written by the arbiter."""

    @property
    def is_reading(self) -> bool:
        return self._probe is not None

    @property
    def deadline(self) -> float:
        """When `tick` is due."""
        return self._probe.deadline if self._probe is not None else inf

    def begin(self, timeout_s: float, now: float) -> Refusal | None:
        """Start to read; gives the reason if that cannot be."""
        self.is_asked = False
        try:
            self._probe = Probe(self._loop, self._undo, self._work, timeout_s, now)
        except OSError as error:
            return Refusal(f"the configuration cannot be read by a process of its own: {error}")
        self._log.debug("configuration probed pid=%d", self._probe.pid)
        return None

    def hear(self, fd: int) -> bool:
        """Take in what the probe writes; says whether it was the probe."""
        return self._probe is not None and self._probe.hear(fd)

    def tick(self, now: float) -> None:
        """End what is late."""
        if self._probe is not None:
            self._probe.tick(now)

    def on_exit(self, exit_: Exit, now: float) -> Loaded | Refusal | None:
        """Give what comes of the probe's end; None: it was another child."""
        probe = self._probe
        if probe is None or probe.pid != exit_.pid:
            return None
        self._probe = None
        return judge(probe.bury(exit_)) or self._load(max(_LEAST_S, 2 * (now - probe.began)))

    def abandon(self) -> None:
        """Want nothing any more: the server stops."""
        self.is_asked = False
        if self._probe is not None:
            self._probe.abandon()
            self._probe = None

    def _work(self) -> int:
        """Be the probe."""
        source = self._source
        if source.argv is not None:
            words = command(sys.executable, sys.path, source.argv)
            become(words, environment(source.environ), source.directory)
        return check(source.load)

    def _load(self, limit_s: float) -> Loaded | Refusal:
        """Read it here, as the probe has; whatever differs this time, the arbiter goes on."""
        pid = os.getpid()
        try:
            with self._loop.at_most(limit_s):
                return self._source.load()
        except TooLongError as error:
            return Refusal(f"the configuration cannot be read: {error}")
        except WsgidError as error:
            return refusal_of(error)
        except (SystemExit, KeyboardInterrupt) as error:
            return Refusal(f"a Python file of the configuration ends the process: {error!r}")
        except Exception:  # noqa: BLE001  ours, or a library's: a traceback, always; but the server goes on
            self._log.exception("reload failed")
            return Refusal("an error of the server's own; see above")
        finally:
            if os.getpid() != pid:
                # The file has forked, and this is its child: there is one arbiter.
                os._exit(0)
