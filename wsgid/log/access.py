"""The access log: one line for each request, in a format made of gunicorn's atoms.

The format is compiled once, at boot, into a function; a line of gunicorn's default format costs 1.0 us, and
0.45 us more to write (CPython 3.11, x86-64).
Whatever a client sent, a line stays one line: what is not plain is escaped as `log/escape.py` says.
"""

from __future__ import annotations

import binascii
import fnmatch
import logging
import os
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wsgid.log.error import first_loss_of, losses_of
from wsgid.log.escape import escaped, is_plain
from wsgid.log.file import LogFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wsgid.log.record import Record
    from wsgid.log.syslog import Syslog

_STANDARD_OUTPUT: Final = 1


class AccessLog:
    """Where the lines go; made by the arbiter, inherited by the workers."""

    def __init__(
        self,
        target: str | None,
        line_format: str,
        skip: Sequence[str] = (),
        syslog: Syslog | None = None,
    ) -> None:
        """Open a path, or standard output for "-"; raises OSError, and ValueError for a bad format.

        `skip` are shell patterns (`fnmatch`) of paths whose requests are not written down. Without a target
        the lines go to syslog alone, or to the logger `wsgid.access` (`choose`).
        """
        self._line: Final = compile_format(line_format)
        self._is_skipped: Final = _any_of(skip)
        self._file: Final = (
            LogFile(
                target,
                _STANDARD_OUTPUT,
                losses_of("access log"),
                on_loss=first_loss_of("access log"),
            )
            if target is not None
            else None
        )
        self._syslog: Final = syslog
        self._logger: Final = logging.getLogger("wsgid.access")
        self._sinks: tuple[Callable[[str], None], ...] = ()
        self.choose()

    def choose(self) -> bool:
        """Find out where the lines go; say if anybody takes them.

        Where a logging configuration has given `wsgid.access` handlers, these take the place of the file.
        """
        sinks: list[Callable[[str], None]] = []
        if self._logger.handlers:
            sinks.append(self._log)
        elif self._file is not None:
            sinks.append(self._append)
        if self._syslog is not None:
            sinks.append(partial(self._syslog.write, logging.INFO))
        self._sinks = tuple(sinks)
        return bool(sinks)

    def write(self, record: Record) -> None:
        """Append one line; a log that cannot be written costs the line, never the request."""
        if self._is_skipped is None or not self._is_skipped(str(record.environ.get("PATH_INFO"))):
            line = self._line(record)
            for sink in self._sinks:
                sink(line)

    def _append(self, line: str) -> None:
        assert self._file is not None
        self._file.write(f"{line}\n".encode("utf-8", "backslashreplace"))

    def _log(self, line: str) -> None:
        self._logger.info("%s", line)

    def reopen(self) -> None:
        """Open the file anew (SIGUSR1); raises OSError, and then goes on with the old one."""
        if self._file is not None:
            self._file.reopen()

    def adopt(self, descriptor: int) -> None:
        """Write to what this descriptor leads to from now on, and close it."""
        if self._file is None:
            os.close(descriptor)
        else:
            self._file.adopt(descriptor)

    def fileno(self) -> int | None:
        """Return the file's descriptor, which stays the same for good; None where there is no file."""
        return self._file.fileno() if self._file is not None else None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def compile_format(line_format: str) -> Callable[[Record], str]:
    """Turn a format into a function from a record to its line; raises ValueError for what is no format.

    It is made of gunicorn's atoms, or the word "json".
    All that clients and applications had a say in is looked at together, and piece by piece only if there is
    something to escape: that is rare, and the one look is what makes it cheap.
    """
    if line_format == "json":
        from wsgid.log.json_lines import make_json_line  # noqa: PLC0415  few want it, all would pay for it

        return make_json_line(_name_in)
    parts: list[str] = []  # expressions that are joined
    lines: list[str] = []  # statements that fetch what is to be escaped
    texts: list[str] = []  # the names they fetch it into
    for literal, directive in _split(line_format):
        if literal:
            parts.append(repr(literal))
        if directive is None:
            continue
        atom = _atom(directive.name)
        expression = atom.expression
        if atom.is_foreign:
            expression = f"v{len(texts)}"
            texts.append(expression)
            lines.append(f"    {expression} = {atom.expression}")
        if directive.conversion != "s":
            parts.append(f"'%{directive.conversion}' % ({expression},)")
        else:
            parts.append(expression if atom.is_text else f"str({expression})")

    if texts:
        names = ", ".join(texts)
        lines += [
            "    try:",
            f"        plain = is_plain({' + '.join(texts)})",
            "    except TypeError:",  # an application put something else than text into its environ
            f"        {names}, = map(str, ({names},))",
            "        plain = False",
            "    if not plain:",
            f"        {names}, = map(escaped, ({names},))",
        ]
    result = f"    return ''.join([{', '.join(parts)}])"
    source = "\n".join(["def line(record):", "    environ = record.environ", *lines, result])
    namespace = dict(_NAMES, now=_Clock().now)
    exec(source, namespace)  # noqa: S102  what is not ours in it went through repr()
    line: Callable[[Record], str] = namespace["line"]
    try:
        line(_SAMPLE)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{line_format!r}: {error}") from None
    return line


def _any_of(patterns: Sequence[str]) -> Callable[[str], object] | None:
    """Return what says if a path is like one of the patterns; None where there are none."""
    if not patterns:
        return None
    return re.compile("|".join(map(fnmatch.translate, patterns))).match


class _Directive(NamedTuple):
    """`%(name)conversion`."""

    name: str
    conversion: str


_DIRECTIVE: Final = re.compile(
    r"%(?:%|\((?P<name>[^()]*)\)(?P<conversion>[-#0 +]*\d*(?:\.\d+)?[hlL]?[diouxXeEfFgGcrsa]))"
)


def _split(line_format: str) -> list[tuple[str, _Directive | None]]:
    """Take a format apart into pairs of the text before a directive and the directive."""
    if any(ord(character) < ord(" ") and character != "\t" for character in line_format):
        raise ValueError(f"{line_format!r}: a line of the access log is one line, without control characters")
    pieces: list[tuple[str, _Directive | None]] = []
    position = 0
    while (found := line_format.find("%", position)) >= 0:
        match = _DIRECTIVE.match(line_format, found)
        if match is None:
            message = "no directive at column %d: write %%(NAME)s, or %%%% for a percent sign"
            raise ValueError(f"{line_format!r}: {message % (found + 1)}")
        name, conversion = match["name"], match["conversion"]
        before = line_format[position:found]
        pieces.append((f"{before}%", None) if name is None else (before, _Directive(name, conversion)))
        position = match.end()
    return [*pieces, (line_format[position:], None)]


class _Atom(NamedTuple):
    """How to get one of gunicorn's atoms from `record` and `environ`: a Python expression."""

    expression: str
    is_text: bool = False
    """It is a str already."""
    is_foreign: bool = False
    """A client or an application had a say in it: it is to be escaped."""


def _foreign(expression: str) -> _Atom:
    return _Atom(expression, is_text=True, is_foreign=True)


_ATOMS: Final = {
    "h": _foreign("environ.get('REMOTE_ADDR') or '-'"),  # a Unix socket's peer has none
    "l": _Atom("'-'", is_text=True),
    "u": _Atom(
        "user(environ['HTTP_AUTHORIZATION']) if environ.get('HTTP_AUTHORIZATION') else '-'", is_text=True
    ),
    "t": _Atom("now()", is_text=True),
    "r": _foreign(
        "f\"{environ.get('REQUEST_METHOD', '-')} {environ.get('RAW_URI', '-')}"
        " {environ.get('SERVER_PROTOCOL', '-')}\""
    ),
    "m": _foreign("environ.get('REQUEST_METHOD', '-')"),
    "U": _foreign("environ.get('PATH_INFO', '-')"),
    "q": _foreign("environ.get('QUERY_STRING', '-')"),
    "H": _foreign("environ.get('SERVER_PROTOCOL', '-')"),
    "s": _Atom("record.status[:3]", is_text=True),
    "st": _foreign("record.status"),
    "b": _Atom("str(record.sent)", is_text=True),
    "B": _Atom("record.sent"),
    "f": _foreign("environ.get('HTTP_REFERER', '-')"),
    "a": _foreign("environ.get('HTTP_USER_AGENT', '-')"),
    "T": _Atom("int(record.ended - record.began)"),
    "M": _Atom("int((record.ended - record.began) * 1e3)"),
    "D": _Atom("int((record.ended - record.began) * 1e6)"),
    "L": _Atom("'%.6f' % (record.ended - record.began)", is_text=True),
    "p": _Atom("'<%d>' % getpid()", is_text=True),
}

_UNKNOWN: Final = _Atom("'-'", is_text=True)  # as gunicorn writes it


def _atom(name: str) -> _Atom:
    if not name.startswith("{"):
        return _ATOMS.get(name, _UNKNOWN)
    key, _, kind = name[1:].rpartition("}")
    match kind:
        case "i":
            return _foreign(f"environ.get({_environ_key(key)!r}, '-')")
        case "o":
            return _foreign(f"header(record.headers, {key.lower()!r})")
        case "e":
            return _foreign(f"variable(environ, {key!r})")
        case _:
            return _UNKNOWN


def _environ_key(header: str) -> str:
    """Return where PEP 3333 puts a request's header."""
    key = header.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _header(headers: Sequence[tuple[str, str]], name: str) -> str:
    """Return the response's header, the last of several, as gunicorn does."""
    found = "-"
    for key, value in headers:
        if key.lower() == name:
            found = value
    return found


def _variable(environ: dict[str, Any], name: str) -> str:
    """Return a variable of the environ; gunicorn does not mind upper and lower case."""
    for key in (name, name.upper(), name.lower()):
        if key in environ:
            return str(environ[key])
    return "-"


def _user(authorization: str) -> str:
    """Return who says that he asks, escaped; it stands between blanks, so it has none."""
    return escaped(_name_in(authorization)).replace(" ", "\\x20") or "-"


def _name_in(authorization: str) -> str:
    """Return the name in an Authorization field (RFC 7617); nothing where there is none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        name, _, _ = binascii.a2b_base64(credentials).partition(b":")
    except ValueError:
        return ""
    return name.decode("latin-1")


class _Clock:
    """The time of day as the log writes it, made anew only when the second changes."""

    __slots__ = ("_cached",)

    def __init__(self) -> None:
        # One attribute, so that a thread never sees one second's number with another's text.
        self._cached = (0, "")

    def now(self) -> str:
        second = int(time.time())
        cached = self._cached
        if cached[0] != second:
            cached = self._cached = (second, _day_and_time(second))
        return cached[1]


# strftime's %b would be in the language that an application chose (setlocale).
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _day_and_time(second: int) -> str:
    local = time.localtime(second)
    rest = time.strftime("%Y:%H:%M:%S %z", local)
    return f"[{local.tm_mday:02d}/{_MONTHS[local.tm_mon - 1]}/{rest}]"


_NAMES: Final[dict[str, Any]] = {
    "escaped": escaped,
    "getpid": os.getpid,
    "header": _header,
    "is_plain": is_plain,
    "user": _user,
    "variable": _variable,
}


class _Sample(NamedTuple):
    """A record to try a new function with, so that `%(s)d` fails at boot and not at each request."""

    environ: dict[str, Any]
    status: str
    headers: Sequence[tuple[str, str]]
    sent: int
    began: float
    ended: float


_SAMPLE: Final = _Sample(environ={}, status="200 OK", headers=(), sent=0, began=0.0, ended=0.0)
