"""The hooks of the arbiter: found by name with their generation, called at their moments.

What a hook raises is a traceback in the log: nothing of the user's ends the arbiter. on_starting alone may
keep a server from starting.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from wsgid.apps.loader import load_callable
from wsgid.apps.traceback import own_traceback
from wsgid.errors import ApplicationError, ConfigurationError
from wsgid.hooks import IN_THE_ARBITER, Hooks, ServerView, WorkerView

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from wsgid.config.settings import Settings


def load_hooks(settings: Settings, log: logging.Logger) -> Hooks:
    """Import what is named from where the application would be. Raises ConfigurationError."""
    wanted = {name: hook for name, hook in settings.hooks.items() if name in IN_THE_ARBITER}
    before = list(sys.path)
    sys.path[:0] = [path for path in (settings.chdir, *settings.pythonpath) if path]
    try:
        functions = {
            name: load_callable(hook, f"hook {name}") if isinstance(hook, str) else hook
            for name, hook in wanted.items()
        }
    except ApplicationError as error:
        raise ConfigurationError(str(error)) from error
    finally:
        sys.path[:] = before
    return Hooks(functions, log)


class Moments:
    """What the arbiter calls, and with what; the arbiter and its births are its users."""

    def __init__(self, settings: Settings, hooks: Hooks, log: logging.Logger) -> None:
        self._log: Final = log
        self._hooks = hooks
        self._age = 0
        self._workers: Final[dict[int, WorkerView]] = {}
        self.server = ServerView(settings, log, settings.bind, settings.workers)

    def on_starting(self) -> None:
        """Raises ConfigurationError: there is no server yet that could go on without it."""
        try:
            self._hooks.call("on_starting", self.server)
        except (Exception, SystemExit) as error:
            raise ConfigurationError(f"the hook on_starting failed\n{own_traceback(error).text}") from error

    def take_over(self, settings: Settings, hooks: Hooks) -> None:
        """Call the functions of a generation that has taken over from here on: first its on_reload."""
        self._hooks = hooks
        self.server.cfg = settings
        self.server.address = list(settings.bind)
        self._hooks.tell("on_reload", self.server)

    def when_ready(self) -> None:
        self._hooks.tell("when_ready", self.server)

    def set_workers(self, new: int, old: int | None) -> None:
        """Note how many workers are wanted; `old` is None at the start."""
        self.server.num_workers = new
        if new != old:
            self._hooks.tell("nworkers_changed", self.server, new, old)

    def pre_fork(self, settings: Settings, count: Callable[[], int]) -> WorkerView:
        """Return what hooks will see of a worker that is about to be forked; `count` tells its requests."""
        worker = self.expect(settings, count)
        self._hooks.tell("pre_fork", self.server, worker)
        return worker

    def expect(self, settings: Settings, count: Callable[[], int]) -> WorkerView:
        """Return the same where a template forks: pre_fork is called there."""
        self._age += 1
        return WorkerView(settings, self._log, self._age, count)

    def born(self, pid: int, worker: WorkerView) -> None:
        worker.pid = pid
        self._workers[pid] = worker

    def name(self, unborn: int, pid: int) -> None:
        """Know a worker by its pid from now on, that had only a number until it was born."""
        self.born(pid, self._workers.pop(unborn))

    def forget(self, unborn: int) -> None:
        """Expect it no more."""
        del self._workers[unborn]

    def child_exit(self, pid: int) -> None:
        worker = self._workers.pop(pid, None)
        if worker is not None:
            worker.alive = False
            self._hooks.tell("child_exit", self.server, worker)

    def pre_exec(self) -> None:
        """Raises what the hook raises; it is called in the child that is to become the successor."""
        self._hooks.call("pre_exec", self.server)

    def on_exit(self) -> None:
        self._hooks.tell("on_exit", self.server)
