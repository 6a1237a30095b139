"""What can go wrong before a request exists, and the exit status that says so.

Each exception's text is the whole message that a person reads: what, where, what now. `cli` prints
it and exits with `exit_code`; nobody adds a traceback to it, for it is not our bug.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit statuses of every command; docs/reference/exit-codes.md explains them.

    69 and 78 are EX_UNAVAILABLE and EX_CONFIG of sysexits(3). A unit restarts after 3 and 69, which
    time may heal, and not after 78, which only an editor can. 130 is a shell's word for an end by SIGINT.
    """

    OK = 0
    FAILURE = 1
    USAGE = 2
    APPLICATION = 3
    UNAVAILABLE = 69
    CONFIGURATION = 78
    INTERRUPTED = 130


class WsgidError(Exception):
    """A mistake that ends the command with one message."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE


class UsageError(WsgidError):
    """The command line does not say what to do."""

    exit_code = ExitCode.USAGE


class ApplicationError(WsgidError):
    """The application does not boot: not found, not importable, not callable."""

    exit_code = ExitCode.APPLICATION


class AddressError(WsgidError):
    """An address cannot be bound."""

    exit_code = ExitCode.UNAVAILABLE


class UnknownHostError(WsgidError):
    """Nobody knows the host that logs or metrics are sent to; a name server may be back."""

    exit_code = ExitCode.UNAVAILABLE


class BusyError(WsgidError):
    """Another server has what this one needs; it may let go of it."""

    exit_code = ExitCode.UNAVAILABLE


class ConfigurationError(WsgidError):
    """The settings are wrong; `config.diagnostics.Mistakes` carries each of them with its place."""

    exit_code = ExitCode.CONFIGURATION
