"""logging as a user configures it: `logconfig_dict`, `logconfig_json`, `logconfig`.

Imported only where one of them is set: logging.config brings in `queue`, which gevent would have to patch.
"""

from __future__ import annotations

import configparser
import json
import logging
import logging.config
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wsgid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What files that were written for gunicorn call our loggers.
_NAMES: Final = {"gunicorn.error": "wsgid.error", "gunicorn.access": "wsgid.access"}

# What such files leave out, for gunicorn has it: a formatter and two handlers by name.
_DEFAULTS: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "generic": {
            "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
            "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stdout"},
        "error_console": {
            "class": "logging.StreamHandler",
            "formatter": "generic",
            "stream": "ext://sys.stderr",
        },
    },
}


def configure_logging(table: Mapping[str, Any], json_file: str | None, ini_file: str | None) -> None:
    """Apply the first of the three that is given; raises ConfigurationError with the setting's name.

    A logger that it gives handlers to loses ours.
    """
    for ours in _NAMES.values():
        # What the user does not say stays as it is without a configuration.
        logging.getLogger(ours).propagate = False
    logging.getLogger("wsgid.access").setLevel(logging.INFO)
    name = "logconfig_dict" if table else "logconfig_json" if json_file else "logconfig"
    try:
        if table:
            logging.config.dictConfig(_complete(table))
        elif json_file:
            logging.config.dictConfig(_complete(json.loads(Path(json_file).read_text("utf-8"))))
        elif ini_file:
            _apply_ini(ini_file)
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot read {error.filename}: {error.strerror}") from error
    except Exception as error:  # a class of the user's may raise anything
        cause = f": {error.__cause__}" if error.__cause__ is not None else ""
        raise ConfigurationError(f"{name}: {type(error).__name__}: {error}{cause}") from error
    for ours in _NAMES.values():
        logging.getLogger(ours).disabled = False


def _complete(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return it with gunicorn's defaults, and our loggers by our names."""
    if not isinstance(table, dict):
        raise TypeError("a table is expected")
    whole = {**_DEFAULTS, **table}
    for part in ("formatters", "handlers"):
        if isinstance(whole[part], dict):
            whole[part] = {**_DEFAULTS[part], **whole[part]}
    loggers = whole.get("loggers")
    if isinstance(loggers, dict):
        whole["loggers"] = {_NAMES.get(name, name): value for name, value in loggers.items()}
    return whole


def _apply_ini(path: str) -> None:
    parser = configparser.ConfigParser({"__file__": path, "here": str(Path(path).resolve().parent)})
    with Path(path).open(encoding="utf-8") as file:
        parser.read_file(file)
    for section in parser.sections():
        qualname = parser.get(section, "qualname", raw=True, fallback=None)
        if qualname in _NAMES:
            parser[section]["qualname"] = _NAMES[qualname]
    logging.config.fileConfig(parser, disable_existing_loggers=False)
