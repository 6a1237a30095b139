"""The contract of a server, and which name means which."""

from typing import Protocol

from wsgid.workers.context import WorkerContext


class Server(Protocol):
    """Accepts and serves connections in one worker process."""

    def __init__(self, context: WorkerContext) -> None:
        """Prepare; the application is loaded."""

    def serve(self) -> None:
        """Serve until context.retiring; finish what was begun; return.

        Call context.tick() each turn of the loop, at least once a second when idle.
        """


PATCH_NOTHING = frozenset({"sync", "gthread", "threads"})


def import_early(worker_class: str) -> None:
    """Import the server in the arbiter, where no patch has to come first: all workers then share it.

    That is 3 MB of private memory a worker, and a part of the time that it takes to be ready.
    """
    if worker_class in PATCH_NOTHING:
        import wsgid.workers.threads  # noqa: F401, PLC0415


def make_server(worker_class: str, context: WorkerContext) -> Server:
    """Make the server that a setting names."""
    if worker_class in PATCH_NOTHING:
        # Lazy on purpose: any other kind is imported in the child alone, after its patch has run.
        from wsgid.workers.threads import ThreadServer  # noqa: PLC0415

        return ThreadServer(context)
    # The settings refuse it before a worker is forked.
    raise ValueError(f"worker_class {worker_class!r} is not built yet")
