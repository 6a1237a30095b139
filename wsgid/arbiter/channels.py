"""The arbiter's ends of the socket pairs on which workers and templates speak to it, one pair each.

A worker learns from the end of its channel that the arbiter is dead. So no child may keep an end of ours:
`close_in_child` is for that.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgid.arbiter.loop import Loop

# The longest word is the reason why an application does not boot, with its traceback.
_LONGEST: Final = 128 * 1024

# A worker has three words to say in its life.
_MOST: Final = 16


class Channels:
    """Who may speak to us, by pid; the arbiter is its only user.

    A worker that a template was asked for has no pid yet: until then it has a number below zero.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop: Final = loop
        self._by_pid: Final[dict[int, socket.socket]] = {}
        self._pids: Final[dict[int, int]] = {}  # by descriptor

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Make both ends for a worker to be: ours, and the one that it inherits. Raises OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        return ours, theirs

    def add(self, pid: int, ours: socket.socket) -> None:
        """Listen to this worker."""
        self._by_pid[pid] = ours
        self._pids[ours.fileno()] = pid
        self._loop.watch(ours.fileno())

    def expect(self, ours: socket.socket) -> int:
        """Listen to what is said of a worker that is not born yet; gives its number."""
        number = -ours.fileno()
        self.add(number, ours)
        return number

    def name(self, number: int, pid: int) -> None:
        """Know a worker by its pid from now on."""
        channel = self._by_pid.pop(number)
        self._by_pid[pid] = channel
        self._pids[channel.fileno()] = pid

    def __contains__(self, pid: int) -> bool:
        return pid in self._by_pid

    def pid_of(self, fd: int) -> int | None:
        return self._pids.get(fd)

    def hear(self, pid: int, most: int = _MOST) -> list[bytes]:
        """Return what the worker has said since; the rest of it next time, if it will not stop talking."""
        words: list[bytes] = []
        while (channel := self._by_pid.get(pid)) is not None and len(words) < most:
            try:
                word = channel.recv(_LONGEST)
            except BlockingIOError:
                break
            except OSError:
                word = b""  # reset: it died with something unread
            if not word:
                self.drop(pid)
                break
            words.append(word)
        return words

    def give(self, pid: int, word: bytes, descriptors: list[int]) -> bool:
        """Send a worker a word with descriptors (SCM_RIGHTS, unix(7)); say whether it will get them."""
        channel = self._by_pid.get(pid)
        if channel is None:
            return False
        try:
            socket.send_fds(channel, [word], descriptors)
        except OSError:
            return False  # it is dead, or has not listened for long
        return True

    def drop(self, pid: int) -> None:
        """Listen to this worker no more."""
        channel = self._by_pid.pop(pid, None)
        if channel is not None:
            del self._pids[channel.fileno()]
            self._loop.forget(channel.fileno())
            channel.close()

    def close(self) -> None:
        """Listen to nobody; workers that still live take it for our death, and leave."""
        for pid in tuple(self._by_pid):
            self.drop(pid)

    def close_in_child(self) -> None:
        """Keep no end of the parent's; the loop is not ours to change."""
        for channel in self._by_pid.values():
            channel.close()
