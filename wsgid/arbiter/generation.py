"""The settings that workers are started with, under a number, and what was opened for them.

A reload tries the next generation, the candidate. What both have is kept, what is new is opened before
anything old is closed; then the candidate takes over, or what was opened for it is closed again.
"""

from __future__ import annotations

import contextlib
import logging
import os
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from wsgid.arbiter.moments import load_hooks
from wsgid.arbiter.sinks import open_access_log, open_statsd, open_syslog
from wsgid.daemon.identity import find_identity, group_number, user_number
from wsgid.errors import AddressError, ConfigurationError
from wsgid.net.access import Access
from wsgid.net.address import is_passed, parse_address
from wsgid.net.closing import end, keep_out
from wsgid.net.listener import Listener, change_access, close_listener, open_listener, take_path_away
from wsgid.net.pem import PemFiles, read_pem_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wsgid.config.settings import Settings
    from wsgid.daemon.identity import Identity
    from wsgid.hooks import Hooks
    from wsgid.log.access import AccessLog
    from wsgid.log.syslog import Syslog
    from wsgid.metrics.statsd import Statsd
    from wsgid.net.activation import PassedSockets
    from wsgid.net.inheritance import Inheritance

_OF_THE_ACCESS_LOG: Final = (
    "accesslog",
    "access_log_format",
    "access_log_skip",
    "syslog",
    "syslog_addr",
    "syslog_prefix",
    "syslog_facility",
)


class Generation(NamedTuple):
    """What all workers of one number have in common."""

    number: int
    settings: Settings
    listeners: dict[str, Listener]
    """By the text of `bind`, in its order; those that were passed as `fd://N`."""
    access_log: AccessLog | None
    syslog: Syslog | None
    """Where the error log goes too."""
    access: Access
    """Who may connect to Unix sockets."""
    hooks: Hooks
    """Those of the arbiter."""
    statsd: Statsd | None
    identity: Identity | None
    """Whom workers become; None: who we are."""
    pem_files: PemFiles | None
    """What is needed to speak TLS; None: clients speak plain HTTP."""


class Generations:
    """The generation that serves and the one that is tried; the arbiter is its only user."""

    def __init__(
        self, settings: Settings, sockets: PassedSockets, inheritance: Inheritance, *, shares: bool
    ) -> None:
        """Open what the first one needs.

        Raises AddressError, ConfigurationError, UnknownHostError: nothing stays open then.

        `sockets` has adopted what the settings name. `inheritance` is what a former self has left, and
        `shares` says that it listens yet.
        """
        self._sockets: Final = sockets
        self._names: Final = count(inheritance.newest + 1)
        self._shared: dict[str, Listener] = {}
        """What another arbiter listens at, too, by `kept_as`: it is not ours to shut, nor are the paths."""
        # Another one's socket is what it is; but for one that only systemd has kept we may bind a new one.
        reuse_port = None if shares else settings.reuse_port
        own = {text: parse_address(text) for text in settings.bind if not is_passed(text)}
        claimed = inheritance.claim(own, reuse_port=reuse_port)
        self.left: Final = inheritance.close(for_good=not shares)
        """What `bind` asks for no more."""
        self.candidate: Generation | None = None
        self._newest = 1
        try:
            self.current = _open(1, settings, None, claimed, sockets, self._names)
            for listener in claimed.values():
                listener.socket.listen(settings.backlog)
                change_access(listener, self.current.access)
        except BaseException:
            for listener in claimed.values():
                listener.socket.close()
            raise
        if shares:
            self.share((*claimed.values(), *self.left))

    def propose(self, settings: Settings) -> Generation:
        """Open what these settings want and the current ones have not; raises as `__init__` does."""
        had = self.current.listeners
        candidate = _open(self._newest + 1, settings, self.current, had, self._sockets, self._names)
        self._newest = candidate.number
        self.candidate = candidate
        if candidate.access != self.current.access:
            try:
                for listener in _kept(candidate, self.current):
                    change_access(listener, candidate.access)
            except AddressError:
                self.refuse()
                raise
        return candidate

    def accept(self) -> Generation:
        """Let the candidate take over, and close what it does not use; return it."""
        assert self.candidate is not None
        former, self.current, self.candidate = self.current, self.candidate, None
        if former.settings.backlog != self.current.settings.backlog:
            for listener in _kept(self.current, former):
                # A second listen(2) changes the length of the queue, and nothing else.
                if not listener.passed_as:
                    listener.socket.listen(self.current.settings.backlog)
        for text, listener in former.listeners.items():
            if text not in self.current.listeners and self._is_ours(listener):
                keep_out(listener, is_stop=False)
        self._close(former, staying=self.current)
        return self.current

    def refuse(self) -> None:
        """Close what was opened for the candidate."""
        if self.candidate is not None:
            if self.candidate.access != self.current.access:
                for listener in _kept(self.candidate, self.current):
                    with contextlib.suppress(AddressError):  # as it was, it was allowed
                        change_access(listener, self.current.access)
            self._close(self.candidate, staying=self.current)
            self.candidate = None

    def find(self, number: int) -> Generation | None:
        """Return one of the two that may have workers started; None for one that is gone."""
        return next((one for one in (self.candidate, self.current) if one and one.number == number), None)

    def get(self, number: int) -> Generation:
        """Return one of the two that may have workers started."""
        if self.candidate is not None and self.candidate.number == number:
            return self.candidate
        assert self.current.number == number
        return self.current

    @property
    def access_logs(self) -> list[AccessLog]:
        """All that are open; usually both generations write to the same."""
        logs = [one.access_log for one in (self.current, self.candidate) if one is not None]
        return list(dict.fromkeys(log for log in logs if log is not None))

    def end_listeners(self, *, is_quick: bool) -> None:
        """Let nobody new in; workers serve those who are in the queues, but when it is to be quick."""
        for listener in self.current.listeners.values():
            if not self._is_ours(listener):
                continue
            if is_quick:
                end(listener)
            else:
                keep_out(listener, is_stop=True)
        self.close_listeners()

    def close_listeners(self) -> None:
        """Close our part of the listeners: the last worker that closes its own then refuses new clients."""
        self.refuse()
        self._close_listeners(self.current.listeners, except_for={})
        self._sockets.close()
        self.current.listeners.clear()

    # ------------------------------------------------------------------ two arbiters

    @property
    def own_listeners(self) -> list[Listener]:
        """Those that nobody has passed to us, but a former self."""
        return [one for one in self.current.listeners.values() if not one.passed_as]

    def share(self, listeners: Iterable[Listener]) -> None:
        """Close no more than our copies of these: another arbiter listens there, too."""
        self._shared |= {one.kept_as: one for one in listeners}

    def end_sharing(self, except_for: Collection[str] = ()) -> None:
        """Have all for ourselves, but what has one of these names; paths are gone where nobody listens."""
        generations = [one for one in (self.current, self.candidate) if one is not None]
        used = {listener.kept_as for one in generations for listener in one.listeners.values()}
        for name in self._shared.keys() - set(except_for):
            listener = self._shared.pop(name)
            if name not in used:
                take_path_away(listener)

    def is_shared(self, listener: Listener) -> bool:
        """Say whether another arbiter listens there, too."""
        return listener.kept_as in self._shared

    def _is_ours(self, listener: Listener) -> bool:
        """Say whether nobody else is to listen there after us."""
        return not listener.passed_as and not self.is_shared(listener)

    # ------------------------------------------------------------------ the end

    def close(self) -> None:
        """Leave nothing open."""
        self.close_listeners()
        if self.current.access_log is not None:
            self.current.access_log.close()

    def _close(self, leaving: Generation, staying: Generation) -> None:
        self._close_listeners(leaving.listeners, except_for=staying.listeners)
        if leaving.access_log is not None and leaving.access_log is not staying.access_log:
            leaving.access_log.close()

    def _close_listeners(self, listeners: Mapping[str, Listener], except_for: Mapping[str, Listener]) -> None:
        for text, listener in listeners.items():
            # What was passed is kept: a later reload may name it again, and nobody would pass it again.
            if text in except_for or listener.passed_as:
                continue
            if self._is_ours(listener):
                close_listener(listener)
            else:
                listener.socket.close()

    def close_in_child(self, number: int) -> None:
        """Close, in a worker of this generation, its copies of listeners that are the other's alone."""
        self._close_in_child(set(map(id, self.get(number).listeners.values())))

    def close_all_in_child(self) -> None:
        """Close all listeners in a child that accepts nobody; their paths are not its to take away."""
        self._close_in_child(set())

    def _close_in_child(self, mine: set[int]) -> None:
        for generation in (self.current, self.candidate):
            for listener in generation.listeners.values() if generation is not None else ():
                if id(listener) not in mine:
                    listener.socket.close()
        self._sockets.close(except_for=mine)


def _open(
    number: int,
    settings: Settings,
    former: Generation | None,
    had: Mapping[str, Listener],
    sockets: PassedSockets,
    names: Iterator[int],
) -> Generation:
    listeners: dict[str, Listener] = {}
    new: list[Listener] = []
    try:
        hooks = load_hooks(settings, logging.getLogger("wsgid.error"))
        statsd = open_statsd(settings)
        identity = find_identity(settings.user, settings.group, initgroups=settings.initgroups)
        pem_files = _pem_files(settings)
        _see_upload_dir(settings.tmp_upload_dir)
        access = _access(settings, identity)
        for text in settings.bind:
            if is_passed(text):
                listeners |= sockets.listeners([text])
            elif text in had:
                listeners[text] = had[text]
            else:
                listener = _listen(text, settings, access)
                listeners[text] = listener._replace(kept_as=f"wsgid-{next(names)}")
                new.append(listener)
        access_log = _access_log(settings, former)
        syslog = open_syslog(settings, "error")
    except BaseException:
        for listener in new:
            close_listener(listener)
        raise
    return Generation(
        number, settings, listeners, access_log, syslog, access, hooks, statsd, identity, pem_files
    )


def _pem_files(settings: Settings) -> PemFiles | None:
    """Read certificate and key anew: that they were renewed is a common reason for a reload."""
    if not settings.certfile:
        return None
    return read_pem_files(settings.certfile, settings.keyfile, settings.ca_certs)


def _see_upload_dir(path: str | None) -> None:
    """Refuse a directory that is not there: every long body would be answered with 503."""
    if path is not None and not os.path.isdir(path):  # noqa: PTH112  False where it is hidden from us
        raise ConfigurationError(f"tmp_upload_dir: there is no directory {path}; make it, or leave it out")


def _listen(text: str, settings: Settings, access: Access) -> Listener:
    return open_listener(
        parse_address(text), backlog=settings.backlog, reuse_port=settings.reuse_port, access=access
    )


def _access(settings: Settings, identity: Identity | None) -> Access:
    """Return who owns Unix sockets: as in gunicorn the user that workers run as, if nobody else is named."""
    user = None if identity is None else identity.uid
    group = None if identity is None else identity.gid
    if settings.socket_user is not None:
        user = user_number("socket_user", settings.socket_user)
    if settings.socket_group is not None:
        group = group_number("socket_group", settings.socket_group)
    return Access(settings.socket_mode, user, group)


def _kept(one: Generation, other: Generation) -> list[Listener]:
    """Return the listeners that two generations share."""
    return [one.listeners[text] for text in one.listeners.keys() & other.listeners.keys()]


def _access_log(settings: Settings, former: Generation | None) -> AccessLog | None:
    """Return the log that these settings ask for: the former one, if it is the same."""
    has_logger = bool(settings.logconfig_dict or settings.logconfig_json or settings.logconfig)
    if not settings.accesslog and not settings.syslog and not has_logger:
        return None
    if former is not None and all(
        getattr(former.settings, name) == getattr(settings, name) for name in _OF_THE_ACCESS_LOG
    ):
        return former.access_log
    return open_access_log(settings)
