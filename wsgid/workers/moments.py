"""The hooks of a worker: found by name, called at their moments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from wsgid.apps.loader import load_callable
from wsgid.apps.traceback import own_traceback
from wsgid.errors import ApplicationError
from wsgid.hooks import IN_A_WORKER, Hooks, RequestView, ResponseView, accepts

if TYPE_CHECKING:
    import logging
    import ssl
    from collections.abc import Callable, Iterable, Mapping

    from wsgid.hooks import ServerView, WorkerView
    from wsgid.workers.records import Record
    from wsgid.wsgi.exchange import Application


def find_hooks(hooks: Mapping[str, str | Callable[..., Any]], log: logging.Logger) -> Hooks:
    """Find a worker's functions, importing those that are named. Raises ApplicationError."""
    functions = {
        name: load_callable(hook, f"hook {name}") if isinstance(hook, str) else hook
        for name, hook in hooks.items()
        if name in IN_A_WORKER
    }
    return Hooks(functions, log)


class Moments:
    """What a worker calls, and with what."""

    def __init__(self, hooks: Hooks, server: ServerView, worker: WorkerView) -> None:
        self._hooks: Final = hooks
        self._server: Final = server
        self._worker: Final = worker
        worker.pid = os.getpid()

    def post_fork(self) -> None:
        """Raises ApplicationError: a worker that is not as its user wants it is not to serve."""
        self._must("post_fork", self._server, self._worker)

    def post_worker_init(self) -> None:
        """Raises ApplicationError, likewise."""
        self._must("post_worker_init", self._worker)

    def ssl_context(self, default: ssl.SSLContext) -> ssl.SSLContext:
        """Return the context that the hook makes, of `default` or of its own; without a hook, `default`.

        Raises ApplicationError: a worker that shakes hands in another way than is wanted is not to serve.
        """
        function = self._hooks.get("ssl_context")
        if function is None:
            return default
        # Lazy: whoever has a context has imported ssl.
        from wsgid.net.tls import require_server  # noqa: PLC0415

        try:
            context: ssl.SSLContext = function(self._worker.cfg, lambda: default)
            require_server(context)
        except (Exception, SystemExit) as error:
            raise ApplicationError(f"the hook ssl_context failed\n{own_traceback(error).text}") from error
        return context

    def worker_int(self) -> None:
        self._worker.alive = False
        self._hooks.tell("worker_int", self._worker)

    def worker_abort(self) -> None:
        self._worker.alive = False
        self._hooks.tell("worker_abort", self._worker)

    def worker_exit(self) -> None:
        self._worker.alive = False
        self._hooks.tell("worker_exit", self._server, self._worker)

    def around(self, app: Application) -> Application:
        """Return an application that tells the hook before it is called; what that raises is a 500."""
        before = self.before_request()
        if before is None:
            return app

        def told(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            before(environ)
            return app(environ, start_response)

        return told

    def before_request(self) -> Callable[[dict[str, Any]], None] | None:
        """Return what tells the hook of a request that comes, if there is a hook."""
        pre_request = self._hooks.get("pre_request")
        if pre_request is None:
            return None
        worker = self._worker

        def tell(environ: dict[str, Any]) -> None:
            pre_request(worker, RequestView(environ))

        return tell

    def post_request(self) -> Callable[[Record], None] | None:
        """Return what tells the hook of an exchange that is over, if there is a hook."""
        function = self._hooks.get("post_request")
        if function is None:
            return None
        wanted = accepts(function, 4)

        def tell(record: Record) -> None:
            if not record.environ.get("REQUEST_METHOD"):
                return  # refused before it was a request
            response = ResponseView(record.status, record.headers, record.sent)
            arguments = (self._worker, RequestView(record.environ), record.environ, response)
            self._hooks.tell("post_request", *arguments[:wanted])

        return tell

    def _must(self, moment: str, *arguments: object) -> None:
        try:
            self._hooks.call(moment, *arguments)
        except (Exception, SystemExit) as error:
            raise ApplicationError(f"the hook {moment} failed\n{own_traceback(error).text}") from error
