"""What the arbiter gives to a process that it starts."""

import socket
from dataclasses import dataclass

from wsgid.config.settings import Settings
from wsgid.daemon.identity import Identity
from wsgid.hooks import ServerView, WorkerView
from wsgid.log.access import AccessLog
from wsgid.log.error import ErrorLog
from wsgid.log.syslog import Syslog
from wsgid.metrics.scoreboard import Scoreboard
from wsgid.metrics.statsd import Statsd
from wsgid.net.listener import Listener
from wsgid.net.pem import PemFiles
from wsgid.wsgi.exchange import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is wanted wherever an application is loaded."""

    settings: Settings
    # A callable, where the server is embedded (wsgid.serve); else the settings name it.
    app: Application | None
    generation: int
    # The process's end of its pair with the arbiter.
    channel: socket.socket
    # Both ends of the pair on which connections travel between workers.
    handover: tuple[socket.socket, socket.socket] | None
    scoreboard: Scoreboard
    error_log: ErrorLog
    # Where the error log goes too.
    syslog: Syslog | None
    access_log: AccessLog | None
    statsd: Statsd | None
    # What is needed to speak TLS; None: clients speak plain HTTP.
    pem_files: PemFiles | None
    # Whom to become, before anything of the application's runs.
    identity: Identity | None
    # What hooks are given.
    server_view: ServerView
    # Where to tell which files have been imported; None without `reload`.
    reports: socket.socket | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStart(Start):
    """What a new worker has besides."""

    listeners: tuple[Listener, ...]
    slot: int
    worker_view: WorkerView
    # Where the stacks are written when the arbiter wants to see them (memfd_create(2)).
    stacks: int
    # Whether no worker of its generation was born before it: it tells what is to be told once.
    is_first: bool
