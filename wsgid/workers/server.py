"""The contract of a server, and which name means which."""

# Rule 1: the order in a worker is `patch`, then `find_server`, then the application: what a library of green
#         threads replaces is replaced before anybody has taken hold of it.
# Rule 2: nothing here imports such a library, nor a server, before it is asked for: the arbiter imports this.

from __future__ import annotations

import logging
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, cast

from wsgid.apps.loader import load_callable
from wsgid.errors import ApplicationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wsgid.workers.context import WorkerContext


Language = Literal["wsgi", "asgi", "tornado"]


class Server(Protocol):
    """Accepts and serves connections in one worker process."""

    def __init__(self, context: WorkerContext) -> None:
        """Prepare; the application is loaded."""

    def serve(self) -> None:
        """Serve until context.retiring; finish what was begun; return.

        Call context.tick() each turn of the loop, at least once a second when idle.
        """


def _nothing() -> None:
    """Replace nothing: the standard library is as it should be."""


class Kind(NamedTuple):
    """A kind of worker that comes with us."""

    module: str
    server: str
    """The name of the class in that module."""
    patch: Callable[[], None] = _nothing
    """Replaces what has to be replaced before anything else is imported."""
    renew: Callable[[], None] = _nothing
    """Gives a worker that a patched process has forked (preload_app) an event loop of its own."""
    language: Language = "wsgi"
    """What applications speak that it serves."""


def _patch_for_gevent() -> None:
    from gevent import monkey  # noqa: PLC0415  here, and in the worker, alone

    monkey.patch_all()


def _patch_for_eventlet() -> None:
    # It looks for locks in every object that there is, and tells of each that does not like that (pydantic
    # has some); and it warns of itself, as we have done at the setting's place.
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import eventlet.debug  # noqa: PLC0415  the same

        eventlet.monkey_patch()
    logging.disable(logging.NOTSET)
    # Several green threads may write to one log by os.write, which waits for the descriptor.
    eventlet.debug.hub_prevent_multiple_readers(state=False)


def _renew_gevent() -> None:
    import gevent  # noqa: PLC0415  as above

    gevent.reinit()


def _renew_eventlet() -> None:
    from eventlet import hubs  # noqa: PLC0415  as above

    hubs.use_hub()


_THREADS: Final = Kind("wsgid.workers.threads", "ThreadServer")

KINDS: Final[Mapping[str, Kind]] = {
    "sync": _THREADS,
    "gthread": _THREADS,
    "gevent": Kind("wsgid.workers.gevent", "GeventServer", _patch_for_gevent, _renew_gevent),
    "eventlet": Kind("wsgid.workers.eventlet", "EventletServer", _patch_for_eventlet, _renew_eventlet),
    "tornado": Kind("wsgid.workers.tornado", "TornadoServer", language="tornado"),
    "asgi": Kind("wsgid.workers.asgi", "AsgiServer", language="asgi"),
}


# Their workers take connections that another worker passes on (handover.py), read or not.
TAKES_OVER: Final = frozenset({"sync", "gthread", "gevent", "eventlet"})


def language_of(worker_class: str) -> Language:
    """Return what an application has to speak; that of somebody else's server is WSGI."""
    kind = KINDS.get(worker_class)
    return "wsgi" if kind is None else kind.language


def speaks_wsgi(worker_class: str) -> bool:
    return language_of(worker_class) == "wsgi"


def import_early(worker_class: str) -> None:
    """Import the server in the arbiter, where no patch has to come first: all workers then share it.

    That is 3 MB of private memory a worker, and a part of the time that it takes to be ready.
    """
    if KINDS.get(worker_class) is _THREADS:
        import_module(_THREADS.module)


def patch(worker_class: str) -> None:
    """Make the process one in which a kind can serve: the first thing of it that runs there.

    A class of somebody else's is imported before the application is: what it needs to be replaced, its module
    replaces at its top.
    """
    kind = KINDS.get(worker_class)
    if kind is not None:
        kind.patch()


def renew(worker_class: str) -> None:
    """Be a worker that was forked from where `patch` and all that follows it was done."""
    kind = KINDS.get(worker_class)
    if kind is not None:
        kind.renew()


def find_server(worker_class: str) -> type[Server]:
    """Return the class that a setting names; raises ApplicationError.

    Where it is `module:Class`, the module is looked for as the application is, and so after `prepare`.
    """
    kind = KINDS.get(worker_class)
    if kind is not None:
        return cast("type[Server]", getattr(import_module(kind.module), kind.server))
    found = load_callable(worker_class, "worker class")
    if not callable(getattr(found, "serve", None)):
        raise ApplicationError(
            f"worker class `{worker_class}`: it has no method `serve`; a worker class has two, "
            "`__init__(self, context)` and `serve(self)`"
        )
    return cast("type[Server]", found)
