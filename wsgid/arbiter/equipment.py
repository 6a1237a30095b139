"""What the arbiter opens before its first worker, and keeps to its end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wsgid.arbiter.births import Births
from wsgid.arbiter.channels import Channels
from wsgid.arbiter.control import Control
from wsgid.arbiter.generation import Generations
from wsgid.arbiter.logs import settle
from wsgid.arbiter.loop import Loop
from wsgid.arbiter.moments import Moments
from wsgid.arbiter.predecessor import beside
from wsgid.arbiter.sinks import open_error_log
from wsgid.arbiter.stacks import Stacks
from wsgid.arbiter.store import Store
from wsgid.arbiter.watch import Watch
from wsgid.daemon.notify import Notifier
from wsgid.daemon.pidfile import Pidfile
from wsgid.daemon.title import set_title
from wsgid.errors import ConfigurationError
from wsgid.metrics.scoreboard import Scoreboard
from wsgid.net.inheritance import Inheritance

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from wsgid.arbiter.predecessor import Predecessor
    from wsgid.config.settings import Settings
    from wsgid.log.error import ErrorLog
    from wsgid.net.activation import PassedSockets
    from wsgid.workers.start import WorkerStart

# Few servers have more threads a worker, and a reload may add some.
_LEAST_CELLS: Final = 64
_LEAST_ROWS: Final = 4096

# While a generation is replaced, and its workers drain, a server has more workers than it wants.
_ROWS_A_WORKER: Final = 4


class Equipment(NamedTuple):
    """The arbiter's tools, each with one task."""

    error_log: ErrorLog
    generations: Generations
    scoreboard: Scoreboard
    notifier: Notifier
    store: Store
    loop: Loop
    channels: Channels
    births: Births
    pidfile: Pidfile
    moments: Moments
    control: Control
    stacks: Stacks
    watch: Watch | None
    former_umask: int | None
    """That of the start, where `umask` has changed it."""


def open_equipment(
    settings: Settings,
    sockets: PassedSockets,
    app: Callable[..., Any] | None,
    work: Callable[[WorkerStart], int],
    stack: ExitStack,
    directory: str,
    predecessor: Predecessor | None,
) -> Equipment:
    """Open everything; `stack` closes it again, also if something on the way cannot be opened.

    `directory` is where the server was started; `predecessor` has what has one place only, if it is there.
    Raises ConfigurationError, AddressError, BusyError. Signals come late: until then they end the command,
    as before.
    """
    former_umask = None if settings.umask is None else os.umask(settings.umask)
    if former_umask is not None:
        # Before the first file is made. A program that embeds us has its own back.
        stack.callback(os.umask, former_umask)
    set_title("arbiter", settings.proc_name)
    error_log = open_error_log(settings)
    stack.callback(error_log.close)
    inheritance = Inheritance(sockets.own, {} if predecessor is None else predecessor.inodes)
    generations = Generations(settings, sockets, inheritance, shares=predecessor is not None)
    stack.callback(generations.close)
    settle(error_log, generations.current)
    scoreboard = Scoreboard(
        rows=max(_LEAST_ROWS, settings.workers * _ROWS_A_WORKER), cells=max(_LEAST_CELLS, settings.threads)
    )
    notifier = Notifier(
        os.environ, lambda error: error_log.logger.warning("systemd cannot be told: %s", error)
    )
    stack.callback(notifier.close)
    store = Store(notifier, [one.name for one in sockets.own])
    loop = Loop()
    stack.callback(loop.close)
    channels = Channels(loop)
    stack.callback(channels.close)
    # Once there are ears for signals: some are sent as soon as the file is there.
    pidfile = Pidfile()
    stack.callback(pidfile.release)
    pidfile.take(beside(settings.pidfile, predecessor))
    control = Control(beside(settings.control_socket, predecessor), loop)
    stack.callback(control.close)
    stacks = Stacks()
    stack.callback(stacks.close)
    moments = Moments(settings, generations.current.hooks, error_log.logger)
    watch = _watch(settings, generations, loop, directory, error_log, has_source=app is None)
    if watch is not None:
        stack.callback(watch.close)
    births = Births(
        work=work,
        app=app,
        scoreboard=scoreboard,
        error_log=error_log,
        generations=generations,
        loop=loop,
        channels=channels,
        notifier=notifier,
        pidfile=pidfile,
        moments=moments,
        control=control,
        stacks=stacks,
        watch=watch,
    )
    stack.callback(births.close)
    return Equipment(
        error_log,
        generations,
        scoreboard,
        notifier,
        store,
        loop,
        channels,
        births,
        pidfile,
        moments,
        control,
        stacks,
        watch,
        former_umask,
    )


def _watch(
    settings: Settings,
    generations: Generations,
    loop: Loop,
    directory: str,
    error_log: ErrorLog,
    *,
    has_source: bool,
) -> Watch | None:
    """Make what looks at the application's files, where that is asked for. Raises ConfigurationError."""
    if not settings.reload:
        return None
    if not has_source:
        raise ConfigurationError(
            "reload: the application was given as a function, and no worker can load its code anew;"
            ' give it by name, "module:variable"'
        )
    extra = [str(one) for one in settings.reload_extra_files]
    return Watch(
        settings.reload_engine, extra, directory, generations.current.identity, loop, error_log.logger
    )


def check_number(workers: int, scoreboard: Scoreboard) -> None:
    """Refuse more workers than the scoreboard has room for. Raises ConfigurationError."""
    room = scoreboard.rows // _ROWS_A_WORKER
    if workers > room:
        raise ConfigurationError(f"{workers} workers: this server was started with room for {room}")


def check_room(settings: Settings, scoreboard: Scoreboard) -> None:
    """Refuse more workers or threads than the scoreboard, made at the start for good, has room for."""
    for name, given, room in (
        ("workers", settings.workers, scoreboard.rows // _ROWS_A_WORKER),
        ("threads", settings.threads, scoreboard.cells),
    ):
        if given > room:
            message = f"{name} = {given}: this server was started with room for {room}"
            raise ConfigurationError(f"{message}; more of them want a restart")
