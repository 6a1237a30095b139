"""Goes where the settings have the server live: this process becomes the Python of `virtualenv`.

It keeps its pid, its descriptors and its variables: whoever started it (systemd, a shell, -D) need not know.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from wsgid.apps import virtualenv
from wsgid.errors import WsgidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wsgid.config.load import Loaded
    from wsgid.config.options import Command

# How this process came to be this Python: "early", at a glance, or "load", by the settings in force. The
# settings may send it on once, and then no further: a file that computes the value could do so for ever.
_HOP = "WSGID_ENTERED"
_EARLY, _LOAD = "early", "load"


def enter_early(command: Command, argv: Sequence[str], cwd: str) -> str:
    """Become the other interpreter, if the settings name one at a glance; else return how we came here.

    Takes the variable that says so out of the environment.
    """
    hop = os.environ.pop(_HOP, "")
    if not hop:
        from wsgid.config import early  # noqa: PLC0415  lazy: --help and --version need none of it

        directory = early.virtualenv(command, os.environ, cwd)
        if directory and not virtualenv.is_here(directory) and not virtualenv.why_not(directory)[0]:
            _become(directory, argv, os.environ, _EARLY)
    return hop


def enter(loaded: Loaded, argv: Sequence[str] | None, environ: Mapping[str, str], cwd: str, hop: str) -> None:
    """Become the other interpreter, if the settings in force name one; raises Mistakes where that cannot be.

    `argv` is None where a program called us: that cannot be started again. `hop` is what `enter_early` says.
    """
    given = loaded.settings.virtualenv
    if given is None:
        return
    directory = os.path.join(cwd, given)  # noqa: PTH118  a link in it is the user's to keep
    if virtualenv.is_here(directory):
        return
    reason, remedy = virtualenv.why_not(directory)
    if not reason and argv is None:
        reason, remedy = f"this program runs in {sys.prefix}, not in `{given}`", "run it with that Python"
    elif not reason and hop == _LOAD:
        python = virtualenv.interpreter(directory)
        reason, remedy = f"`{python}` is no Python of `{given}`, but of {sys.prefix}", "make it anew"
    if reason:
        raise _mistake(loaded, reason, remedy)
    assert argv is not None
    _become(directory, argv, environ, _LOAD)


def _become(directory: str, argv: Sequence[str], environ: Mapping[str, str], hop: str) -> None:
    command = virtualenv.command(directory)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    try:
        os.execve(command[0], [*command, *argv], {**environ, _HOP: hop})  # noqa: S606  no shell is wanted
    except OSError as error:
        raise WsgidError(f"wsgid: cannot run {command[0]} (virtualenv): {error.strerror}") from error


def _mistake(loaded: Loaded, reason: str, remedy: str) -> WsgidError:
    from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where  # noqa: PLC0415  only where one is

    where = loaded.where("virtualenv") or Where("file", loaded.subject)
    mistake = Diagnostic("error", "invalid-value", reason, (Label(where, remedy),))
    return Mistakes(loaded.subject, (mistake, *loaded.warnings), loaded.files)
