"""Hooks: the named moments at which a user's function is called, and the objects that it is given.

Names, arguments and attributes are gunicorn's, so that functions which were written for it go on working.
Whoever comes to a moment says what a failure of the function means: `call` lets it through, `tell` writes it
down and goes on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

# Where each is called.
IN_THE_ARBITER: Final = frozenset(
    {
        "on_starting",
        "on_reload",
        "when_ready",
        "pre_fork",
        "child_exit",
        "nworkers_changed",
        "pre_exec",
        "on_exit",
    }
)
IN_A_WORKER: Final = frozenset(
    {
        "post_fork",
        "post_worker_init",
        "ssl_context",
        "pre_request",
        "post_request",
        "worker_int",
        "worker_abort",
        "worker_exit",
    }
)


class ServerView:
    """What a hook sees of the server. It may keep values of its own on it."""

    def __init__(self, settings: Any, log: logging.Logger, addresses: Sequence[str], workers: int) -> None:
        self.pid = os.getpid()
        self.cfg = settings
        self.log = log
        self.address = list(addresses)
        self.num_workers = workers


class WorkerView:
    """What a hook sees of a worker. It may keep values of its own on it."""

    def __init__(self, settings: Any, log: logging.Logger, age: int, count: Callable[[], int]) -> None:
        """`age` is how many workers were started before it; `count` tells the requests it has served."""
        self.pid: int | str = "[booting]"  # until it has one
        self.ppid = os.getpid()
        self.age = age
        self.cfg = settings
        self.log = log
        self.alive = True
        self._count = count

    @property
    def nr(self) -> int:
        return self._count()


class RequestView:
    """What a hook sees of a request."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.method: str = environ["REQUEST_METHOD"]
        self.uri: str = environ.get("RAW_URI", "")
        self.path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        self.query: str = environ.get("QUERY_STRING", "")
        major, _, minor = environ["SERVER_PROTOCOL"].removeprefix("HTTP/").partition(".")
        self.version = (int(major), int(minor))
        self._environ = environ

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names in capitals, as gunicorn has them."""
        named = [
            (name.removeprefix("HTTP_").replace("_", "-"), value)
            for name, value in self._environ.items()
            if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        ]
        return [(name, value) for name, value in named if isinstance(value, str)]


class ResponseView:
    """What a hook sees of a response that has gone out."""

    def __init__(self, status: str, headers: Sequence[tuple[str, str]], sent: int) -> None:
        self.status = status
        self.status_code = int(status[:3])
        self.headers = list(headers)
        self.sent = sent
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        self.response_length = int(lengths[0]) if lengths and lengths[0].isdecimal() else None


class Hooks:
    """The functions for a process's moments."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], log: logging.Logger) -> None:
        self._functions: Final = dict(functions)
        self._log: Final = log

    def get(self, moment: str) -> Callable[..., Any] | None:
        return self._functions.get(moment)

    def call(self, moment: str, *arguments: object) -> None:
        """Call the function, if there is one; raises what it raises."""
        function = self._functions.get(moment)
        if function is not None:
            function(*arguments)

    def tell(self, moment: str, *arguments: object) -> None:
        """Call the function, if there is one; what it raises is a traceback in the log, and no more."""
        try:
            self.call(moment, *arguments)
        except Exception:  # noqa: BLE001  the user's code may raise anything
            self._log.exception("the hook %s failed", moment)
        except SystemExit as leaving:
            # A worker's hook may end its worker; nothing ends the arbiter but its own reasons.
            self._log.error("the hook %s wanted to exit with %r", moment, leaving.code)


def accepts(function: Callable[..., Any], given: int) -> int:
    """Return how many of the given arguments a function takes; gunicorn looks, too, for post_request."""
    import inspect  # noqa: PLC0415  only where the hook is set

    parameters = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return given
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return min(given, len(positional))
