"""The control socket: a line of words in, a line of JSON out, for `wsgidctl`.

    status | reload | stop [quick] | workers +N | workers -N | workers =N | stacks | upgrade

Every answer has "ok"; one that is not has "reason". Who may connect may do all this: the socket is its
owner's alone (0600).
"""

# Rule 1: whoever connects may be anybody's broken script: lines and clients are bounded, and nobody is waited
# for.
# Rule 2: nothing here knows what a command does; the arbiter does, and answers when it is done.

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wsgid.net.access import Access
from wsgid.net.address import parse_address
from wsgid.net.listener import close_listener, make_way, open_listener

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from wsgid.arbiter.loop import Loop

_MOST_CLIENTS: Final = 32
_LONGEST_LINE: Final = 256

# To send a line, and to take the answer; one that waits for a reload is given all the time it takes.
_PATIENCE_S: Final = 5.0

# Until clients are let in again, after there was no descriptor for one.
_DEAF_S: Final = 1.0

_COMMAND: Final = re.compile(
    r"(?P<word>status|reload|upgrade|stacks)|(?P<stop>stop)(?: (?P<quick>quick))?"
    r"|workers (?P<number>[-+=]\d{1,5})"
)


class Command(NamedTuple):
    """What a client wants: the word, and what stands behind it."""

    word: str
    argument: str = ""


def parse_command(line: str) -> Command | None:
    """Read a line; None if it is no command."""
    match = _COMMAND.fullmatch(line.strip())
    if match is None:
        return None
    if match["number"]:
        return Command("workers", match["number"])
    return Command(match["word"] or match["stop"], match["quick"] or "")


def number_after(present: int, change: str) -> int:
    """Return how many workers "+2", "-1" or "=4" ask for; never less than one, where there were any."""
    number = int(change[1:])
    return max(
        min(1, present) if change[0] == "-" else 1,
        {"+": present + number, "-": present - number, "=": number}[change[0]],
    )


@dataclass(eq=False, slots=True)
class Client:
    """One connection; it says one thing, and is told one thing."""

    socket: socket.socket
    deadline: float
    heard: bytes = b""
    unsent: bytes = b""
    is_answered: bool = False


@dataclass(slots=True)
class _Waiting:
    """Who waits for which reload."""

    asked: list[Client] = field(default_factory=list)
    """For the next."""
    reading: list[Client] = field(default_factory=list)
    """For the one that is tried."""
    rolling: list[Client] = field(default_factory=list)
    """For the one that has taken over, and replaces the workers one by one."""
    upgrading: list[Client] = field(default_factory=list)
    """For the successor."""


class Control:
    """The socket and its clients; the arbiter is its only user."""

    def __init__(self, path: str | None, loop: Loop) -> None:
        """Listen at `path`, if there is one; raises AddressError."""
        self._loop: Final = loop
        self._listener = (
            open_listener(parse_address(f"unix:{path}"), backlog=_MOST_CLIENTS, access=Access(0o600))
            if path is not None
            else None
        )
        self._clients: Final[dict[int, Client]] = {}
        self._waiting: Final = _Waiting()
        self._later: list[tuple[float, Client, Callable[[], dict[str, Any]]]] = []
        self._hears_again = inf
        """When the listener is watched again; it is watched now where that is never."""
        if self._listener is not None:
            loop.watch(self._listener.socket.fileno())

    # ------------------------------------------------------------------ what comes in

    def hear(self, fd: int, now: float) -> tuple[Client, Command] | None:
        """Take in what a descriptor has to read; gives a command that is complete, and who wants it."""
        if self._listener is not None and fd == self._listener.socket.fileno():
            self._accept(now)
            return None
        client = self._clients.get(fd)
        if client is None:
            return None
        try:
            octets = client.socket.recv(_LONGEST_LINE)
        except BlockingIOError:
            return None
        except OSError:
            octets = b""
        if not octets:
            self._drop(client)  # it has gone; what it asked for goes on
            return None
        if client.is_answered or client.deadline == inf:
            return None
        client.heard += octets
        line, newline, _ = client.heard.partition(b"\n")
        if not newline and len(client.heard) <= _LONGEST_LINE:
            return None
        command = parse_command(line.decode("ascii", "replace")) if newline else None
        if command is None:
            self.refuse(client, "no such command: status, reload, stop, workers, stacks or upgrade")
            return None
        client.deadline = inf
        return client, command

    def _accept(self, now: float) -> None:
        assert self._listener is not None
        try:
            accepted, _ = self._listener.socket.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            # No descriptor (EMFILE, ENFILE). Whoever waits keeps the listener readable: a loop without rest.
            self._loop.forget(self._listener.socket.fileno())
            self._hears_again = now + _DEAF_S
            return
        if len(self._clients) >= _MOST_CLIENTS:
            accepted.close()
            return
        accepted.setblocking(False)
        self._clients[accepted.fileno()] = Client(accepted, now + _PATIENCE_S)
        self._loop.watch(accepted.fileno())

    # ------------------------------------------------------------------ what goes out

    def answer(self, client: Client, **told: Any) -> None:
        """Say that it is done, and what came of it."""
        self._send(client, {"ok": True, **told})

    def refuse(self, client: Client, reason: str, **told: Any) -> None:
        """Say why it was not done."""
        self._send(client, {"ok": False, "reason": reason, **told})

    def answer_at(self, client: Client, at: float, told: Callable[[], dict[str, Any]]) -> None:
        """Answer when it is time, with what there is to say then."""
        self._later.append((at, client, told))

    def _send(self, client: Client, told: dict[str, Any]) -> None:
        client.is_answered = True
        client.unsent = json.dumps(told).encode() + b"\n"
        client.deadline = inf
        self._flush(client)

    def _flush(self, client: Client) -> None:
        try:
            sent = client.socket.send(client.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(client)
            return
        client.unsent = client.unsent[sent:]
        if not client.unsent:
            self._drop(client)

    # ------------------------------------------------------------------ reloads

    def wait_for_reload(self, client: Client) -> None:
        """Let a client wait for the outcome of the reload that is asked for now."""
        self._waiting.asked.append(client)

    def reload_begun(self) -> None:
        self._waiting.reading += self._waiting.asked
        self._waiting.asked.clear()

    def reload_accepted(self) -> None:
        self._waiting.rolling += self._waiting.reading
        self._waiting.reading.clear()

    def reload_done(self, generation: int) -> None:
        """Tell those who waited that only the new generation answers."""
        for client in self._take(self._waiting.rolling):
            self.answer(client, generation=generation)

    def reload_refused(self, reason: str, mistakes: tuple[str, ...], generation: int) -> None:
        """Tell those who waited why nothing has changed."""
        for client in self._take(self._waiting.reading):
            self.refuse(client, reason, mistakes=mistakes, generation=generation)

    def reload_abandoned(self) -> None:
        """Tell all who wait that the server stops."""
        waiting = self._waiting
        for clients in (waiting.asked, waiting.reading, waiting.rolling, waiting.upgrading):
            for client in self._take(clients):
                self.refuse(client, "the server stops")

    # ------------------------------------------------------------------ upgrades

    def wait_for_upgrade(self, client: Client) -> None:
        """Let a client wait until the successor that starts now serves, or does not."""
        self._waiting.upgrading.append(client)

    def upgrade_over(self, reason: str = "", **told: Any) -> None:
        """Tell those who waited."""
        for client in self._take(self._waiting.upgrading):
            if reason:
                self.refuse(client, reason, **told)
            else:
                self.answer(client, **told)

    @property
    def inode(self) -> tuple[int, int] | None:
        """The file that we listen at, if there is one."""
        return None if self._listener is None else self._listener.inode

    def move(self, path: str, former: tuple[int, int] | None) -> None:
        """Be found at another path, in the place of a predecessor's socket; raises AddressError.

        `former` is the file of that one.
        """
        if self._listener is None:
            return
        address = parse_address(f"unix:{path}")
        # Whoever else listens there keeps it. rename(2): there is a socket at the path at any time.
        make_way(address, except_for=former)
        with contextlib.suppress(OSError):  # nothing better could be done than to be found where we are
            os.rename(self._listener.address.path, path)  # noqa: PTH104  a path, not a Path
            self._listener = self._listener._replace(address=address)

    def _take(self, clients: list[Client]) -> list[Client]:
        taken = [client for client in clients if client.socket.fileno() >= 0]
        clients.clear()
        return taken

    # ------------------------------------------------------------------ time, and the end

    @property
    def deadline(self) -> float:
        """When `tick` is due."""
        return min((self._hears_again, *(at for at, _, _ in self._later)))

    def tick(self, now: float) -> None:
        """Answer what is due, send what was not taken at once, and drop who is late."""
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        for _, client, told in due:
            if client.socket.fileno() >= 0:
                self.answer(client, **told())
        for client in tuple(self._clients.values()):
            if client.unsent:
                self._flush(client)
                client.deadline = min(client.deadline, now + _PATIENCE_S)
            if now > client.deadline:
                self._drop(client)
        if self._listener is not None and now >= self._hears_again:
            self._hears_again = inf
            self._loop.watch(self._listener.socket.fileno())

    def _drop(self, client: Client) -> None:
        fd = client.socket.fileno()
        if self._clients.pop(fd, None) is not None:
            self._loop.forget(fd)
            client.socket.close()

    def close(self) -> None:
        """Take the path away, and let go of all."""
        self.reload_abandoned()
        for client in tuple(self._clients.values()):
            self._drop(client)
        if self._listener is not None:
            if self._hears_again == inf:
                self._loop.forget(self._listener.socket.fileno())
            close_listener(self._listener)

    def close_in_child(self) -> None:
        """Keep nothing of the parent's; the loop and the path are not ours to change."""
        for client in self._clients.values():
            client.socket.close()
        if self._listener is not None:
            self._listener.socket.close()
