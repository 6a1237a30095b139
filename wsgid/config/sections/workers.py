"""How many workers, of which kind, and how long they may take."""

from typing import Annotated

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import POLLER_KINDS, About
from wsgid.config.sections.section import Section


class Workers(Section):
    """How many workers, of which kind, and how long they may take."""

    workers: Annotated[
        t.WorkerCount,
        About("live", 'worker processes; "auto" looks at CPUs and memory', ("-w", "--workers"), "N"),
    ] = 1
    worker_class: Annotated[
        t.WorkerClass,
        About(
            "workers",
            "kind of worker: sync, gthread (or threads), gevent, eventlet, tornado, asgi, module:Class",
            ("-k", "--worker-class"),
            "KIND",
        ),
    ] = "sync"
    threads: Annotated[
        int,
        Field(ge=1, le=256),  # a row of the scoreboard has a cell for each
        t.Expects("an integer"),
        About("workers", "threads a worker", ("--threads",), "N", kinds=POLLER_KINDS),
    ] = 1
    worker_connections: Annotated[
        int,
        Field(ge=1, le=2**20),
        t.Expects("an integer"),
        About("workers", "open connections a worker", ("--worker-connections",), "N"),
    ] = 1000
    max_requests: Annotated[
        t.Count,
        About("live", "replace a worker after so many requests; 0: never", ("--max-requests",), "N"),
    ] = 0
    max_requests_jitter: Annotated[
        t.Count,
        About(
            "live",
            "and up to so many more, by chance, so that workers are not replaced together",
            ("--max-requests-jitter",),
            "N",
        ),
    ] = 0
    max_worker_memory: Annotated[
        t.ByteSize,
        About(
            "live",
            "replace a worker whose private memory is larger; 0: never",
            ("--max-worker-memory",),
            "SIZE",
            is_gunicorn=False,
        ),
    ] = 0
    max_worker_age: Annotated[
        t.Seconds,
        About(
            "live",
            "replace a worker after so long; 0: never",
            ("--max-worker-age",),
            "DURATION",
            is_gunicorn=False,
        ),
    ] = 0.0
    timeout: Annotated[
        t.Seconds,
        About(
            "live",
            "kill a worker whose application makes no progress for so long; 0: never",
            ("-t", "--timeout"),
            "DURATION",
        ),
    ] = 30.0
    request_timeout: Annotated[
        t.Seconds,
        About(
            "live",
            "longest time that one call of the application may take, progress or not; 0: any",
            ("--request-timeout",),
            "DURATION",
            is_gunicorn=False,
        ),
    ] = 0.0
    graceful_timeout: Annotated[
        t.Seconds,
        About(
            "live",
            "how long a worker that stops may finish what it has begun",
            ("--graceful-timeout",),
            "DURATION",
        ),
    ] = 30.0
    boot_timeout: Annotated[
        t.PositiveSeconds,
        About(
            "live",
            "how long a new worker may take to load the application",
            ("--boot-timeout",),
            "DURATION",
            is_gunicorn=False,
        ),
    ] = 60.0
    keepalive: Annotated[
        t.Seconds,
        About(
            "workers", "how long a connection may be idle between two requests", ("--keep-alive",), "DURATION"
        ),
    ] = 75.0  # above the 60 s of common load balancers; an idle connection costs no thread
