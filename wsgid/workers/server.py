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


def make_server(worker_class: str, context: WorkerContext) -> Server:
    """Make the server that a setting names."""
    if worker_class in {"sync", "gthread", "threads"}:
        # Lazy on purpose: a kind is imported in the child alone, after its patch has run.
        from wsgid.workers.threads import ThreadServer  # noqa: PLC0415

        return ThreadServer(context)
    # The settings refuse it before a worker is forked.
    raise ValueError(f"worker_class {worker_class!r} is not built yet")
