"""What a successor knows of the arbiter that has started it (SIGUSR2): one process, and a pair of sockets.

We tell it how our start went, and it tells us when its place is ours. Its end is the end of the pair.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from wsgid.arbiter.upgrade import VARIABLE
from wsgid.daemon.daemonize import Teller

if TYPE_CHECKING:
    from collections.abc import MutableMapping

# By them a predecessor says that systemd listens to the successor from now on, and that what has one place
# only, pidfile and control socket, is the successor's.
SPEAK: Final = b"s"
YOURS: Final = b"y"


class Word(Enum):
    """What can be heard of a predecessor."""

    SPEAK = SPEAK
    YOURS = YOURS
    GONE = b""


class Predecessor:
    """The arbiter before us; the arbiter is its only user."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what no predecessor has written for us."""
        told: Any = json.loads(text)
        try:
            if told["for"] != os.getpid() or not stat.S_ISSOCK(os.fstat(told["fd"]).st_mode):
                raise ValueError("it is for another process")
            self.pid: Final = int(told["pid"])
            self.inodes: Final = {
                str(name): (int(device), int(number)) for name, (device, number) in told["inodes"].items()
            }
            """Of the paths of Unix sockets that it passes on, by the names of these."""
            control = told["control"]
            self.control: Final = None if control is None else (int(control[0]), int(control[1]))
            """The file of its control socket."""
        except (LookupError, TypeError, OSError, AttributeError) as error:
            raise ValueError(str(error)) from error
        self._socket: Final = socket.socket(fileno=told["fd"])
        self.variables: Final = {VARIABLE: text}
        """For this process, if it becomes another Python yet (`virtualenv`)."""
        self.teller: Final = Teller(os.dup(self._socket.fileno()))
        """Tells it, once, how our start went."""

    @classmethod
    def take(cls, environ: MutableMapping[str, str]) -> Predecessor | None:
        """Return who has started us to follow it, if somebody has; no child of ours will find a trace."""
        text = environ.pop(VARIABLE, "")
        with contextlib.suppress(ValueError):
            return cls(text) if text else None
        return None

    def settle(self) -> None:
        """Be in the interpreter that serves: no program that is started inherits the pair."""
        self._socket.set_inheritable(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def hear(self) -> list[Word]:
        """Return what it has said since; does not wait."""
        words: list[Word] = []
        while Word.GONE not in words:
            try:
                octets = self._socket.recv(1, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                octets = b""  # reset: it died with something unread
            words += [word for word in Word if word.value == octets]
        return words

    def last_word(self) -> None:
        """Say that we listen once more, and then leave; not where a failed start is yet to be told."""
        if self.teller.has_told:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def close_in_child(self) -> None:
        """Keep no end of ours: its end is to be ours."""
        self.teller.close()
        self._socket.close()

    def close(self) -> None:
        """Listen to it no more."""
        self._socket.close()


def beside(path: str | None, predecessor: Predecessor | None) -> str | None:
    """Return where a file is as long as a predecessor has its place."""
    return path if path is None or predecessor is None else f"{path}.2"
