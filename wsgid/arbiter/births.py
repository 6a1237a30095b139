"""How a worker comes to be: what it inherits, what it must not keep, and the fork."""

from __future__ import annotations

import gc
import os
import socket
from typing import TYPE_CHECKING, Any, Final

from wsgid.arbiter.spawn import spawn
from wsgid.arbiter.template import Birth, TemplateStart
from wsgid.arbiter.template import run as run_template
from wsgid.workers.server import import_early
from wsgid.workers.start import WorkerStart

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.arbiter.channels import Channels
    from wsgid.arbiter.control import Control
    from wsgid.arbiter.generation import Generation, Generations
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
        self._also_undone: Callable[[], None] = lambda: None
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
        view = self._moments.pre_fork(generation.settings, self._scoreboard.row(slot).requests)
        start = WorkerStart(
            **self._common(generation, theirs),
            listeners=tuple(generation.listeners.values()),
            slot=slot,
            worker_view=view,
            stacks=stacks,
            is_first=self._is_first(number),
        )

        def first_steps() -> None:
            self._undo_in_fellow(ours)
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

    # ------------------------------------------------------------------ with preload_app

    def start_template(self, number: int) -> int:
        """Fork the template of a generation and return its pid; raises OSError."""
        generation = self._generations.get(number)
        ours, theirs = self._channels.pair()
        start = TemplateStart(
            **self._common(generation, theirs),
            listeners=tuple(generation.listeners.values()),
            hooks=generation.hooks,
        )

        def first_steps() -> None:
            self._undo_in_fellow(ours)
            self._generations.close_all_in_child()

        try:
            pid = spawn(first_steps, lambda: run_template(start))
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channels.add(pid, ours)
        return pid

    def ask(self, template: int, slot: int, number: int) -> int:
        """Ask a template for a worker; gives the number that it has until it has a pid.

        Raises OSError; 0 means that the template does not hear us.
        """
        generation = self._generations.get(number)
        ours, theirs = self._channels.pair()
        stacks = self._stacks.make()
        view = self._moments.expect(generation.settings, self._scoreboard.row(slot).requests)
        listeners = [listener.socket.fileno() for listener in generation.listeners.values()]
        descriptors = [theirs.fileno(), stacks, *listeners]
        birth = Birth(
            slot=slot,
            age=view.age,
            workers=self._moments.server.num_workers,
            is_first=self._is_first(number),
            descriptors=len(descriptors),
        )
        is_heard = all(self._channels.give(template, *some) for some in birth.datagrams(descriptors))
        theirs.close()
        unborn = self._channels.expect(ours)
        self._stacks.add(unborn, stacks)
        self._moments.born(unborn, view)
        if not is_heard:
            self.forget(unborn)
            return 0
        return unborn

    def name(self, unborn: int, pid: int) -> None:
        """Know a worker that has been born by its pid."""
        self._channels.name(unborn, pid)
        self._stacks.name(unborn, pid)
        self._moments.name(unborn, pid)

    def forget(self, unborn: int) -> None:
        """Expect a worker no more: there will be none."""
        self._channels.drop(unborn)
        self._stacks.drop(unborn)
        self._moments.forget(unborn)

    def _is_first(self, number: int) -> bool:
        """Say if nobody of this generation was born before; ask once a birth."""
        is_first = number > self._newest
        self._newest = max(self._newest, number)
        return is_first

    # ------------------------------------------------------------------ what is the parent's

    def _common(self, generation: Generation, channel: socket.socket) -> dict[str, Any]:
        """Return what is given wherever the application is loaded."""
        return {
            "settings": generation.settings,
            "app": self._app,
            "generation": generation.number,
            "channel": channel,
            "handover": self._handover,
            "scoreboard": self._scoreboard,
            "error_log": self._error_log,
            "syslog": generation.syslog,
            "access_log": generation.access_log,
            "statsd": generation.statsd,
            "pem_files": generation.pem_files,
            "identity": generation.identity,
            "server_view": self._moments.server,
            "reports": None if self._watch is None else self._watch.reports,
        }

    def _undo_in_fellow(self, ours: socket.socket) -> None:
        """Be rid of what is the parent's, in a worker or template that has `ours` at its other end."""
        self._undo()
        ours.close()
        if self._watch is not None:
            self._watch.close_in_worker()

    def undo_also(self, undo: Callable[[], None]) -> None:
        """Have children do this, too, in their first steps."""
        self._also_undone = undo

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
        self._pidfile.leave()
        self._also_undone()

    def close(self) -> None:
        for end in self._handover:
            end.close()
