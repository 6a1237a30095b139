"""What a generation's settings make of the logs, in each of its workers and in the arbiter."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgid.config.settings import Settings
    from wsgid.log.error import ErrorLog
    from wsgid.log.syslog import Syslog
    from wsgid.metrics.statsd import Statsd


def settle_logs(settings: Settings, error_log: ErrorLog, syslog: Syslog | None) -> None:
    """Send the error log to syslog, and configure logging, as the settings say. Raises ConfigurationError."""
    error_log.send_also(syslog)
    if settings.logconfig_dict or settings.logconfig_json or settings.logconfig:
        # It brings in queue, which gevent patches: after that, and only where it is wanted.
        from wsgid.log.configured import configure_logging  # noqa: PLC0415

        configure_logging(settings.logconfig_dict, settings.logconfig_json, settings.logconfig)


def count_lines(error_log: ErrorLog, statsd: Statsd | None) -> None:
    """Count what is written to the error log, by level; not with another generation's statsd any more."""
    logger = error_log.logger
    for handler in [one for one in logger.handlers if isinstance(one, _Counter)]:
        logger.removeHandler(handler)
    if statsd is not None:
        logger.addHandler(_Counter(statsd))


class _Counter(logging.Handler):
    """Counts warnings and what is graver, as gunicorn does."""

    def __init__(self, statsd: Statsd) -> None:
        super().__init__(logging.WARNING)
        self._statsd: Final = statsd

    def emit(self, record: logging.LogRecord) -> None:
        self._statsd.count(f"log.{'exception' if record.exc_info else record.levelname.lower()}")
