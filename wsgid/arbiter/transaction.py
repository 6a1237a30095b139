"""What is in force, and what is tried in its stead: a reload is a transaction.

Until a worker of the new generation serves, nothing of the former has changed; whatever fails before that
leaves settings, listeners and workers as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wsgid.arbiter.differences import differences, keep_what_must_wait
from wsgid.arbiter.equipment import check_room
from wsgid.arbiter.listening import announcement, compare
from wsgid.arbiter.logs import hand_over, set_error_log
from wsgid.errors import WsgidError
from wsgid.workers.server import TAKES_OVER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wsgid.arbiter.equipment import Equipment
    from wsgid.arbiter.generation import Generation
    from wsgid.arbiter.pool import Worker
    from wsgid.arbiter.template_plan import Template
    from wsgid.config.load import Loaded
    from wsgid.net.activation import PassedSockets
    from wsgid.net.listener import Listener


class Transaction:
    """The configuration in force and the one that is tried; the arbiter is its only user."""

    def __init__(self, loaded: Loaded, sockets: PassedSockets, equipment: Equipment) -> None:
        """`loaded` is what the server has been started with."""
        self._loaded = loaded
        """What is in force."""
        self._proposed = loaded
        """What the candidate has been started with."""
        self._sockets: Final = sockets
        self._equipment: Final = equipment
        self._log: Final = equipment.error_log.logger
        self._generations: Final = equipment.generations

    def tell(self) -> None:
        """Write what there is to say of the first generation; its warnings have been printed."""
        for note in self._loaded.notes:
            self._log.info(note)
        for text, listener in self._generations.current.listeners.items():
            self._tell_of(text, listener)
        for listener in self._generations.left:
            self._log.info("listener left address=%s: bind does not ask for it any more", listener.address)

    def propose(self, new: Loaded) -> int:
        """Open what is new in a configuration that has been read; gives the generation that is to try it.

        Raises WsgidError: it cannot be.
        """
        equipment = self._equipment
        loaded = keep_what_must_wait(self._loaded, new)
        check_room(loaded.settings, equipment.scoreboard)
        compare(loaded, self._sockets)
        candidate = self._generations.propose(loaded.settings)
        self._proposed = loaded
        equipment.births.prepare(loaded.settings.worker_class)
        if equipment.watch is not None:  # it may have died
            equipment.watch.start(equipment.births.undo_in_child)
        self._log.info("reload begun generation=%d", candidate.number)
        for line in (*differences(self._loaded, new), *loaded.notes):
            self._log.info(line)
        for warning in loaded.warnings:
            self._log.warning(warning.concise())
        return candidate.number

    def refuse(self) -> int:
        """Take back what was proposed, if anything was; gives the generation that serves on."""
        self._generations.refuse()
        return self._generations.current.number

    def accept(
        self, holders: Sequence[Worker | Template], place: Callable[[str | None], str | None]
    ) -> Generation:
        """Put in force what was proposed: one of its workers serves. Gives its generation.

        `holders` write to the logs; `place` says where a pidfile is to be.
        """
        equipment = self._equipment
        former = self._generations.current
        generation = self._generations.accept()
        settings = generation.settings
        self._loaded = self._proposed
        equipment.store.settle(self._generations.own_listeners)
        equipment.scoreboard.has_heirs = settings.worker_class in TAKES_OVER
        set_error_log(equipment.error_log, generation)
        hand_over(equipment.error_log, self._generations, holders, equipment.channels)
        try:
            equipment.pidfile.take(place(settings.pidfile))
        except WsgidError as error:  # the former file stays
            self._log.error("%s", error)
        for text, listener in generation.listeners.items():
            if text not in former.listeners:
                self._tell_of(text, listener)
        equipment.moments.take_over(settings, generation.hooks)
        return generation

    def _tell_of(self, text: str, listener: Listener) -> None:
        self._log.info(announcement(self._loaded, self._sockets, text, listener))
