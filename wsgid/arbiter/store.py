"""What systemd keeps of our own listeners while no process of ours is there (FileDescriptorStoreMax=).

A restart, also after a crash, then finds them as they were, with whoever waits in their queues: they come
back as passed sockets, by the names that they were given here (net/inheritance.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wsgid.daemon.notify import Notifier
    from wsgid.net.listener import Listener


class Store:
    """The descriptors that systemd has from us, by name; the arbiter is its only user."""

    def __init__(self, notifier: Notifier, names: Iterable[str]) -> None:
        """`names` is what systemd, or our predecessor, has passed to us: it is there already."""
        self._notifier: Final = notifier
        self._kept = set(names)

    def has(self, listener: Listener) -> bool:
        """Say whether a listener outlives us."""
        return self._notifier.keeps_descriptors and listener.kept_as in self._kept

    def settle(self, listeners: Iterable[Listener]) -> None:
        """Have systemd keep these, and nothing else of ours."""
        if not self._notifier.keeps_descriptors or self._notifier.is_held:
            return  # in a successor that is not the main process yet, its predecessor sees to it
        wanted = {one.kept_as: one for one in listeners}
        for name in sorted(self._kept - wanted.keys()):
            self._notifier.discard(name)
        for name, listener in wanted.items():
            if name not in self._kept:
                self._notifier.keep(name, listener.socket.fileno())
        self._kept = set(wanted)
