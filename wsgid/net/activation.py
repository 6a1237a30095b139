"""Sockets that somebody else has opened: systemd's socket units (sd_listen_fds(3)), or whoever starts us.

They are the same before the server, across its reloads and after it: what waits in their queues is served by
whoever comes next. So nothing here binds, sets modes or takes paths away.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import socket
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.errors import ConfigurationError
from wsgid.net.address import FD, SYSTEMD, Address
from wsgid.net.listener import Listener

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, MutableMapping, Sequence

# sd_listen_fds(3): SD_LISTEN_FDS_START.
_FIRST: Final = 3
# More than any socket unit has; a number beyond it is a mistake, and is not to be counted up to.
_MOST: Final = 65536
_VARIABLES: Final = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID")
# What sd_listen_fds_with_names(3) calls a socket that was passed without a name.
_UNNAMED: Final = "unknown"
_ALL: Final = "*"
# How a server calls listeners of its own, so that it knows them again: in LISTEN_FDNAMES, which have no
# colon, and as FDNAME= (sd_pid_notify_with_fds(3)).
_OWN: Final = re.compile(r"wsgid-[1-9][0-9]{0,4}")
# A descriptor that nobody announced, and that stands between those that are: `fd://N` alone names it.
PLACEHOLDER: Final = "wsgid-fd"


class Passed(NamedTuple):
    """A descriptor that was passed; `name` is FileDescriptorName= of its socket unit, else the unit's."""

    number: int
    name: str


class Mistake(NamedTuple):
    """What `bind` and the passed sockets have against each other; `item` is the index of an address in it."""

    item: int | None
    text: str
    note: str


def is_own(name: str) -> bool:
    """Say whether it is a server of ours who calls a descriptor so, and not a socket unit."""
    return name == PLACEHOLDER or _OWN.fullmatch(name) is not None


def choose(bind: Sequence[str], passed: Sequence[Passed]) -> dict[int, int]:
    """Return the numbers of the descriptors that `bind` asks for, each with the index of the address."""
    chosen: dict[int, int] = {}
    for index, text in enumerate(bind):
        if text.startswith(FD):
            chosen.setdefault(int(text.removeprefix(FD)), index)
        elif text.startswith(SYSTEMD):
            name = text.removeprefix(SYSTEMD)
            for one in passed:
                if name in (_ALL, one.name):
                    chosen.setdefault(one.number, index)
    return chosen


def unknown_names(bind: Sequence[str], passed: Sequence[Passed]) -> Iterator[Mistake]:
    """Yield the names in `bind` that none of the sockets has."""
    names = list(dict.fromkeys(one.name for one in passed))
    for index, text in enumerate(bind):
        name = text.removeprefix(SYSTEMD)
        if name in (text, _ALL) or name in names:
            continue
        near = difflib.get_close_matches(name, names, n=1)
        note = f"did you mean `{SYSTEMD}{near[0]}`?" if near else f"passed: {', '.join(names)}"
        yield Mistake(index, f"no socket with the name `{name}` was passed", note)


class PassedSockets:
    """What was passed to this process, until its end: the one owner of these sockets."""

    def __init__(self, environ: MutableMapping[str, str], pid: int | None = None) -> None:
        """Take the variables out of `environ`: what is passed to us is not passed to our children.

        `pid` is ours. Raises ConfigurationError for variables that nobody can have meant.
        """
        values = {name: environ.pop(name, "") for name in _VARIABLES}
        announced = _read(values, os.getpid() if pid is None else pid)
        self.passed: Final = tuple(one for one in announced if not is_own(one.name))
        self.own: Final = tuple(one for one in announced if _OWN.fullmatch(one.name))
        """Listeners of a former self, who was replaced (SIGUSR2), or has had systemd keep them."""
        self.why_none: Final = "" if self.passed else _why_none(values)
        """Why there are none, for a person who expected some."""
        self._listeners: Final[dict[int, Listener]] = {}
        self._is_sealed = False
        for one in announced:
            with contextlib.suppress(OSError):  # `adopt` tells of one that is not open
                os.set_inheritable(one.number, False)

    def mistakes(self, bind: Sequence[str]) -> list[Mistake]:
        """Adopt what `bind` asks for, and return what is wrong with it: all of it, and what it leaves out."""
        chosen = choose(bind, self.passed)
        found = list(unknown_names(bind, self.passed)) if self.passed else []
        for number, index in chosen.items():
            try:
                self._adopt(number)
            except ValueError as error:
                found.append(Mistake(index, f"the passed socket {self._shown(number)} {error}", ""))
        for one in self.passed:
            if one.number not in chosen:
                with contextlib.suppress(ValueError):  # it is one mistake that nobody uses it
                    self._adopt(one.number)
                note = (
                    f"add `{SYSTEMD}{one.name}`, or `{SYSTEMD}*` for all; without `bind` all are used. "
                    "Or stop the socket unit"
                )
                found.append(
                    Mistake(None, f"the passed socket {self._shown(one.number)} is not in `bind`", note)
                )
        return found

    def seal(self) -> None:
        """From now on adopt only what was announced: any other descriptor may be one of our own."""
        self._is_sealed = True

    def listeners(self, bind: Sequence[str]) -> dict[str, Listener]:
        """Return those that `bind` asks for, in which `mistakes` has found none, as `fd://N`."""
        return {f"{FD}{number}": self._listeners[number] for number in choose(bind, self.passed)}

    def index(self, bind: Sequence[str], listener: Listener) -> int | None:
        """Return the index of the address in `bind` that asks for a listener of ours."""
        number = next((one for one, ours in self._listeners.items() if ours is listener), -1)
        return choose(bind, self.passed).get(number)

    def close(self, except_for: Collection[int] = ()) -> None:
        """Close our copies, but those of the listeners with these ids; the sockets live on elsewhere."""
        for listener in self._listeners.values():
            if id(listener) not in except_for:
                listener.socket.close()

    def adopted(self) -> dict[int, tuple[str, Listener]]:
        """Return each descriptor that we have adopted, with what a successor is to call it."""
        names = {one.number: one.name for one in self.passed}
        return {
            number: (names.get(number, PLACEHOLDER), listener) for number, listener in self._listeners.items()
        }

    def _shown(self, number: int) -> str:
        """Return how a person knows it: by its name, by its address."""
        name = next((f"`{one.name}`" for one in self.passed if one.number == number), f"{FD}{number}")
        listener = self._listeners.get(number)
        return f"{name} ({listener.address if listener else f'descriptor {number}'})"

    def _adopt(self, number: int) -> Listener:
        if number in self._listeners:
            return self._listeners[number]
        passed = next((one for one in self.passed if one.number == number), None)
        if passed is None and self._is_sealed:
            raise ValueError("was not adopted at the start: only a restart can")
        name = f"{SYSTEMD}{passed.name}" if passed is not None else f"{FD}{number}"
        listener = self._listeners[number] = adopt(number, name)
        return listener


def adopt(number: int, name: str) -> Listener:
    """Make a listener of a descriptor; raises ValueError that says, after its name, what it is instead."""
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        raise ValueError("is not open") from None
    if not stat.S_ISSOCK(mode):
        raise ValueError("is no socket")
    sock = socket.socket(fileno=number)
    try:
        _check(sock)
        sock.set_inheritable(False)
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            # Accepted sockets inherit it: an answer in two sends must not wait for the client's ACK.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except ValueError:
        sock.detach()  # it is not ours
        raise
    if sock.family == socket.AF_UNIX:
        return Listener(sock, Address(socket.AF_UNIX, path=_path(sock)), "localhost", "80", passed_as=name)
    host, port = sock.getsockname()[:2]
    return Listener(sock, Address(sock.family, host, port), host, str(port), passed_as=name)


def _check(sock: socket.socket) -> None:
    if sock.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        raise ValueError("is neither TCP nor Unix")
    if sock.type != socket.SOCK_STREAM:
        raise ValueError("is no stream: its socket unit wants ListenStream=")
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise ValueError("does not listen: a socket unit with Accept=yes passes connections; leave that out")


def _path(sock: socket.socket) -> str:
    name = sock.getsockname()
    if isinstance(name, bytes):  # an abstract one begins with NUL (unix(7))
        return os.fsdecode(b"@" + name[1:]) if name else ""
    return str(name)


def _read(values: dict[str, str], pid: int) -> tuple[Passed, ...]:
    if values["LISTEN_PID"] != str(pid) or not values["LISTEN_FDS"]:
        return ()
    text = values["LISTEN_FDS"]
    if not (text.isascii() and text.isdecimal()) or int(text) > _MOST:
        raise ConfigurationError(f"environment variable LISTEN_FDS={text}: the number of passed sockets")
    count = int(text)
    names = values["LISTEN_FDNAMES"].split(":") if values["LISTEN_FDNAMES"] else [_UNNAMED] * count
    if len(names) != count:
        message = f"environment variable LISTEN_FDNAMES: {len(names)} names, and {count} passed sockets"
        raise ConfigurationError(f"{message} (LISTEN_FDS)")
    return tuple(Passed(_FIRST + index, name) for index, name in enumerate(names))


def _why_none(values: dict[str, str]) -> str:
    if values["LISTEN_FDS"] not in ("", "0"):
        return (
            f"the sockets were passed to process {values['LISTEN_PID'] or '?'}, which is not this one: "
            "a script between systemd and the server starts it with `exec`"
        )
    return (
        "no sockets were passed; systemd passes those of the socket units that a service has (Sockets=, or "
        "the same name), if they are started before it"
    )
