"""What keeps a Python file from being run, told at the line of that file that has to do with it."""

from __future__ import annotations

import ast
import sys
import sysconfig
import traceback
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label, Where
from wsgid.config.kinds import WORKER_CLASSES
from wsgid.config.python_slips import HEADER_ATTRIBUTES, SERVER_HEADER
from wsgid.config.redaction import hide, hide_unread, sounds_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.python_source import Source
    from wsgid.config.source_text import SourceText

# Of an exception's text: some libraries put a whole document into it.
_LONGEST = 300

# The beginning of a module's name -> what to write where its own program is not installed.
_INSTEAD = {
    "gunicorn.glogging": "use `logconfig_dict`, with the loggers wsgid.error and wsgid.access",
    "gunicorn.workers": f"use `worker_class` with one of {', '.join(WORKER_CLASSES)}",
    "gunicorn.app": "to serve from a program call `wsgid.serve(app, **settings)`",
    "gunicorn.instrument": "use `statsd_host`",
    "gunicorn.config": "settings are plain names here: `workers = 4`",
    "gunicorn": "write what it was for without it",
    "uvicorn": 'use `worker_class = "asgi"`',
    "uvicorn_worker": 'use `worker_class = "asgi"`',
    "geventwebsocket": 'use `worker_class = "gevent"`',
}

# Their texts name a file or a key, no value.
_TELLTALE = (OSError, LookupError, ImportError, AttributeError)


def not_python(error: SyntaxError | ValueError, text: SourceText) -> Diagnostic:
    """Tell of a text that Python does not parse."""
    if not isinstance(error, SyntaxError) or error.lineno is None:
        return Diagnostic(
            "error", "syntax", "this is not Python", (Label(Where("file", text.name), str(error)),)
        )
    return Diagnostic("error", "syntax", "this is not Python", (Label(_of_syntax(error, text), error.msg),))


def too_deep(text: SourceText) -> Diagnostic:
    """Tell of a text that goes deeper than Python, or our walk over it, can follow."""
    label = Label(Where("file", text.name), "make the value in several steps")
    return Diagnostic("error", "syntax", "expressions are too deep in one another", (label,))


def not_run(error: BaseException, text: SourceText, source: Source, path: str) -> Diagnostic:
    """Tell of an exception; `path` is the name of the file's code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path and not own:
        return not_python(error, text)
    frame = own[-1] if own else None
    where = _of_frame(frame, source) if frame else Where("file", text.name)
    is_secret = where.line is not None and any(map(sounds_secret, source.names_at(where.line)))
    shown = hide(where, 1) if is_secret else where
    # What the line says is not secret, but what the exception quotes may be: int(os.environ["PASSWORD"]).
    is_quiet = is_secret or (where.line is not None and any(map(sounds_secret, source.names_in(where.line))))
    note = words(error, is_quiet=is_quiet)
    if isinstance(error, ModuleNotFoundError):
        note = _instead(error, _imported(source, where.line), source) or note
    labels = [Label(shown, note), *_elsewhere(error, frames[frames.index(frame) + 1 :] if frame else [])]
    message = "this file ends the program" if isinstance(error, SystemExit) else "this file cannot be run"
    return Diagnostic("error", "cannot-import", message, tuple(labels))


def words(error: BaseException, *, is_quiet: bool = False) -> str:
    """Return an exception as the last line of a traceback has it; `is_quiet`: without what may be secret."""
    name = type(error).__name__
    if is_quiet and isinstance(error, NameError) and error.name not in sys.stdlib_module_names:
        return f"{name}: a text stands in quotes"  # it may be the secret itself
    if is_quiet and not isinstance(error, (*_TELLTALE, NameError)):
        return f"{name} (its text is left out, for a secret may be in it)"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  whoever has written its class may have made any mistake
        return name
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} ..."
    return f"{name}: {text}" if text else name


def _instead(error: ModuleNotFoundError, imported: str, source: Source) -> str:
    """Return what to write where a module of another server is not installed."""
    missing = error.name or ""
    if missing.partition(".")[0] not in _INSTEAD:
        return ""
    if any(attribute in HEADER_ATTRIBUTES for attribute, _ in source.attributes_assigned(imported)):
        return f"{missing} is not installed, and not needed: use {SERVER_HEADER}"
    # What the file names says more than what that, in turn, has not found: uvicorn.workers needs gunicorn.
    name = imported if imported.partition(".")[0] in _INSTEAD else missing
    while name not in _INSTEAD:
        name = name.rpartition(".")[0]
    return f"{missing} is not installed, and not needed: {_INSTEAD[name]}"


def _imported(source: Source, line: int | None) -> str:
    """Return the module that is imported in this line."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno == line:
            if isinstance(node, ast.Import):
                return node.names[0].name
            module = node.module or ""
            inside = f"{module}.{node.names[0].name}"
            return inside if inside in _INSTEAD else module
    return ""


def _elsewhere(error: BaseException, deeper: list[traceback.FrameSummary]) -> Iterator[Label]:
    """Yield where in another file of the user's it comes from."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        line = error.text.rstrip("\n") if error.text else ""
        yield Label(Where("file", error.filename, error.lineno, error.offset, error.end_offset, line))
        return
    theirs = [frame for frame in deeper if not _is_of_python(frame.filename)]
    if theirs:
        yield Label(Where("file", theirs[-1].filename, theirs[-1].lineno), "raised here")


def _is_of_python(filename: str) -> bool:
    return filename.startswith(("<", sysconfig.get_path("stdlib"), sys.prefix))


def _of_frame(frame: traceback.FrameSummary, source: Source) -> Where:
    where = source.line(frame.lineno)
    column, end = getattr(frame, "colno", None), getattr(frame, "end_colno", None)
    if where.line is None or column is None or end is None or end <= column:
        return where
    if getattr(frame, "end_lineno", frame.lineno) != frame.lineno:
        return where
    return source.columns(where.line, column, end)


def _of_syntax(error: SyntaxError, text: SourceText) -> Where:
    line = max(1, min(error.lineno or 1, len(text.lines)))
    quoted = text.lines[line - 1]
    column = max(1, min(error.offset or 1, len(quoted) + 1))
    end = column + 1
    if error.end_lineno == error.lineno and error.end_offset and error.end_offset > column:
        end = error.end_offset
    return hide_unread(Where("file", text.name, line, column, end, quoted), text.lines)
