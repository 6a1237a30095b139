"""Whether the files and directories of the settings are there, to be read or written; asked in a child."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.apps import virtualenv
from wsgid.cli.check.finding import Finding
from wsgid.daemon.pidfile import why_kept
from wsgid.log.opening import open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wsgid.config.settings import Settings


# On the way to everything that systemd makes, and nobody's.
_THERE = ("/", "/run", "/var", "/var/lib", "/var/cache", "/var/log")


def look_at_files_of_arbiter(settings: Settings, made: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at what the arbiter writes; `made` are directories that somebody makes before the start."""
    for name in ("pidfile", "accesslog", "errorlog", "control_socket"):
        path = getattr(settings, name)
        # /dev/stderr and the like are whatever the process is given at its start.
        if path and path != "-" and not path.startswith(("/dev/", "/proc/")):
            yield from look_at_target(name, path, made)


def look_at_files_of_worker(settings: Settings, made: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at what a worker reads, and where it puts long bodies; `made` as above."""
    yield from _look_at_directory("chdir", settings.chdir, os.X_OK, "enter", made)
    yield from _look_at_directory(
        "tmp_upload_dir", settings.tmp_upload_dir, os.W_OK | os.X_OK, "write in", made
    )
    if settings.virtualenv and not virtualenv.is_here(settings.virtualenv):
        message, remedy = virtualenv.why_not(settings.virtualenv)
        if message:
            yield Finding("invalid-value", message, "virtualenv", note=remedy)
    for index, path in enumerate(settings.pythonpath):
        # Relative to `chdir`, as in the worker. Python does not mind one that is missing, people do.
        if not os.path.exists(Path(settings.chdir or "", path)):  # noqa: PTH110  False where it is hidden from us
            yield Finding("invalid-value", f"there is no `{path}`", "pythonpath", index, severity="warning")
    yield from _look_at_text("logconfig", settings.logconfig, "INI file", _read_ini)
    yield from _look_at_text("logconfig_json", settings.logconfig_json, "JSON", json.loads)
    paste = settings.paste
    yield from look_at_source("paste", paste.partition("#")[0] if paste else None)


def look_at_python() -> Iterator[Finding]:
    """Yield a mistake where Python's own library is closed to us, as one below /root is.

    A server that root starts would come as far as the first import of something that is not there yet.
    """
    library = os.__file__
    if not os.access(library, os.R_OK):
        message = f"Python's library is closed to the user that will serve: {Path(library).parent}"
        note = "take an interpreter that every user may read, such as /usr/bin/python3"
        yield Finding("cannot-import", f"{message}; {note}")


def look_at_source(name: str, path: str | None) -> Iterator[Finding]:
    """Look at a file that is read."""
    if not path:
        return
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        yield Finding("unreadable-file", f"cannot read `{path}`: {_why(path, error)}", name)


def _look_at_text(name: str, path: str | None, what: str, read: Callable[[str], object]) -> Iterator[Finding]:
    """Look at a file of logging's; what it says is not done, for that would open what it names."""
    closed = list(look_at_source(name, path))
    yield from closed
    if closed or not path:
        return
    try:
        read(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        first_line = str(error).partition("\n")[0]
        yield Finding("syntax", f"`{path}` is no {what}: {first_line}", name)


def _read_ini(text: str) -> None:
    import configparser  # noqa: PLC0415  lazy: few have such a file

    try:
        configparser.ConfigParser().read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error


def look_at_target(name: str, path: str, made: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at a file that is written, or made where there is none."""
    file, parent = Path(path), Path(path).parent
    status = _status(file)
    if is_made(parent, made) and (status is None or not stat.S_ISDIR(status.st_mode)):
        return
    if status is None and not os.path.isdir(parent):  # noqa: PTH112  False where it is hidden from us
        note = "make it, or let systemd do so (RuntimeDirectory=, LogsDirectory=)"
        yield Finding("invalid-value", f"there is no directory `{parent}`", name, note=note)
    elif status is not None and stat.S_ISDIR(status.st_mode):
        yield Finding("invalid-value", f"`{path}` is a directory", name, note="a file is expected")
    elif status is not None and name == "control_socket" and not stat.S_ISSOCK(status.st_mode):
        message = f"`{path}` is something else than a socket"
        yield Finding("invalid-value", message, name, note="remove it, or choose another path")
    elif name == "pidfile" and (reason := why_kept(file)):
        note = "remove it, or choose another path"
        yield Finding("invalid-value", f"`{path}` {reason}", name, note=note)
    elif status is not None and name in ("accesslog", "errorlog"):
        if reason := _why_not_appended(path, status):
            yield Finding("invalid-value", reason, name)
    # Pidfile and socket are made anew, whatever is there.
    elif not os.access(parent, os.W_OK | os.X_OK):
        yield Finding("invalid-value", f"not allowed to write in `{parent}`", name)


def _why_not_appended(path: str, status: os.stat_result) -> str:
    """Say why a log that is there cannot be opened; "" where it can.

    As the server opens it, which as root follows not every link; but a pipe would notice.
    """
    if not os.access(path, os.W_OK):
        return f"not allowed to write to `{path}`"
    if stat.S_ISREG(status.st_mode):
        try:
            os.close(open_log(path, 2))
        except OSError as error:
            return f"`{path}` cannot be opened: {error.strerror}"
    return ""


def is_made(directory: Path, made: Sequence[str]) -> bool:
    """Say whether a directory is one of those that somebody makes and hands over, or on the way to one."""
    return (
        any(directory == one or directory in one.parents for one in map(Path, made))
        and str(directory) not in _THERE
    )


def _look_at_directory(
    name: str, path: str | None, mode: int, what: str, made: Sequence[str]
) -> Iterator[Finding]:
    if not path or is_made(Path(path), made):
        return
    directory = Path(path)
    status = _status(directory)
    if status is None:
        yield Finding("invalid-value", f"there is no directory `{path}`", name)
    elif not stat.S_ISDIR(status.st_mode):
        yield Finding("invalid-value", f"`{path}` is no directory", name)
    elif not os.access(directory, mode):
        yield Finding("invalid-value", f"not allowed to {what} `{path}`", name)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _why(path: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        closed = next(
            (str(one) for one in reversed(Path(path).absolute().parents) if not os.access(one, os.X_OK)), ""
        )
        return f"the directory {closed} is closed to this user" if closed else "not allowed"
    return str(error.strerror)
