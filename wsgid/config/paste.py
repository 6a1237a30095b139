"""PasteDeploy: the server's section of an ini file -> a layer, with the place of every setting.

Only the server's settings are read here, with PasteDeploy's own rules for `use`, `set`, `get`, [DEFAULT] and
%(here)s, and that the file configures logging, if it does; the application is loaded elsewhere.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes
from wsgid.config.ini import scan
from wsgid.config.layers import Layer, Place, find_option
from wsgid.config.redaction import hide, hide_unread, sounds_secret
from wsgid.config.source_text import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wsgid.config.diagnostics import Code, Where
    from wsgid.config.ini import Entry, Scan
    from wsgid.config.layers import KeyPath
    from wsgid.config.source_text import SourceText

_DEFAULT = configparser.DEFAULTSECT

# Whose sections have settings of ours; the section of another server has names of its own.
_OURS = re.compile(r"(egg:)?(wsgid|wsgid-server|gunicorn)(#.*)?", re.IGNORECASE)

# What names the server to PasteDeploy, which here is known.
_USE = ("use", "paste.server_factory", "paste.server_runner")

_LAST_PORT = 65535
_EVERYWHERE = "0.0.0.0"  # noqa: S104  what these servers mean by a star
_PORT = 8000  # where only a host is given: that of the default of `bind`


# What logging.config.fileConfig needs.
_OF_LOGGING = frozenset({"loggers", "handlers", "formatters"})


def split_spec(spec: str) -> tuple[str, str]:
    """Return the file and the name that FILE#NAME has."""
    file, _, name = spec.removeprefix("config:").partition("#")
    return file, name


def read_server(spec: str, cwd: str) -> Layer:
    """Read the settings of a server: [server:main] of FILE, or [server:NAME] of FILE#NAME, if it is there.

    A file may well have none: then nothing is set, but that the file configures logging, if it does. Raises
    Mistakes.
    """
    shown, name = split_spec(spec)
    path = Path(cwd, shown)
    text = read_source(path, shown=shown)
    found = scan(text)
    parser = _parse(text, path)
    section = _choose(parser.sections(), name)
    layer = (
        Layer(shown, {}, {}, style="text")
        if section is None
        else _Reading(parser, found, text, section).layer()
    )
    headers = dict(found.sections)
    if "logconfig" in layer.values or not headers.keys() >= _OF_LOGGING:
        return layer
    place = Place(headers["loggers"], headers["loggers"])
    return replace(
        layer,
        values={**layer.values, "logconfig": str(path.absolute())},
        places={**layer.places, ("logconfig",): place},
    )


def server_of(file: str, given: Mapping[str, str]) -> str:
    """Return the name of the [server:NAME] that has just these keys; "" where none has. Raises Mistakes."""
    path = Path(file)
    parser = _parse(read_source(path, shown=file), path)
    for section in parser.sections():
        kind, _, name = section.partition(":")
        own = {key.removeprefix("get ").strip() for key in parser[section] if not key.startswith("set ")}
        if kind == "server" and own - set(parser.defaults()) - set(_USE) == set(given):
            return name.strip()
    return ""


class _Parser(configparser.ConfigParser):
    """PasteDeploy's: the case of a key counts."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _parse(text: SourceText, path: Path) -> configparser.ConfigParser:
    general = {"here": path.absolute().parent, "__file__": path.absolute()}
    parser = _Parser(
        {name: str(value).replace("%", "%%") for name, value in general.items()},
        # A key that stands there twice is told with both places.
        strict=False,
    )
    try:
        parser.read_string(text.text, text.name)
    except configparser.MissingSectionHeaderError as error:
        raise _not_ini(text, error.lineno, "a section comes first: [server:main]") from error
    except configparser.ParsingError as error:
        raise _not_ini(text, error.errors[0][0], "write `key = value`") from error
    return parser


def _not_ini(text: SourceText, line: int, note: str) -> Mistakes:
    where = hide_unread(text.whole_line(line), text.lines)
    return Mistakes(
        text.name, [Diagnostic("error", "syntax", "this is not an ini file", (Label(where, note),))]
    )


def _choose(sections: Sequence[str], name: str) -> str | None:
    """Return the section as PasteDeploy would find it; NAME may as well be that of the application alone."""
    plain = "server" if "server" in sections else None
    return _find(sections, name) or _find(sections, "main") or plain


def _find(sections: Sequence[str], name: str) -> str | None:
    for section in sections:
        kind, _, own = section.partition(":")
        if kind == "server" and own.strip() == name:
            return section
    return None


class _Reading:
    """One section of a file being read."""

    def __init__(
        self, parser: configparser.ConfigParser, found: Scan, text: SourceText, section: str
    ) -> None:
        self._parser = parser
        self._text = text
        self._found = found
        self._section = section
        self._values: dict[str, object] = {}
        self._places: dict[KeyPath, Place] = {}
        self._mistakes: list[Diagnostic] = []

    def layer(self) -> Layer:
        entries = self._own_entries(self._section, ())
        use = next((entries.pop(key) for key in _USE if key in entries), None)
        self._note_twice()
        host, port = entries.pop("host", None), entries.pop("port", None)
        if use is not None and not self._is_ours(use):
            listen = entries.pop("listen", None)
            self._leave_out(use, entries)
            entries = {}
            if listen is not None:
                self._listen(listen)
        for key, entry in entries.items():
            self._take(key.lower(), entry)
        if host or port:
            self._bind(host, port)
        return Layer(self._text.name, self._values, self._places, "text", tuple(self._mistakes))

    def _own_entries(self, section: str, seen: tuple[str, ...]) -> dict[str, Entry]:
        """Return what PasteDeploy hands to the server: what `use` names another section for comes first."""
        entries = self._found.of(section)
        general = self._found.of(_DEFAULT)
        own = {}
        for key, entry in entries.items():
            if key.startswith("set "):
                continue
            if key.startswith("get "):
                own[key.removeprefix("get ").strip()] = entry
            elif key in general:
                # PasteDeploy takes it for a change of the general value, which is no setting of the server.
                message = f"`{key}` stands in [DEFAULT], too, and so is none of the server's"
                self._warn(entry, message, "give it in one of the two")
            else:
                own[key] = entry
        base = _find(self._parser.sections(), self._raw(own["use"])) if "use" in own else None
        if base is None:
            return own
        use = own.pop("use")
        if base in (*seen, section):
            self._refuse(use, "invalid-value", "invalid value for `use`", "it leads back to itself")
            return own
        return {**self._own_entries(base, (*seen, section)), **own}

    def _is_ours(self, use: Entry) -> bool:
        return use.key == "use" and _OURS.fullmatch(self._raw(use)) is not None

    def _leave_out(self, use: Entry, entries: Mapping[str, Entry]) -> None:
        if self._raw(use).startswith("config:"):
            message = "the section of another file is not read for the server"
            self._warn(use, message, "write here what it says of the server")
        elif entries:
            names = ", ".join(f"`{name}`" for name in entries)
            note = f"write `egg:wsgid-server#main` to have {names} read"
            self._warn(use, "only addresses are read from a section of another server", note)

    def _note_twice(self) -> None:
        seen: dict[tuple[str, str], Entry] = {}
        for entry in self._found.entries:
            first = seen.setdefault((entry.section, entry.key), entry)
            if first is not entry and entry.section in (self._section, _DEFAULT):
                labels = (
                    Label(_shown(entry, entry.place.key), "a key is given once"),
                    Label(_shown(first, first.place.key), "given here, too"),
                )
                message = f"`{entry.key}` stands in [{entry.section}] twice"
                self._mistakes.append(Diagnostic("error", "duplicate-setting", message, labels))

    def _take(self, name: str, entry: Entry) -> None:
        if name == "config":
            note = "give the file itself with -c"
            self._refuse(entry, "unknown-setting", "`config` is not read here", note)
            return
        value = self._get(entry)
        if value is None:
            return
        option = find_option(name)
        if name in self._values:
            self._refuse(
                entry,
                "duplicate-setting",
                f"`{name}` is given in capital letters, too",
                "leave one of them out",
            )
        elif option is None or option.kind not in ("list", "map"):
            self._values[name] = value
            self._places[name,] = entry.place
        else:
            self._take_list(name, entry, value, at_commas=option.kind == "list")

    def _take_list(self, name: str, entry: Entry, value: str, *, at_commas: bool) -> None:
        """Split at lines and, but for a map's, at commas; a part has a place where it stands in the file."""
        parts = [part for line in value.splitlines() for part in _split(line, at_commas=at_commas)]
        self._values[name] = [text for text, _ in parts]
        self._places[name,] = entry.place
        index = 0
        for where in entry.lines:
            line = where.text[(where.column or 1) - 1 : (where.end or 1) - 1]
            for text, start in _split(line, at_commas=at_commas):
                if index < len(parts) and parts[index][0] == text:
                    column = (where.column or 1) + start
                    there = where._replace(column=column, end=column + len(text))
                    self._places[name, index] = Place(entry.place.key, there)
                index += 1

    def _bind(self, host: Entry | None, port: Entry | None) -> None:
        """Make an address of host and port; a host alone may be several, as in gunicorn."""
        given = host or port
        assert given is not None
        if "bind" in self._values:
            labels = (
                Label(given.place.key, "leave one of them out"),
                Label(self._places["bind",].key, "given here, too"),
            )
            message = f"`{given.key}` is the same setting as `bind`"
            self._mistakes.append(Diagnostic("error", "duplicate-setting", message, labels))
            return
        hosts = self._get(host) if host else "127.0.0.1"
        number = self._get(port) if port else ""
        if hosts is None or number is None:
            return
        if port and not (re.fullmatch("[0-9]{1,5}", number) and int(number) <= _LAST_PORT):
            note = f"expected a number from 0 to {_LAST_PORT}"
            self._refuse(port, "invalid-value", "invalid value for `port`", note)
            return
        addresses = [_address(part.strip(), number) for part in hosts.split(",") if part.strip()]
        self._values["bind"] = addresses
        self._places["bind",] = given.place

    def _listen(self, entry: Entry) -> None:
        """Take waitress's addresses, which it reads as words; a `*` in front is every address."""
        value = self._get(entry)
        if value is not None:
            words = re.split(r"[\s,]+", value.strip())
            self._values["bind"] = [re.sub(r"^\*(?=:)", _EVERYWHERE, word) for word in words]
            self._places["bind",] = entry.place

    def _get(self, entry: Entry) -> str | None:
        """Return a value as PasteDeploy has it; None where %(...)s in it leads nowhere, which is noted."""
        try:
            if entry.key.startswith("get "):
                return self._parser.get(_DEFAULT, self._raw(entry))
            return self._parser.get(entry.section, entry.key)
        except configparser.NoOptionError:
            note = f"there is no `{self._raw(entry)}` in [DEFAULT]"
        except configparser.InterpolationMissingOptionError as error:
            note = f"there is no `{error.reference}`, neither here nor in [DEFAULT]"
        except configparser.InterpolationSyntaxError:
            note = "a percent sign is written %%"
        except configparser.InterpolationDepthError:
            note = "its %(...)s lead back to itself"
        self._refuse(entry, "invalid-value", f"invalid value for `{entry.key}`", note)
        return None

    def _raw(self, entry: Entry) -> str:
        return self._parser.get(entry.section, entry.key, raw=True)

    def _refuse(self, entry: Entry, code: Code, message: str, note: str) -> None:
        where = entry.place.value if code == "invalid-value" else entry.place.key
        label = Label(_shown(entry, where), note)
        self._mistakes.append(Diagnostic("error", code, message, (label,)))

    def _warn(self, entry: Entry, message: str, note: str) -> None:
        label = Label(_shown(entry, entry.place.value), note)
        self._mistakes.append(Diagnostic("warning", "conflict", message, (label,)))


def _shown(entry: Entry, where: Where) -> Where:
    # There is no layer yet that would hide what may be secret.
    return hide(where, entry.place.value.column or 1) if sounds_secret(entry.key.lower()) else where


def _split(line: str, *, at_commas: bool) -> Iterator[tuple[str, int]]:
    """Yield each part and where it begins."""
    for match in re.finditer(r"[^,]+" if at_commas else r".+", line):
        part = match[0].strip()
        if part:
            yield part, match.start() + len(match[0]) - len(match[0].lstrip())


def _address(host: str, port: str) -> str:
    if host.startswith(("unix:", "fd:", "systemd:")):
        return host
    if ":" in host and not host.startswith("["):
        # IPv6; PasteDeploy's servers have it without brackets, for the port is another key.
        host = f"[{host}]"
    if host in ("*", "0"):
        host = _EVERYWHERE
    return f"{host}:{port or _PORT}"
