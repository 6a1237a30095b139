"""What the server's lines and numbers go to, opened as the settings say: the two logs, syslog, statsd."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from wsgid.errors import ConfigurationError, UnknownHostError, WsgidError
from wsgid.log.access import AccessLog
from wsgid.log.error import ErrorLog, make_error_log
from wsgid.log.syslog import Syslog, parse_peer
from wsgid.metrics.statsd import Statsd

if TYPE_CHECKING:
    from wsgid.config.settings import Settings


def open_error_log(settings: Settings) -> ErrorLog:
    """Raises ConfigurationError."""
    try:
        return make_error_log(settings.errorlog, settings.loglevel, settings.log_format)
    except OSError as error:
        message = f"errorlog: cannot open {settings.errorlog}: {error.strerror}"
        raise ConfigurationError(f"{message}; give a path that this user may write") from error


def open_access_log(settings: Settings) -> AccessLog:
    """Raises ConfigurationError, UnknownHostError."""
    target = settings.accesslog
    syslog = open_syslog(settings, "access")
    try:
        return AccessLog(target, settings.access_log_format, settings.access_log_skip, syslog)
    except OSError as error:
        message = f"accesslog: cannot open {target}: {error.strerror}; give a path that this user may write"
        raise ConfigurationError(message) from error
    except ValueError as error:
        raise ConfigurationError(f"access_log_format: {error}") from error


def open_syslog(settings: Settings, log: str) -> Syslog | None:
    """Make what sends one of the two logs to syslog, where that is asked for.

    Raises ConfigurationError, UnknownHostError.
    """
    if not settings.syslog:
        return None
    try:
        peer = parse_peer(settings.syslog_addr)
    except OSError as error:
        raise _unusable("syslog_addr", settings.syslog_addr, error) from error
    tag = f"wsgid.{settings.syslog_prefix}.{log}" if settings.syslog_prefix else f"wsgid.{log}"
    return Syslog(peer, settings.syslog_facility, tag)


def open_statsd(settings: Settings) -> Statsd | None:
    """Raises ConfigurationError, UnknownHostError."""
    if not settings.statsd_host:
        return None
    try:
        return Statsd(settings.statsd_host, settings.statsd_prefix, settings.dogstatsd_tags)
    except OSError as error:
        raise _unusable("statsd_host", settings.statsd_host, error) from error


def _unusable(setting: str, address: str, error: OSError) -> WsgidError:
    if isinstance(error, socket.gaierror):
        return UnknownHostError(
            f"{setting}: the host of `{address}` is not known ({error.strerror}); is it written right, and"
            " does a name server answer? An address in numbers needs none"
        )
    return ConfigurationError(f"{setting}: {address}: {error.strerror}")
