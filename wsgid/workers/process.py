"""The life of a worker process, the same for all kinds: settle in, load the application, serve, leave."""

# Rule 1: nothing runs inside a signal handler but the last words (SIGABRT), and the look at an event loop
#         that may stand. A handler that does nothing and a wakeup descriptor turn signals into something to
#         read.
# Rule 2: until the application is loaded, signals have their default effect: code that hangs at import can
# be ended.

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import socket
from typing import TYPE_CHECKING

from wsgid.daemon.title import set_title
from wsgid.errors import ApplicationError, ConfigurationError, ExitCode
from wsgid.workers.boot import Settled, load, make_tls, settle_in
from wsgid.workers.context import WorkerContext
from wsgid.workers.migrations import tell_pending_migrations
from wsgid.workers.moments import Moments
from wsgid.workers.records import compose
from wsgid.workers.server import renew, speaks_wsgi
from wsgid.workers.stacks import format_stacks

if TYPE_CHECKING:
    from types import FrameType

    from wsgid.log.error import ErrorLog
    from wsgid.workers.imported import Imported
    from wsgid.workers.start import Start, WorkerStart

# What the arbiter understands (arbiter/arbiter.py).
READY = b"ready"
WORN = b"worn"
FAILED = b"failed "
# What a worker understands, with the descriptors of the error log and of the access log, if there is one.
LOGS = b"logs"

# The system's: eventlet's waits, and a signal may come where nobody may.
_write = os.write

# A message to the arbiter is one datagram; a traceback may be long.
MESSAGE_BOUND = 32 * 1024

# To write the stacks of all threads: to the error log, and to where the arbiter reads them.
LOG_STACKS = signal.SIGRTMIN
SHOW_STACKS = signal.SIGRTMIN + 1

LISTENED_TO: tuple[int, ...] = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    LOG_STACKS,
    SHOW_STACKS,
)
IGNORED: tuple[int, ...] = (
    signal.SIGHUP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGUSR2,
    signal.SIGWINCH,
    signal.SIGPIPE,
)


def run(start: WorkerStart, settled: Settled | None = None) -> int:
    """Live the life of a worker; gives the exit status.

    `settled` is given where a template has settled in already: it has loaded the application, too.
    """
    row = start.scoreboard.row(start.slot)
    row.claim(os.getpid(), start.generation)
    last_words = settle_signals(start.error_log)
    try:
        set_title("worker", start.settings.proc_name)
        if settled is None:
            settled = settle_in(start, last_words.note_imports)
        else:
            renew(start.settings.worker_class)
        last_words.imported = settled.imported
        moments = Moments(settled.hooks, start.server_view, start.worker_view)
        moments.post_fork()
        app = load(start)
        moments.post_worker_init()
        tls = make_tls(start, settled.server, moments)
        # logging.config switches off every logger that it is not told of, unless it is told not to.
        start.error_log.logger.disabled = False
    except (ApplicationError, ConfigurationError) as error:
        give_up(start.channel, error, last_words)
        return ExitCode.APPLICATION

    last_words.moments = moments
    inbox = _Inbox(start, moments)
    access_log, imported = settled.access_log, settled.imported
    if imported is not None:
        imported.tell()
    context = WorkerContext(
        settings=start.settings,
        listeners=start.listeners,
        tls=tls,
        app=moments.around(app) if speaks_wsgi(start.settings.worker_class) else app,
        log=start.error_log.logger,
        before_request=moments.before_request(),
        record=compose(
            (
                None if access_log is None else access_log.write,
                None if start.statsd is None else start.statsd.record,
                moments.post_request(),
            )
        ),
        scoreboard=start.scoreboard,
        row=row,
        handover=start.handover,
        wake=inbox.descriptors,
        on_wake=inbox.read,
        hear=inbox.open,
        announce_worn=lambda: tell(start.channel, WORN),
        on_beat=_nothing if imported is None else imported.tick,
    )
    inbox.context = context
    last_words.context = context
    try:
        server = settled.server(context)
    except ApplicationError as error:  # what it is told of its start, it may refuse
        give_up(start.channel, error, last_words)
        return ExitCode.APPLICATION
    inbox.open()
    tell(start.channel, READY)
    if start.is_first and start.settings.django is not None:
        tell_pending_migrations(start.error_log.logger)
    server.serve()
    moments.worker_exit()
    return ExitCode.OK


def _nothing() -> None:
    pass


def settle_signals(error_log: ErrorLog) -> LastWords:
    """Have signals do what they are to do while the application is loaded: end us, or nothing."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    for number in LISTENED_TO:
        signal.signal(number, signal.SIG_DFL)
    # Until there are ears for these: they are to end nobody.
    signal.signal(LOG_STACKS, signal.SIG_IGN)
    signal.signal(SHOW_STACKS, signal.SIG_IGN)
    return LastWords(error_log)


def be_deaf() -> None:
    """Be ended by the arbiter alone, last: whoever ends all of us at once means it and the workers."""
    for number in LISTENED_TO:
        signal.signal(number, signal.SIG_IGN)


def heed_ends() -> None:
    """Be ended by a signal again, in a worker that a deaf process has forked; before it hears of any."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def give_up(channel: socket.socket, error: Exception, last_words: LastWords) -> None:
    """Say why the application cannot be loaded."""
    if last_words.imported is not None:
        last_words.imported.tell(error)
    tell(channel, FAILED + str(error).encode("utf-8", "backslashreplace")[:MESSAGE_BOUND])


def tell(channel: socket.socket, message: bytes) -> None:
    """Send to the arbiter; if it is gone, the channel's end will tell."""
    with contextlib.suppress(OSError):
        channel.send(message)


def adopt_logs(start: Start, descriptors: list[int]) -> None:
    """Write to the logs as the arbiter has opened them anew (SIGUSR1)."""
    for log, descriptor in zip((start.error_log, start.access_log), descriptors, strict=False):
        assert log is not None
        log.adopt(descriptor)


class _Inbox:
    """What reaches a worker from outside: signals, and the end of the arbiter."""

    def __init__(self, start: WorkerStart, moments: Moments) -> None:
        self._start = start
        self._moments = moments
        self._receive, self._send = socket.socketpair()
        self._receive.setblocking(False)
        self._send.setblocking(False)
        start.channel.setblocking(False)
        self.descriptors = {self._receive.fileno(), start.channel.fileno()}
        self.context: WorkerContext | None = None

    def open(self) -> None:
        """Listen to signals from here on."""
        signal.set_wakeup_fd(self._send.fileno(), warn_on_full_buffer=False)
        for number in LISTENED_TO:
            signal.signal(number, _note)
        assert self.context is not None
        if self.context.stacks is not format_stacks:
            # One loop serves all: it would look when it turns, and is asked when it does not.
            for number in (LOG_STACKS, SHOW_STACKS):
                signal.signal(number, self._look)

    def _look(self, number: int, _: FrameType | None) -> None:
        """Write the stacks, on top of whatever runs."""
        assert self.context is not None
        stacks = self.context.stacks()
        if number == LOG_STACKS:
            self._start.error_log.write(stacks)
        else:
            with contextlib.suppress(OSError):
                _write(self._start.stacks, stacks.encode("utf-8", "backslashreplace"))

    def read(self) -> None:
        """Act on what came; called by whichever thread is free, one at a time."""
        context = self.context
        assert context is not None
        try:
            numbers = self._receive.recv(4096)
        except BlockingIOError:
            numbers = b""
        if signal.SIGINT in numbers or signal.SIGQUIT in numbers:
            # At once: what the application holds is its own affair, as with any process that is ended.
            self._moments.worker_int()
            self._moments.worker_exit()
            os._exit(ExitCode.OK)
        if signal.SIGUSR1 in numbers:
            self._reopen()
        if signal.SIGTERM in numbers:
            context.retiring = True
        if context.stacks is format_stacks:
            for number in (LOG_STACKS, SHOW_STACKS):
                if number in numbers:
                    self._look(number, None)
        channel = self._start.channel
        if channel.fileno() in self.descriptors:
            with contextlib.suppress(BlockingIOError):
                word, descriptors, _, _ = socket.recv_fds(channel, 64, 2)
                if word == LOGS:
                    adopt_logs(self._start, descriptors)
                elif not word:
                    self.descriptors.discard(channel.fileno())
                    context.orphaned = context.retiring = True
                    context.log.warning("the arbiter is gone: this worker finishes what it has and leaves")

    def _reopen(self) -> None:
        for log in (self._start.error_log, self._start.access_log):
            if log is not None:
                try:
                    log.reopen()
                except OSError as error:
                    self._start.error_log.logger.error(  # noqa: TRY400 - no error of ours, so no traceback
                        "a log cannot be opened anew, the old one is kept: %s", error
                    )


def _note(_: int, __: FrameType | None) -> None:
    """Do nothing: the wakeup descriptor has been written."""


class LastWords:
    """Has SIGABRT write the stack of every thread to the error log, call the hook, and end the process.

    faulthandler comes on top: it writes, puts the handler below back and raises the signal again. So the
    handler is set once, and finds the hooks here when there are some.
    """

    def __init__(self, error_log: ErrorLog) -> None:
        self._log = error_log
        self.moments: Moments | None = None
        self.context: WorkerContext | None = None
        self.imported: Imported | None = None
        signal.signal(signal.SIGABRT, self._die)
        faulthandler.enable(error_log.fileno(), all_threads=True)

    def note_imports(self, imported: Imported) -> None:
        """Tell the reloader, too, before the end: a module that hangs at its import is to be mended."""
        self.imported = imported

    def _die(self, _: int, __: FrameType | None) -> None:
        try:
            if self.imported is not None:
                self.imported.tell(may_wait=False)
            if self.context is not None and self.context.stacks is not format_stacks:
                self._log.write(self.context.stacks())  # what faulthandler cannot see: it knows threads alone
            if self.moments is not None:
                self.moments.worker_abort()
        finally:
            os._exit(128 + signal.SIGABRT)
