"""Both logs as JSON, an object a line; imported only where the settings ask for it.

`json.dumps` escapes what is not ASCII and every control character, so that a line stays one line.
"""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.log.record import Record


class JsonFormatter(logging.Formatter):
    """The error log: time, level, pid, message, and traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": _rfc3339(record.created),
            "level": record.levelname.lower(),
            "pid": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told)


def make_json_line(name_in: Callable[[str], str]) -> Callable[[Record], str]:
    """Return what writes a request down; `name_in` finds the name in an Authorization field.

    What the client did not send is null. Octets beyond ASCII are told as they came (latin-1, as PEP 3333 has
    them).
    """

    def line(record: Record) -> str:
        environ = record.environ
        told: dict[str, Any] = {
            "time": _rfc3339(time.time()),
            "peer": environ.get("REMOTE_ADDR") or None,
            "user": name_in(str(environ.get("HTTP_AUTHORIZATION", ""))) or None,
            "method": environ.get("REQUEST_METHOD"),
            "target": environ.get("RAW_URI"),
            "protocol": environ.get("SERVER_PROTOCOL"),
            "status": int(record.status[:3]),
            "sent": record.sent,
            "duration_us": int((record.ended - record.began) * 1e6),
            "referer": environ.get("HTTP_REFERER"),
            "user_agent": environ.get("HTTP_USER_AGENT"),
            "pid": os.getpid(),
        }
        # An application may have put anything into its environ.
        return json.dumps(told, default=str)

    return line


def _rfc3339(moment: float) -> str:
    second = int(moment)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)) + f".{int((moment - second) * 1e3):03d}Z"
