"""What every thread of a worker is doing now, without a death: it writes that into memory which we share.

A worker in an endless loop or in a lock answers too, by a thread that is free; only code in C that never
gives the interpreter's lock back keeps it from that.
"""

from __future__ import annotations

import os
from typing import Final

from wsgid.arbiter.spawn import Order, tell

# A hundred threads of a hundred frames each.
_MOST_OCTETS: Final = 1024 * 1024


class Stacks:
    """A memory file for each worker (memfd_create(2)); the births and the arbiter are its users."""

    def __init__(self) -> None:
        self._by_pid: Final[dict[int, int]] = {}

    def make(self) -> int:
        """Return a descriptor for a worker to be; raises OSError."""
        return os.memfd_create("wsgid-stacks", os.MFD_CLOEXEC)

    def add(self, pid: int, descriptor: int) -> None:
        self._by_pid[pid] = descriptor

    def name(self, number: int, pid: int) -> None:
        """Know a worker by its pid from now on, that had only a number until it was born."""
        self._by_pid[pid] = self._by_pid.pop(number)

    def ask(self, pid: int) -> None:
        """Have a worker write; what it wrote before is gone."""
        descriptor = self._by_pid.get(pid)
        if descriptor is not None:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)  # both of us have the same open file
            tell(pid, Order.SHOW_STACKS)

    def read(self, pid: int) -> str:
        """Return what it wrote; nothing, if it has not yet."""
        descriptor = self._by_pid.get(pid)
        return "" if descriptor is None else os.pread(descriptor, _MOST_OCTETS, 0).decode("utf-8", "replace")

    def drop(self, pid: int) -> None:
        descriptor = self._by_pid.pop(pid, None)
        if descriptor is not None:
            os.close(descriptor)

    def close(self) -> None:
        for pid in tuple(self._by_pid):
            self.drop(pid)
