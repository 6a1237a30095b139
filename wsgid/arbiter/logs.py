"""The logs of the whole server while it serves: moved, opened anew, and handed to the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wsgid.arbiter.pool import Worker
from wsgid.arbiter.spawn import Order, tell
from wsgid.arbiter.words import kind
from wsgid.errors import ConfigurationError
from wsgid.workers.logs import count_lines, settle_logs
from wsgid.workers.process import LOGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.arbiter.channels import Channels
    from wsgid.arbiter.generation import Generation, Generations
    from wsgid.arbiter.template_plan import Template
    from wsgid.log.access import AccessLog
    from wsgid.log.error import ErrorLog

# Kinds of worker that patch after the fork what a logging configuration brings in.
_PATCHED: Final = frozenset({"gevent", "eventlet"})


def settle(error_log: ErrorLog, generation: Generation) -> None:
    """Have the arbiter's own lines go where those of its workers go. Raises ConfigurationError."""
    settings = generation.settings
    if settings.worker_class in _PATCHED:
        error_log.send_also(generation.syslog)
    else:
        settle_logs(settings, error_log, generation.syslog)
    count_lines(error_log, generation.statsd)


def set_error_log(error_log: ErrorLog, generation: Generation) -> None:
    """Let a generation that takes over have its way with the error log; what cannot be is said in it."""
    settings = generation.settings
    error_log.set_level(settings.loglevel)
    try:
        error_log.move(settings.errorlog)
        settle(error_log, generation)
    except OSError as error:
        error_log.logger.error("errorlog stays where it was: %s", error)  # noqa: TRY400  no error of ours
    except ConfigurationError as error:
        error_log.logger.error("%s", error)  # noqa: TRY400  the same
    error_log.set_form(settings.log_format)


def reopen(
    error_log: ErrorLog,
    generations: Generations,
    holders: Sequence[Worker | Template],
    channels: Channels,
) -> None:
    """Open the logs anew and hand them to their holders, who may have no right to open them."""
    log = error_log.logger
    logs: list[ErrorLog | AccessLog] = [error_log, *generations.access_logs]
    for one in logs:
        try:
            one.reopen()
        except OSError as error:
            log.error("a log cannot be opened anew, the old file is kept: %s", error)  # noqa: TRY400  the same
    hand_over(error_log, generations, holders, channels)
    log.info("logs reopened (SIGUSR1)")


def hand_over(
    error_log: ErrorLog,
    generations: Generations,
    holders: Sequence[Worker | Template],
    channels: Channels,
) -> None:
    """Give all workers, and templates for those to come, what the arbiter writes to.

    A worker that starts finds it when it listens. One of a generation that is gone opens its own: the arbiter
    has closed that access log.
    """
    for one in holders:
        generation = generations.find(one.generation)
        if generation is None:
            if isinstance(one, Worker):
                tell(one.pid, Order.REOPEN)
            continue
        descriptors = [error_log.fileno()]
        access_log = generation.access_log
        if access_log is not None and (descriptor := access_log.fileno()) is not None:
            descriptors.append(descriptor)
        if not channels.give(one.pid, LOGS, descriptors):
            message = "%s pid=%d writes to the former logs: it does not listen"
            error_log.logger.warning(message, kind(one), one.pid)
