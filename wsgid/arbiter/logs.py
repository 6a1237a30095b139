"""The logs of the whole server: opened by the arbiter, with its rights, and handed to the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wsgid.arbiter.pool import Worker
from wsgid.arbiter.spawn import Order, tell
from wsgid.arbiter.words import kind
from wsgid.errors import ConfigurationError
from wsgid.log.error import ErrorLog, make_error_log
from wsgid.log.syslog import Syslog, parse_peer
from wsgid.metrics.statsd import Statsd
from wsgid.workers.logs import count_lines, settle_logs
from wsgid.workers.process import LOGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.arbiter.channels import Channels
    from wsgid.arbiter.generation import Generation, Generations
    from wsgid.arbiter.template_plan import Template
    from wsgid.config.settings import Settings
    from wsgid.log.access import AccessLog

# Kinds of worker that patch after the fork what a logging configuration brings in.
_PATCHED: Final = frozenset({"gevent", "eventlet"})


def open_error_log(settings: Settings) -> ErrorLog:
    """Raises ConfigurationError."""
    try:
        return make_error_log(settings.errorlog, settings.loglevel, settings.log_format)
    except OSError as error:
        message = f"errorlog: cannot open {settings.errorlog}: {error.strerror}"
        raise ConfigurationError(f"{message}; give a path that this user may write") from error


def open_syslog(settings: Settings, log: str) -> Syslog | None:
    """Make what sends one of the two logs to syslog, where that is asked for. Raises ConfigurationError."""
    if not settings.syslog:
        return None
    try:
        peer = parse_peer(settings.syslog_addr)
    except OSError as error:
        raise ConfigurationError(f"syslog_addr: {settings.syslog_addr}: {error.strerror}") from error
    tag = f"wsgid.{settings.syslog_prefix}.{log}" if settings.syslog_prefix else f"wsgid.{log}"
    return Syslog(peer, settings.syslog_facility, tag)


def open_statsd(settings: Settings) -> Statsd | None:
    """Raises ConfigurationError."""
    if not settings.statsd_host:
        return None
    try:
        return Statsd(settings.statsd_host, settings.statsd_prefix, settings.dogstatsd_tags)
    except OSError as error:
        raise ConfigurationError(f"statsd_host: {settings.statsd_host}: {error.strerror}") from error


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
