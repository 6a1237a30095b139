"""Settings: every setting once, with its type, default, words, flags and what a change of it needs.

The one place that knows them. The command line, the environment's names, the option table, later the
schema and the manual are made from this list; to add a setting is to add an entry here, and to run
`make generated`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from wsgid.config import types as t

# gunicorn's, so that log readers go on reading.
DEFAULT_ACCESS_LOG_FORMAT = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'
# gunicorn's; nginx, Apache, HAProxy and Heroku send one or another of them.
DEFAULT_SECURE_SCHEME_HEADERS = {
    "X-FORWARDED-PROTOCOL": "ssl",
    "X-FORWARDED-PROTO": "https",
    "X-FORWARDED-SSL": "on",
}

# "NAME", or "NAME=WORD" where only that word is not built. What stands here is validated in full; a start
# names it in one warning, or ends with 78 where going on would be another service (`About.is_essential`).
# The tuple shrinks with the project, and ends empty.
NOT_BUILT: tuple[str, ...] = (
    "forwarded_allow_ips",
    "secure_scheme_headers",
    "proc_name",
    "worker_class=gevent",
    "worker_class=eventlet",
    "worker_class=tornado",
    "worker_class=asgi",
    "worker_class=module:Class",
)

Change = Literal["live", "workers", "listeners", "restart"]

ALL_KINDS = ("sync", "gthread", "gevent", "eventlet", "tornado", "asgi")
# DESIGN, "Workers: composition": the poller's promises are those of sync and gthread ...
POLLER_KINDS = ("sync", "gthread")
# ... limits are kept by every kind that has our parser, slow clients by all of these but eventlet.
PARSER_KINDS = ("sync", "gthread", "gevent", "eventlet")
PATIENT_KINDS = ("sync", "gthread", "gevent")


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a setting beside its type and default; stands in its annotation.

    `change` is what a running server needs for a new value, beyond the arbiter itself: "live" nothing.
    `kinds` are the worker classes that honour it. `metavar` is what --help shows for the value.
    `old_flags` are taken, but not shown. `is_essential`: a server that ignored it would be another
    service, or an unsafe one. `is_secret`: messages do not quote its value.
    """

    section: str
    change: Change
    help: str
    flags: tuple[str, ...] = ()
    metavar: str = ""
    kinds: tuple[str, ...] = ALL_KINDS
    aliases: tuple[str, ...] = ()
    old_flags: tuple[str, ...] = ()
    is_essential: bool = False
    is_secret: bool = False


class Settings(BaseModel):
    """All settings of one generation: complete, frozen, unknown names refused.

    Durations are in seconds, sizes in octets. It is shared by fork and never changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Application

    app: Annotated[
        t.AppSpec,
        About(
            section="Application",
            change="workers",
            help="the application: module:variable, or module:factory('x', n=1)",
            metavar="APP_MODULE",
            aliases=("wsgi_app",),
        ),
    ] = None
    chdir: Annotated[
        t.PathOrNone,
        About(
            section="Application",
            change="workers",
            help="directory to enter, and to put on sys.path, before the application is loaded",
            flags=("--chdir",),
            metavar="DIR",
        ),
    ] = None
    pythonpath: Annotated[
        t.Paths,
        About(
            section="Application",
            change="workers",
            help="directories to put on sys.path",
            flags=("--pythonpath",),
            metavar="DIR[,DIR]",
        ),
    ] = ()
    env: Annotated[
        t.Environment,
        About(
            section="Application",
            change="workers",
            help="a variable for the environment of the application; may be repeated",
            flags=("-e", "--env"),
            metavar="NAME=VALUE",
            is_secret=True,  # passwords of databases, keys that sign sessions
        ),
    ] = Field(default_factory=dict)

    # Listening

    bind: Annotated[
        t.Addresses,
        About(
            section="Listening",
            change="listeners",
            help="address to listen at: HOST:PORT, [V6]:PORT, :PORT, unix:PATH, unix:@NAME; may be repeated",
            flags=("-b", "--bind"),
            metavar="ADDRESS",
        ),
    ] = ("127.0.0.1:8000",)
    backlog: Annotated[
        int,
        # listen(2) takes an int; the kernel cuts it to net.core.somaxconn.
        Field(ge=1, le=2**31 - 1),
        t.Expects("an integer"),
        About(
            section="Listening",
            change="listeners",
            help="connections that may wait to be accepted",
            flags=("--backlog",),
            metavar="N",
        ),
    ] = 2048
    reuse_port: Annotated[
        t.Flag,
        About(
            section="Listening",
            change="listeners",
            help="let other servers listen at the same port (SO_REUSEPORT)",
            flags=("--reuse-port",),
        ),
    ] = False

    # Workers

    workers: Annotated[
        t.WorkerCount,
        About(
            section="Workers",
            change="live",
            help='worker processes; "auto" looks at CPUs and memory',
            flags=("-w", "--workers"),
            metavar="N",
        ),
    ] = 1
    worker_class: Annotated[
        t.WorkerClass,
        About(
            section="Workers",
            change="workers",
            help="kind of worker: sync, gthread (or threads), gevent, eventlet, tornado, asgi, module:Class",
            flags=("-k", "--worker-class"),
            metavar="KIND",
            is_essential=True,
        ),
    ] = "sync"
    threads: Annotated[
        int,
        # A row of the scoreboard has a cell for each.
        Field(ge=1, le=256),
        t.Expects("an integer"),
        About(
            section="Workers",
            change="workers",
            help="threads a worker",
            flags=("--threads",),
            metavar="N",
            kinds=POLLER_KINDS,
        ),
    ] = 1
    worker_connections: Annotated[
        int,
        Field(ge=1, le=2**20),
        t.Expects("an integer"),
        About(
            section="Workers",
            change="workers",
            help="open connections a worker",
            flags=("--worker-connections",),
            metavar="N",
        ),
    ] = 1000
    max_requests: Annotated[
        t.Count,
        About(
            section="Workers",
            change="live",
            help="replace a worker after so many requests; 0: never",
            flags=("--max-requests",),
            metavar="N",
        ),
    ] = 0
    max_requests_jitter: Annotated[
        t.Count,
        About(
            section="Workers",
            change="live",
            help="and up to so many more, by chance, so that workers are not replaced together",
            flags=("--max-requests-jitter",),
            metavar="N",
        ),
    ] = 0
    timeout: Annotated[
        t.Seconds,
        About(
            section="Workers",
            change="live",
            help="kill a worker whose application makes no progress for so long; 0: never",
            flags=("-t", "--timeout"),
            metavar="DURATION",
        ),
    ] = 30.0
    graceful_timeout: Annotated[
        t.Seconds,
        About(
            section="Workers",
            change="live",
            help="how long a worker that stops may finish what it has begun",
            flags=("--graceful-timeout",),
            metavar="DURATION",
        ),
    ] = 30.0
    boot_timeout: Annotated[
        t.PositiveSeconds,
        About(
            section="Workers",
            change="live",
            help="how long a new worker may take to load the application",
            flags=("--boot-timeout",),
            metavar="DURATION",
        ),
    ] = 60.0
    keepalive: Annotated[
        t.Seconds,
        About(
            section="Workers",
            change="workers",
            help="how long a connection may be idle between two requests",
            flags=("--keep-alive",),
            metavar="DURATION",
        ),
    ] = 75.0  # above the 60 s of common load balancers; an idle connection costs no thread

    # Limits

    limit_request_line: Annotated[
        t.ByteSize,
        About(
            section="Limits",
            change="workers",
            help="longest request line; 0: only the bound of the whole head",
            flags=("--limit-request-line",),
            metavar="SIZE",
            kinds=PARSER_KINDS,
        ),
    ] = 8190
    limit_request_fields: Annotated[
        int,
        Field(ge=1, le=32_768),
        t.Expects("an integer"),
        About(
            section="Limits",
            change="workers",
            help="most header fields in a request",
            flags=("--limit-request-fields",),
            metavar="N",
            kinds=PARSER_KINDS,
        ),
    ] = 100
    limit_request_field_size: Annotated[
        t.ByteSize,
        About(
            section="Limits",
            change="workers",
            help="longest header field; 0: only the bound of the whole head",
            flags=("--limit-request-field-size",),
            metavar="SIZE",
            kinds=PARSER_KINDS,
            old_flags=("--limit-request-field_size",),  # gunicorn's spelling
        ),
    ] = 8190
    limit_request_body: Annotated[
        t.ByteSize,
        About(
            section="Limits",
            change="workers",
            help="longest request body; 0: any",
            flags=("--limit-request-body",),
            metavar="SIZE",
            kinds=PARSER_KINDS,
        ),
    ] = 2**30
    body_memory: Annotated[
        t.ByteSize,
        About(
            section="Limits",
            change="workers",
            help="a longer request body goes to a temporary file",
            flags=("--body-memory",),
            metavar="SIZE",
            kinds=PATIENT_KINDS,
        ),
    ] = 2**16
    spool_limit: Annotated[
        t.ByteSize,
        About(
            section="Limits",
            change="workers",
            help="most octets in all temporary files of a worker together",
            flags=("--spool-limit",),
            metavar="SIZE",
            kinds=POLLER_KINDS,
        ),
    ] = 2**31
    request_buffering: Annotated[
        t.Flag,
        About(
            section="Limits",
            change="workers",
            help="read a request's body before the application is called",
            flags=("--request-buffering",),
            kinds=POLLER_KINDS,
        ),
    ] = True
    tmp_upload_dir: Annotated[
        t.PathOrNone,
        About(
            section="Limits",
            change="workers",
            help="directory of the temporary files; the system's if not given",
            flags=("--tmp-upload-dir",),
            metavar="DIR",
            kinds=POLLER_KINDS,
        ),
    ] = None
    header_timeout: Annotated[
        t.PositiveSeconds,
        About(
            section="Limits",
            change="workers",
            help="how long the head of a request may take",
            flags=("--header-timeout",),
            metavar="DURATION",
            kinds=PARSER_KINDS,
        ),
    ] = 10.0
    body_timeout: Annotated[
        t.PositiveSeconds,
        About(
            section="Limits",
            change="workers",
            help="how long a client may send nothing of a request's body",
            flags=("--body-timeout",),
            metavar="DURATION",
            kinds=PARSER_KINDS,
        ),
    ] = 30.0
    send_timeout: Annotated[
        t.PositiveSeconds,
        About(
            section="Limits",
            change="workers",
            help="how long a client may take nothing of a response",
            flags=("--send-timeout",),
            metavar="DURATION",
            kinds=PARSER_KINDS,
        ),
    ] = 60.0

    # Proxies

    forwarded_allow_ips: Annotated[
        t.Networks,
        About(
            section="Proxies",
            change="workers",
            help="addresses and networks of proxies that are believed; *: all",
            flags=("--forwarded-allow-ips",),
            metavar="ADDRESS[,ADDRESS]",
            kinds=PARSER_KINDS,
        ),
    ] = ("127.0.0.1", "::1")
    secure_scheme_headers: Annotated[
        t.Headers,
        About(
            section="Proxies",
            change="workers",
            help="headers, and their values, with which a believed proxy says that the client came by https",
            kinds=PARSER_KINDS,
        ),
    ] = Field(default_factory=DEFAULT_SECURE_SCHEME_HEADERS.copy)
    header_map: Annotated[
        Literal["drop", "refuse", "dangerous"],
        t.Expects("one of drop, refuse, dangerous"),
        About(
            section="Proxies",
            change="workers",
            help="header names with an underscore: drop, refuse or (dangerous) pass on",
            flags=("--header-map",),
            metavar="WORD",
            kinds=PARSER_KINDS,
        ),
    ] = "drop"

    # Process

    proc_name: Annotated[
        t.Text,
        About(
            section="Process",
            change="restart",
            help="name of the processes in ps and top",
            flags=("-n", "--name"),
            metavar="NAME",
        ),
    ] = ""

    # Logging

    accesslog: Annotated[
        t.PathOrNone,
        About(
            section="Logging",
            change="live",
            help='access log: a file, or "-" for standard output',
            flags=("--access-logfile",),
            metavar="FILE",
        ),
    ] = None
    access_log_format: Annotated[
        t.Text,
        About(
            section="Logging",
            change="workers",
            help="format of the access log, with gunicorn's atoms",
            flags=("--access-logformat",),
            metavar="FORMAT",
        ),
    ] = DEFAULT_ACCESS_LOG_FORMAT
    errorlog: Annotated[
        t.Path,
        About(
            section="Logging",
            change="live",
            help='error log: a file, or "-" for standard error',
            flags=("--error-logfile", "--log-file"),
            metavar="FILE",
        ),
    ] = "-"
    loglevel: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        t.Expects("one of debug, info, warning, error, critical"),
        About(
            section="Logging",
            change="workers",
            help="least level of what the error log takes: debug, info, warning, error, critical",
            flags=("--log-level",),
            metavar="LEVEL",
        ),
    ] = "info"

    # Serving

    sendfile: Annotated[
        t.Flag,
        About(
            section="Serving",
            change="workers",
            help="let the kernel send files (sendfile(2))",
            flags=("--sendfile",),
            kinds=PATIENT_KINDS,
        ),
    ] = True
    server_header: Annotated[
        t.HeaderValue,
        About(
            section="Serving",
            change="workers",
            help='value of the Server header; "" leaves it out',
            flags=("--server-header",),
            metavar="TEXT",
            kinds=PARSER_KINDS,
        ),
    ] = "wsgid"


def about(name: str) -> About:
    """Return what is known of a setting beside its type; every one has it."""
    return next(item for item in Settings.model_fields[name].metadata if isinstance(item, About))
