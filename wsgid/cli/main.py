"""The command `wsgid`: read the command line, load the settings, start the arbiter.

The one place that prints; a mistake of the user ends here as one message and an exit status.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsgid import __version__, is_compiled
from wsgid.cli import last_words
from wsgid.cli.commands import run
from wsgid.cli.environment import enter, enter_early
from wsgid.cli.interrupt import let_interrupts_end_us
from wsgid.cli.machine import why_not_here
from wsgid.cli.output import NobodyReadsError, open_what_is_closed, put
from wsgid.config.options import AS_PROGRAM, PROGRAMS, make_parser, parse_command, program_of
from wsgid.errors import ExitCode, UsageError, WsgidError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wsgid.arbiter.arbiter import Arbiter
    from wsgid.arbiter.predecessor import Predecessor
    from wsgid.config.load import Loaded
    from wsgid.daemon.daemonize import Teller


# The commands that load the settings.
_LOADING = ("check", "show", "explain")


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit status; `argv` is without the command's name."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        command = parse_command(argv)
        if command.action != "serve" or command.wants_help or command.wants_version:
            open_what_is_closed()
        if command.wants_help:
            put(make_parser(command.program).format_help())
        elif command.wants_version:
            put(f"{command.program.name} {__version__}{' (compiled)' if is_compiled() else ''}\n")
        elif command.action == "serve":
            address = last_words.listener(os.environ)
            try:
                # Before the imports of _run, which would be for nothing.
                status = _run(argv, {}, None, enter_early(command, argv, start_directory()))
            except WsgidError as error:
                last_words.tell(address, error)
                raise
            let_interrupts_end_us()
            return status
        else:
            directory = start_directory()
            # A Python file may import what only the other environment has. Not as root, who merely asks: what
            # is there may be somebody else's; and not for all instances, which have each their own.
            if command.action in _LOADING and os.geteuid() != 0 and not command.check_all:
                enter_early(command, argv, directory)
            return run(command, argv, directory)
    except KeyboardInterrupt:
        let_interrupts_end_us()
        return ExitCode.INTERRUPTED
    except NobodyReadsError as error:
        return error.exit_code
    except WsgidError as error:
        return _end(error)
    return ExitCode.OK


def main_as(name: str) -> int:
    """Be another command: what was typed, with a word that says for which."""
    return main([f"{AS_PROGRAM}{name}", *sys.argv[1:]])


def serve(app: str | Callable[..., Any], settings: Mapping[str, object]) -> int:
    """Do what `wsgid.serve` promises; the settings come above the environment and ./wsgid.toml."""
    try:
        if threading.current_thread() is not threading.main_thread():
            raise UsageError("wsgid.serve handles signals: call it in the main thread")
        if isinstance(app, str):
            return _run([], {**settings, "app": app}, None)
        return _run([], settings, app)
    except WsgidError as error:
        return _end(error)


def _run(
    argv: Sequence[str], call: Mapping[str, object], app: Callable[..., Any] | None, hop: str = ""
) -> int:
    """Serve; `call` and `app` are those of `wsgid.serve`, `hop` is how we came to be this interpreter."""
    reason = why_not_here()
    if reason:
        raise WsgidError(reason)
    # Lazy: what --help and --version need not wait for, pydantic before all, and what another system has not.
    from wsgid.arbiter.predecessor import Predecessor  # noqa: PLC0415

    # At once: what the configuration or the application starts is to find no trace of it.
    predecessor = Predecessor.take(os.environ)
    start = partial(_start, argv, call, app, hop, predecessor)
    return start() if predecessor is None else _told(start, predecessor.teller)


def _start(
    argv: Sequence[str],
    call: Mapping[str, object],
    app: Callable[..., Any] | None,
    hop: str,
    predecessor: Predecessor | None,
) -> int:
    # Lazy, as in `_run`.
    from wsgid.apps.loader import look_at, parse_spec  # noqa: PLC0415
    from wsgid.arbiter.arbiter import Arbiter  # noqa: PLC0415
    from wsgid.arbiter.reload import Source  # noqa: PLC0415
    from wsgid.config.load import load  # noqa: PLC0415
    from wsgid.daemon.daemonize import leave_terminal  # noqa: PLC0415
    from wsgid.workers.server import speaks_wsgi  # noqa: PLC0415

    # A reload reads the same arguments and environment as the start, from the same directory.
    environ, directory = dict(os.environ), start_directory()
    command = None if call or app is not None else tuple(argv)
    read = partial(load, argv, environ, directory, call)
    if app is not None:
        read = partial(_load_for_callable, read)
    source = Source(read, command, environ, directory)
    loaded = source.load()
    passed_on = {} if predecessor is None else predecessor.variables
    enter(loaded, command, {**environ, **passed_on}, directory, hop)
    for warning in loaded.warnings:
        _print(str(warning))
    if loaded.settings.certfile:
        # Lazy, as all that few servers need; before the fork into the background, as every mistake.
        from wsgid.cli.check.tls import refuse_unusable  # noqa: PLC0415

        refuse_unusable(loaded)
    if app is not None:
        if speaks_wsgi(loaded.settings.worker_class):
            look_at(app, repr(app))
    elif loaded.settings.app is not None:
        parse_spec(loaded.settings.app)
    elif loaded.settings.paste is None:
        program = program_of(argv)
        raise UsageError(
            f"{program.name}: no application is named\nusage: {program.usage}, such as `{program.example}`"
        )
    keeps_output = loaded.settings.enable_stdio_inheritance
    if predecessor is not None:
        if loaded.settings.daemon:  # its predecessor has left the terminal for it
            leave_terminal(keeps_output=keeps_output)
        return Arbiter(loaded, source, app, predecessor=predecessor).run()
    if not loaded.settings.daemon:
        return Arbiter(loaded, source, app).run()
    if command is None:
        raise UsageError("wsgid.serve blocks until the server has ended: `daemon` is for the command wsgid")
    return _run_detached(partial(Arbiter, loaded, source), environ, keeps_output=keeps_output)


def _load_for_callable(read: Callable[[], Loaded]) -> Loaded:
    """Read the settings of a server whose application a program has brought along; raises Mistakes."""
    loaded = read()
    given = loaded.history.get("preload_app")
    if given is None or not given[-1].value:
        return loaded
    from wsgid.config.diagnostics import Diagnostic, Label, Mistakes  # noqa: PLC0415  as above

    message = "`preload_app` with an application that is a callable: it is loaded already, and only once"
    label = Label(
        given[-1].place.value, 'leave it out, or name the application: `wsgid.serve("module:name")`'
    )
    mistake = Diagnostic("error", "conflict", message, (label,))
    raise Mistakes(loaded.subject, (mistake, *loaded.warnings), loaded.files)


def _run_detached(make: Callable[..., Arbiter], environ: dict[str, str], *, keeps_output: bool) -> int:
    """Serve in the background; what keeps the server from it is said by the command that was typed."""
    from wsgid.daemon.daemonize import Told, detach  # noqa: PLC0415  as above

    try:
        teller = detach(keeps_output=keeps_output)
    except OSError as error:
        raise WsgidError(f"wsgid: cannot leave the terminal: {error.strerror}") from error
    if isinstance(teller, Told):
        if teller.text:
            _print(teller.text)
        return teller.status
    if "LISTEN_PID" in environ:
        # A reload reads whose the passed sockets are, as the start has: this process's, by now.
        environ["LISTEN_PID"] = os.environ["LISTEN_PID"]
    return _told(lambda: make(on_ready=teller.ready).run(), teller)


def _told(run: Callable[[], int], teller: Teller) -> int:
    """Serve, and tell whoever waits for it what keeps us from it: they say it."""
    try:
        status = run()
    except WsgidError as error:
        if teller.has_told:
            return _end(error)
        teller.tell(error.exit_code, _shown(error))
        return error.exit_code
    except BaseException:
        teller.tell(ExitCode.FAILURE, traceback.format_exc())
        raise
    teller.tell(ExitCode.FAILURE, "wsgid: the server was stopped before it was ready")
    return status


def start_directory() -> str:
    """Return where we were started, by the name that the shell used: $PWD keeps links.

    A reload follows them again, as gunicorn's does.
    """
    try:
        here = Path.cwd()
        by_name = Path(os.environ.get("PWD", ""))
        if by_name.is_absolute() and by_name.exists() and by_name.samefile(here):
            return str(by_name)
    except OSError as error:
        raise WsgidError(f"the start directory is gone, or closed to this user: {error.strerror}") from error
    return str(here)


def _end(error: WsgidError) -> int:
    _print(_shown(error))
    return error.exit_code


def _shown(error: WsgidError) -> str:
    text = str(error)
    has_head = text.startswith(("error[", "warning[", *(f"{program.name}: " for program in PROGRAMS)))
    return text if has_head else f"wsgid: {text}"


def _print(text: str) -> None:
    # What the terminal's encoding has not is written with backslashes: that is how Python opens it.
    print(text, file=sys.stderr, flush=True)
