"""How a worker comes to be: what it inherits, what it must not keep, and the fork."""

from __future__ import annotations

import gc
import os
import socket
from typing import TYPE_CHECKING, Any, Final

from wsgid.arbiter.spawn import spawn
from wsgid.workers.server import import_early
from wsgid.workers.start import WorkerStart

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.arbiter.channels import Channels
    from wsgid.arbiter.control import Control
    from wsgid.arbiter.generation import Generations
    from wsgid.arbiter.loop import Loop
    from wsgid.arbiter.moments import Moments
    from wsgid.arbiter.stacks import Stacks
    from wsgid.arbiter.watch import Watch
    from wsgid.daemon.notify import Notifier
    from wsgid.daemon.pidfile import Pidfile
    from wsgid.log.error import ErrorLog
    from wsgid.metrics.scoreboard import Scoreboard


class Births:
    """Forks workers; what all of them share is made before the first."""

    def __init__(
        self,
        *,
        work: Callable[[WorkerStart], int],
        app: Callable[..., Any] | None,
        scoreboard: Scoreboard,
        error_log: ErrorLog,
        generations: Generations,
        loop: Loop,
        channels: Channels,
        notifier: Notifier,
        pidfile: Pidfile,
        moments: Moments,
        control: Control,
        stacks: Stacks,
        watch: Watch | None,
    ) -> None:
        """`work` is what a worker does; `app` the application, where the settings do not name it."""
        self._work: Final = work
        self._app: Final = app
        self._scoreboard: Final = scoreboard
        self._error_log: Final = error_log
        self._generations: Final = generations
        self._loop: Final = loop
        self._channels: Final = channels
        self._notifier: Final = notifier
        self._pidfile: Final = pidfile
        self._moments: Final = moments
        self._control: Final = control
        self._stacks: Final = stacks
        self._watch: Final = watch
        # Connections travel on it to whichever worker is idle, of whatever generation.
        self._handover: Final = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The highest generation of which a worker was born.
        self._newest = 0

    def prepare(self, worker_class: str) -> None:
        """Have all that workers of a generation share before they are forked, and hide it from the collector.

        The collector writes to what it looks at, and what is written to is shared no longer. What each worker
        then has for itself stands in docs/explanation/performance.md.
        """
        import_early(worker_class)
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def bear(self, slot: int, number: int) -> int:
        """Fork a worker of a generation and return its pid; raises OSError if there is no room for it."""
        generation = self._generations.get(number)
        ours, theirs = self._channels.pair()
        stacks = self._stacks.make()
        count = self._scoreboard.row(slot).requests
        view = self._moments.pre_fork(generation.settings, count)
        start = WorkerStart(
            settings=generation.settings,
            app=self._app,
            listeners=tuple(generation.listeners.values()),
            scoreboard=self._scoreboard,
            slot=slot,
            generation=number,
            channel=theirs,
            handover=self._handover,
            error_log=self._error_log,
            syslog=generation.syslog,
            access_log=generation.access_log,
            statsd=generation.statsd,
            identity=generation.identity,
            server_view=self._moments.server,
            worker_view=view,
            stacks=stacks,
            reports=None if self._watch is None else self._watch.reports,
            is_first=number > self._newest,
        )
        self._newest = max(self._newest, number)

        def first_steps() -> None:
            """Be rid of what is the parent's."""
            self._undo()
            ours.close()
            if self._watch is not None:
                self._watch.close_in_worker()
            self._generations.close_in_child(number)

        try:
            pid = spawn(first_steps, lambda: self._work(start))
        except OSError:
            ours.close()
            os.close(stacks)
            raise
        finally:
            theirs.close()
        self._moments.born(pid, view)
        self._channels.add(pid, ours)
        self._stacks.add(pid, stacks)
        return pid

    def undo_in_child(self) -> None:
        """Be rid of all that is the arbiter's, in a child that is no worker."""
        self._undo()
        self._generations.close_all_in_child()
        self.close()

    def _undo(self) -> None:
        self._loop.undo_in_child()
        self._channels.close_in_child()
        self._notifier.close()
        self._control.close_in_child()
        self._stacks.close()
        self._pidfile.close_in_child()

    def close(self) -> None:
        for end in self._handover:
            end.close()
