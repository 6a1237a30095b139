"""What a generation's settings make of the logs, in each of its workers and in the arbiter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgid.config.settings import Settings
    from wsgid.log.error import ErrorLog
    from wsgid.log.syslog import Syslog


def settle_logs(settings: Settings, error_log: ErrorLog, syslog: Syslog | None) -> None:
    """Send the error log to syslog, and configure logging, as the settings say. Raises ConfigurationError."""
    error_log.send_also(syslog)
    if settings.logconfig_dict or settings.logconfig_json or settings.logconfig:
        # It brings in queue, which gevent patches: after that, and only where it is wanted.
        from wsgid.log.configured import configure_logging  # noqa: PLC0415

        configure_logging(settings.logconfig_dict, settings.logconfig_json, settings.logconfig)
