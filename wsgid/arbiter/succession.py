"""Two arbiters of one server: the successor that we have started (SIGUSR2), the predecessor that started us.

What gunicorn's administrators do by hand (`upgrade = "manual"`): both serve; whichever is told to stop leaves
the other. With "auto" the predecessor leaves by itself when its successor serves. Either way the listeners
are there at any time, and so is what has one place only: the pidfile, the control socket, systemd's ear. The
successor has its own beside them, and takes the place when the predecessor says so, or is dead.
"""

# Rule 1: what a successor says or does is data: nothing of it ends us, but that it serves (`auto`).
# Rule 2: no path that both listen at is taken away by the one who leaves (generation.py).

from __future__ import annotations

import os
import socket
from math import inf
from typing import TYPE_CHECKING, Final

from wsgid.arbiter.outcome import Refusal
from wsgid.arbiter.predecessor import SPEAK, YOURS, Word, beside
from wsgid.arbiter.successor import Successor
from wsgid.arbiter.upgrade import SERVICE_PID, Legacy, arrange, start_successor
from wsgid.errors import BusyError, WsgidError

if TYPE_CHECKING:
    from wsgid.arbiter.equipment import Equipment
    from wsgid.arbiter.pool import WorkerPool
    from wsgid.arbiter.predecessor import Predecessor
    from wsgid.arbiter.preload import Preload
    from wsgid.arbiter.reload import Source
    from wsgid.arbiter.report import Report
    from wsgid.config.settings import Settings
    from wsgid.net.activation import PassedSockets

_FIRST_PROCESS: Final = 1

# So long a killed process may take to let go of its files.
_LATE_S: Final = 2.0
_AGAIN_S: Final = 0.05


class Succession:
    """The arbiter before and the one after us; the arbiter is its only user. Times are `time.monotonic()`."""

    def __init__(
        self,
        source: Source,
        sockets: PassedSockets,
        equipment: Equipment,
        pool: WorkerPool,
        report: Report,
        preload: Preload,
        predecessor: Predecessor | None,
    ) -> None:
        self._source: Final = source
        self._sockets: Final = sockets
        self._equipment: Final = equipment
        self._log: Final = equipment.error_log.logger
        self._pool: Final = pool
        self._report: Final = report
        self._predecessor = predecessor
        self._has_place = predecessor is None
        """Pidfile and control socket are where the settings say."""
        self._gone_at = inf
        """When a predecessor had left, and its place was not ours yet."""
        self._try_at = inf
        """When that is tried again."""
        self._preload: Final = preload
        self._is_asked = False
        """A successor is to be started."""
        self._successor: Successor | None = None
        self._is_handing = False
        """systemd is to hear of the successor before that does."""
        self._control_inode: Final = None if predecessor is None else predecessor.control
        self._is_service: Final = source.environ.get(SERVICE_PID) == str(os.getpid())
        """systemd has started us, or whom we followed: a signal to us is its word to the service."""
        self._leaves_place = False
        """At our end; until then an administrator finds us there."""
        self.is_done = False
        """We are to leave: another one serves in our stead, and has our place."""
        equipment.births.undo_also(self._close_in_child)
        if predecessor is not None:
            report.hold()
            predecessor.settle()
            equipment.loop.watch(predecessor.fileno())
            self._log.info("successor of pid=%d", predecessor.pid)

    @property
    def deadline(self) -> float:
        """When `tick` is due."""
        if self._is_asked:
            return 0.0 if not self._preload.is_bearing else inf  # a birth wakes us
        return min(self._try_at, inf if self._successor is None else self._successor.deadline)

    @property
    def predecessor(self) -> int | None:
        """The pid of the arbiter before us, as long as it lives."""
        return None if self._predecessor is None else self._predecessor.pid

    @property
    def successor(self) -> int | None:
        """The pid of the arbiter after us, as long as it lives."""
        return None if self._successor is None else self._successor.pid

    @property
    def may_leave(self) -> bool:
        """Whether nobody has to be waited for.

        When the main process of a service has ended, systemd kills what is left of it at once.
        """
        return self._successor is None or not self._successor.is_ending or not self._successor.is_ready

    @property
    def has_heirs(self) -> bool:
        """Whether the other one listens where we do, and will when we have left."""
        return self.is_done or self._leaves_place or not (self._has_place or self._predecessor is None)

    def pidfile(self, path: str | None) -> str | None:
        """Return where ours is, if the settings say `path`."""
        return path if self._has_place else beside(path, self._predecessor)

    # ------------------------------------------------------------------ a successor is asked for

    def begin(self, *, is_serving: bool) -> Refusal | None:
        """Have a successor started; gives the reason if that cannot be."""
        refusal = self._why_not(is_serving=is_serving)
        if refusal is not None:
            self._log.warning("upgrade refused: %s", refusal.reason)
        else:
            self._is_asked = True
        return refusal

    def _why_not(self, *, is_serving: bool) -> Refusal | None:
        if os.getpid() == _FIRST_PROCESS:
            # As pid_namespaces(7) has it; that the predecessor lives on cannot be had.
            return Refusal(
                "this server is process 1, and when that ends the kernel kills all others, a successor too;"
                " start another container, or run the server under an init (docker run --init)"
            )
        if self._is_asked:
            return Refusal("a successor is about to be started")
        if self._successor is not None:
            return Refusal(f"there is a successor, pid={self._successor.pid}; stop it first, or this server")
        if self._predecessor is not None:
            return Refusal(f"the predecessor, pid={self._predecessor.pid}, has not left yet")
        if not is_serving:
            return Refusal("the first workers do not serve yet")
        return None

    def _start_if_quiet(self, now: float) -> None:
        """Start it, unless a template bears a worker just now: both are orphans, and of different parents."""
        if self._preload.is_bearing:
            return
        self._is_asked = False
        try:
            with self._preload.stepping_back():
                self._start(now)
        except OSError as error:
            self._fail(f"no process could be forked: {error}", now)

    def _start(self, now: float) -> None:
        equipment, settings = self._equipment, self._settings
        own = equipment.generations.own_listeners
        legacy = Legacy(arrange(self._sockets.adopted(), own), equipment.control.inode)
        leads_nowhere = settings.daemon and not settings.enable_stdio_inheritance
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                pid = start_successor(
                    self._source,
                    legacy,
                    theirs,
                    equipment.births.undo_in_child,
                    equipment.moments.pre_exec,
                    umask=equipment.former_umask,
                    errors=equipment.error_log.fileno() if leads_nowhere else None,
                )
            except OSError:
                ours.close()
                raise
        equipment.generations.share(own)
        self._successor = Successor(pid, ours, equipment.loop, settings.boot_timeout, now)
        self._log.info("upgrade begun successor=%d", pid)
        self._report.upgrade_begun(self._pool.workers, now)

    # ------------------------------------------------------------------ what happens

    def announce(self) -> None:
        """Tell a predecessor that we serve, and which of its listeners we have."""
        if self._predecessor is not None:
            names = [one.kept_as for one in self._equipment.generations.own_listeners]
            self._predecessor.teller.tell(0, ",".join(names))

    def hear(self, fd: int, now: float) -> bool:
        """Take in what the other one says; says whether it was it."""
        if (successor := self._successor) is not None and successor.hear(fd):
            self._look_at_successor(now)
            if successor.is_gone:
                self._bury(successor, now)
            return True
        if self._predecessor is not None and fd == self._predecessor.fileno():
            self._hear_predecessor(now)
            return True
        return False

    def _look_at_successor(self, now: float) -> None:
        successor = self._successor
        if successor is None or successor.told is None or not successor.is_ready:
            return
        equipment, settings = self._equipment, self._settings
        leaves = settings.upgrade == "auto"
        if not successor.is_announced:
            successor.is_announced = True
            equipment.generations.end_sharing(except_for=successor.told.text.split(","))
            self._log.info(
                "upgrade done successor=%d serves%s",
                successor.pid,
                "" if leaves else f", and so does this server, pid={os.getpid()}, until one is told to stop",
            )
            self._report.upgrade_over(self._pool.workers, now)
            equipment.control.upgrade_over(successor=successor.pid, leaves=leaves)
            if leaves:
                self._make_known(successor)
                self._is_handing = True
                self.tick(now)

    def tick(self, now: float) -> None:
        """See to what waits for its time."""
        if self._is_asked:
            self._start_if_quiet(now)
        successor = self._successor
        if successor is not None:
            if now >= successor.deadline and not successor.is_ending and not successor.is_ready:
                self._log.error(
                    "successor pid=%d has not served within boot_timeout (%g s); it is ended",
                    successor.pid,
                    successor.boot_timeout_s,
                )
            successor.tick(now)
            if self._is_handing and self._report.is_heard:
                self._hand_over(successor)
                self.is_done = True
        if now >= self._try_at:
            self._take_place(now)

    def _bury(self, successor: Successor, now: float) -> None:
        """Draw the consequence of the successor's end."""
        successor.close()
        self._successor = None
        if self.is_done:
            self._log.error("successor gone pid=%d, and this server leaves too", successor.pid)
            return
        self._is_handing = False
        self._equipment.generations.end_sharing()
        if successor.is_ready and successor.is_ending:
            self._log.info("successor gone pid=%d: it was to stop with this server", successor.pid)
        elif successor.is_ready:
            self._log.info("successor gone pid=%d: this server goes on alone", successor.pid)
        else:
            self._fail(_why_failed(successor).removeprefix("wsgid: "), now)

    def _fail(self, reason: str, now: float) -> None:
        self._log.error("upgrade failed, this server serves on: %s", reason)
        self._report.upgrade_over(self._pool.workers, now, reason)
        self._equipment.control.upgrade_over(reason)

    # ------------------------------------------------------------------ places change hands

    def _make_known(self, successor: Successor) -> None:
        """Tell systemd who the server is from now on. What the successor has not taken, it need not keep."""
        generations = self._equipment.generations
        self._equipment.store.settle(one for one in generations.own_listeners if generations.is_shared(one))
        self._report.hand_over(successor.pid)

    def _hand_over(self, successor: Successor) -> None:
        """Give away what only one can have."""
        self._is_handing = False
        self._report.close()
        self._equipment.pidfile.unlock()
        self._equipment.pidfile.leave()
        successor.say(SPEAK)
        successor.say(YOURS)

    def _hear_predecessor(self, now: float) -> None:
        predecessor = self._predecessor
        assert predecessor is not None
        for word in predecessor.hear():
            match word:
                case Word.SPEAK:
                    self._report.take_over(self._pool.workers, now)
                    self._equipment.store.settle(self._equipment.generations.own_listeners)
                case Word.YOURS:
                    self._take_place(now)
                case Word.GONE:
                    self._equipment.loop.forget(predecessor.fileno())
                    predecessor.close()
                    self._predecessor = None
                    if not self._has_place:
                        self._take_place(now)
                    self._log.info("predecessor gone pid=%d: this server goes on alone", predecessor.pid)

    def _take_place(self, now: float) -> None:
        """Have pidfile and control socket where the settings say, and all listeners for ourselves."""
        settings, equipment = self._settings, self._equipment
        equipment.generations.end_sharing()
        try:
            equipment.pidfile.take(settings.pidfile)
            if settings.control_socket is not None:
                equipment.control.move(settings.control_socket, self._control_inode)
        except WsgidError as error:
            if isinstance(error, BusyError) and now < self._gone_at + _LATE_S:
                # Of one that was killed the lock goes a moment after its last word.
                self._gone_at = min(self._gone_at, now)
                self._try_at = now + _AGAIN_S
                return
            self._log.error("%s", error)
        else:
            self._log.info("this server has the place of its predecessor pidfile=%s", settings.pidfile)
        self._gone_at = self._try_at = inf
        self._has_place = True

    # ------------------------------------------------------------------ the end

    def stopping(self, now: float, *, by_signal: bool, is_quick: bool) -> None:
        """The server stops: a successor that nobody else waits for goes with it, any other serves on.

        Unless systemd stops its service: that sends its signal to the main process alone, and means both.
        """
        successor, self._is_asked = self._successor, False
        if successor is None or self.is_done:
            return
        is_for_both = by_signal and self._is_service
        if is_for_both and successor.is_ready:
            self._log.info("successor pid=%d stops, too: the signal is for the service", successor.pid)
            successor.end(now, self._settings.graceful_timeout, is_quick=is_quick)
        elif (is_for_both or self._settings.upgrade == "auto") and not successor.is_ready:
            self._log.info("upgrade given up: the server stops")
            successor.end(now)
            self._equipment.generations.end_sharing()
            self._equipment.control.upgrade_over("the server stops")
        else:
            # Now, for what we would say from here on would be the end of the service.
            self._log.info("successor pid=%d serves on", successor.pid)
            self._make_known(successor)
            self._report.close()
            successor.say(SPEAK)
            self._leaves_place = True

    def hurry(self, now: float) -> None:
        """Have a successor that stops with us do so at once."""
        if not self.may_leave and self._successor is not None:
            self._successor.end(now, is_quick=True)

    def leave(self) -> None:
        """End: pidfile, control socket and paths are the successor's, if one serves on."""
        successor, predecessor = self._successor, self._predecessor
        if predecessor is not None:
            predecessor.last_word()
            self._hear_predecessor(0.0)
        if successor is None:
            return
        if self._leaves_place:
            self._equipment.pidfile.unlock()
            successor.say(YOURS)
            # It may leave just now, as after a Ctrl-C, which comes to both. It says so before it listens for
            # the last time: if it has not said so by now, it will hear us. Else nobody knows: both tidy up.
            successor.listen()
            if successor.is_listening:
                self._equipment.pidfile.leave()
            else:
                self._equipment.generations.end_sharing()
        successor.close()

    def _close_in_child(self) -> None:
        """Keep no end of ours in a child: who listens at the other one is to learn of our death."""
        if self._predecessor is not None:
            self._predecessor.close_in_child()
        if self._successor is not None:
            self._successor.close_in_child()

    @property
    def _settings(self) -> Settings:
        return self._equipment.generations.current.settings


def _why_failed(successor: Successor) -> str:
    if successor.is_late:
        return (
            f"the successor has not served within boot_timeout ({successor.boot_timeout_s:g} s);"
            " does a file of the configuration, or the application, hang?"
        )
    if successor.told is not None and successor.told.text:
        return successor.told.text
    return "the successor ended before it served; standard error may say why"
