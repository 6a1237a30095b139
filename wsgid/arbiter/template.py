"""The template of a generation (preload_app): a process that loads the application, and forks its workers.

It serves nobody and decides nothing. The arbiter asks for a worker by a message that carries all that the
worker needs and the template has not; the worker is born by two forks, so that it is the arbiter's child, as
any other (PR_SET_CHILD_SUBREAPER).
"""

# Rule 1: whatever may change while a template lives comes with the message: listeners above all, which a
#         template must not keep open when a server stops.
# Rule 2: it ends when the arbiter ends it, or is gone; also while it loads an application that hangs.

from __future__ import annotations

import gc
import json
import os
import socket
import threading
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from wsgid.arbiter.spawn import spawn_apart
from wsgid.daemon.prctl import end_with_parent
from wsgid.daemon.title import set_title
from wsgid.errors import ApplicationError, ConfigurationError, ExitCode
from wsgid.hooks import Hooks, WorkerView
from wsgid.workers import process
from wsgid.workers.boot import load, settle_in
from wsgid.workers.start import Start, WorkerStart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wsgid.net.listener import Listener
    from wsgid.workers.boot import Settled
    from wsgid.wsgi.exchange import Application

# What is said on the channel of a worker that is not born yet, before it says anything itself.
BORN: Final = b"born "
UNBORN: Final = b"unborn "

_BIRTH: Final = b"birth "
_MORE: Final = b"more"

# The kernel takes 253 in a message (SCM_MAX_FD, unix(7)).
_MOST_DESCRIPTORS: Final = 250
_LONGEST: Final = 1024

# As it is now: gevent replaces it in `socket`, and the arbiter's channels are none of the application's.
_SOCKET: Final = socket.socket


@dataclass(frozen=True, slots=True)
class Birth:
    """A worker that is wanted of a template; with it go its channel, its stacks and its listeners."""

    slot: int
    age: int
    """How many were started before it: for hooks, as the next."""
    workers: int
    """How many are wanted."""
    is_first: bool
    """Nobody of its generation was born before."""
    descriptors: int
    """How many come with it."""

    def datagrams(self, descriptors: Sequence[int]) -> Iterator[tuple[bytes, list[int]]]:
        """Yield what is to be sent."""
        word = _BIRTH + json.dumps(asdict(self)).encode()
        for start in range(0, len(descriptors), _MOST_DESCRIPTORS):
            yield word, list(descriptors[start : start + _MOST_DESCRIPTORS])
            word = _MORE


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStart(Start):
    """What the arbiter gives to a template."""

    listeners: tuple[Listener, ...]
    """All but their sockets, which are closed here."""
    hooks: Hooks
    """Those of the arbiter: pre_fork is called where the fork is."""


def run(start: TemplateStart) -> int:
    """Live the life of a template; gives the exit status."""
    last_words = process.settle_signals(start.error_log)
    try:
        set_title("template", start.settings.proc_name)
        settled = settle_in(start, last_words.note_imports)
        end_with_parent()
        if os.getppid() != start.server_view.pid:
            return ExitCode.OK
        app = load(start)
        start.error_log.logger.disabled = False  # as in a worker
    except (ApplicationError, ConfigurationError) as error:
        process.give_up(start.channel, error, last_words)
        return ExitCode.APPLICATION
    if settled.imported is not None:
        settled.imported.tell()
    if names := [one.name for one in threading.enumerate() if one is not threading.main_thread()]:
        start.error_log.logger.warning(
            "preload_app: the application has started threads at its import, which no worker will have,"
            " count=%d: %s; start them in the hook post_fork, or at the first request",
            len(names),
            ", ".join(sorted(names)),
        )
    if start.pem_files is not None:
        import_module("wsgid.net.tls")  # with ssl, which each worker would import for itself
    # The collector writes to what it looks at, and what is written to is shared no longer.
    gc.collect()
    gc.freeze()
    process.be_deaf()
    process.tell(start.channel, process.READY)
    _Nursery(start, settled, app).run()
    return ExitCode.OK


class _Nursery:
    """Forks workers as they are asked for."""

    def __init__(self, start: TemplateStart, settled: Settled, app: Application) -> None:
        self._start: Final = start
        self._settled: Final = settled
        self._app: Final = app

    def run(self) -> None:
        """Do what the arbiter says, until it is gone."""
        channel = self._start.channel
        while True:
            try:
                word, descriptors, _, _ = socket.recv_fds(channel, _LONGEST, _MOST_DESCRIPTORS)
            except ConnectionError:
                return  # it died with something of ours unread
            if not word:
                return
            if word == process.LOGS:
                process.adopt_logs(self._start, descriptors)
            elif word.startswith(_BIRTH):
                birth = Birth(**json.loads(word.removeprefix(_BIRTH)))
                while len(descriptors) < birth.descriptors:
                    more = socket.recv_fds(channel, _LONGEST, _MOST_DESCRIPTORS)[1]
                    if not more:
                        return
                    descriptors += more
                self._bear(birth, *descriptors)

    def _bear(self, birth: Birth, channel_fd: int, stacks: int, *listeners: int) -> None:
        """Fork a worker, or say on its channel why not."""
        channel = _SOCKET(fileno=channel_fd)
        start = self._worker_start(birth, channel, stacks, listeners)

        def first_steps() -> None:
            process.heed_ends()  # all signals wait: one that tells it to leave is not to be lost
            self._start.channel.close()

        self._start.hooks.tell("pre_fork", start.server_view, start.worker_view)
        try:
            spawn_apart(
                first_steps,
                lambda: process.run(start, self._settled),
                lambda pid: process.tell(channel, BORN + b"%d" % pid),
            )
        except OSError as error:
            process.tell(channel, UNBORN + str(error).encode())
        os.close(stacks)
        channel.close()
        for listener in start.listeners:
            listener.socket.close()

    def _worker_start(
        self, birth: Birth, channel: socket.socket, stacks: int, listeners: Sequence[int]
    ) -> WorkerStart:
        start = self._start
        server = start.server_view
        server.num_workers = birth.workers
        row = start.scoreboard.row(birth.slot)
        worker = WorkerView(start.settings, start.error_log.logger, birth.age, row.requests)
        worker.ppid = server.pid
        common: dict[str, Any] = {field.name: getattr(start, field.name) for field in fields(Start)}
        return WorkerStart(
            **common
            | {
                "app": self._app,
                "channel": channel,
                "listeners": tuple(
                    listener._replace(socket=_SOCKET(fileno=fd))
                    for listener, fd in zip(start.listeners, listeners, strict=True)
                ),
                "slot": birth.slot,
                "is_first": birth.is_first,
                "worker_view": worker,
                "stacks": stacks,
            }
        )
