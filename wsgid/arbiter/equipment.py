"""What the arbiter opens before its first worker, and keeps to its end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wsgid.arbiter.births import Births
from wsgid.arbiter.channels import Channels
from wsgid.arbiter.generation import Generations
from wsgid.arbiter.loop import Loop
from wsgid.daemon.notify import Notifier
from wsgid.errors import ConfigurationError
from wsgid.log.error import ErrorLog, make_error_log
from wsgid.metrics.scoreboard import Scoreboard

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from wsgid.config.settings import Settings
    from wsgid.workers.process import WorkerStart

# Few servers have more threads a worker, and a reload may add some.
_LEAST_CELLS: Final = 64


@dataclass(frozen=True, slots=True)
class Equipment:
    """The arbiter's tools, each with one task."""

    error_log: ErrorLog
    generations: Generations
    scoreboard: Scoreboard
    notifier: Notifier
    loop: Loop
    channels: Channels
    births: Births


def open_equipment(
    settings: Settings,
    app: Callable[..., Any] | None,
    work: Callable[[WorkerStart], int],
    stack: ExitStack,
) -> Equipment:
    """Open everything; `stack` closes it again, also if something on the way cannot be opened.

    Raises ConfigurationError, AddressError. Signals come late: until then they end the command, as before.
    """
    error_log = _open_error_log(settings)
    stack.callback(error_log.close)
    generations = Generations(settings)
    stack.callback(generations.close)
    scoreboard = Scoreboard(cells=max(_LEAST_CELLS, settings.threads))
    notifier = Notifier(
        os.environ, lambda error: error_log.logger.warning("systemd cannot be told: %s", error)
    )
    stack.callback(notifier.close)
    loop = Loop()
    stack.callback(loop.close)
    channels = Channels(loop)
    stack.callback(channels.close)
    births = Births(
        work=work,
        app=app,
        scoreboard=scoreboard,
        error_log=error_log,
        generations=generations,
        loop=loop,
        channels=channels,
        notifier=notifier,
    )
    stack.callback(births.close)
    return Equipment(error_log, generations, scoreboard, notifier, loop, channels, births)


def check_room(settings: Settings, scoreboard: Scoreboard) -> None:
    """Refuse more threads than the scoreboard, made at the start for good, has cells for."""
    if settings.threads > scoreboard.cells:
        raise ConfigurationError(
            f"threads = {settings.threads}: this server was started with room for {scoreboard.cells};"
            " more of them want a restart"
        )


def _open_error_log(settings: Settings) -> ErrorLog:
    try:
        return make_error_log(settings.errorlog, settings.loglevel)
    except OSError as error:
        message = f"errorlog: cannot open {settings.errorlog}: {error.strerror}"
        raise ConfigurationError(f"{message}; give a path that this user may write") from error
