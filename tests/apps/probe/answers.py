"""Responses as a test asks for them: right, wrong, and wrong at every moment."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tests.apps.probe.report import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BLOCK = b"x" * 65536


class OddError(BaseException):
    """Not an Exception: what a framework uses to unwind, and what `except Exception` lets through."""


ERRORS: dict[str, type[BaseException]] = {
    "ValueError": ValueError,
    "SystemExit": SystemExit,
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "OddError": OddError,
    "BrokenPipeError": BrokenPipeError,
    "StopIteration": StopIteration,
}


def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond as the JSON in `X-Respond` says; the keys are those of `Plan`."""
    plan = Plan(json.loads(environ["HTTP_X_RESPOND"]), environ, start_response)
    plan.fail_if("call")
    for hint in plan.hints:
        environ["wsgi.early_hints"]([(name, value) for name, value in hint])
    if plan.start == "call":
        plan.begin()
    plan.fail_if("started")
    if plan.kind in {"list", "tuple"}:
        return plan.body if plan.kind == "list" else tuple(plan.body)
    if plan.kind == "joined":
        return [b"".join(plan.body)]
    if plan.kind == "generator":
        return plan.generate()
    return Blocks(plan)


class Plan:
    """One response, as it was ordered.

    status, headers: what start_response gets ("200 OK", one Content-Type).
    body: the blocks, latin-1 ([]). repeat: how often the text of each of them stands in it (1).
    times: how often all of them come (1). write: what goes through write()
    before them ([]).
    kind: "blocks" (an iterator with close(), told), "list", "tuple", "joined" (a list of one), "generator".
    start: when start_response is called: "call", "next" (at the first next()), "never", "twice".
    error: an exception's name (ValueError). at: "call", "started", "next", "end" (of the blocks), "close".
    again: [status, headers] for another start_response with exc_info. again_after: so many blocks (0).
    hints: header lists for wsgi.early_hints.
    tells_end: whether what stands behind the last yield is told (false).
    """

    def __init__(
        self, order: dict[str, Any], environ: WSGIEnvironment, start_response: StartResponse
    ) -> None:
        """Fill in what the order leaves out."""
        self.status: str = order.get("status", "200 OK")
        self.headers = [
            (name, value) for name, value in order.get("headers", [["Content-Type", "text/plain"]])
        ]
        blocks = [block.encode("latin-1") * order.get("repeat", 1) for block in order.get("body", [])]
        self.body = blocks * order.get("times", 1)
        self.write: list[str] = order.get("write", [])
        self.kind: str = order.get("kind", "blocks")
        self.start: str = order.get("start", "call")
        self.error: str = order.get("error", "ValueError")
        self.error_at: str = order.get("at", "")
        self.again: list[Any] | None = order.get("again")
        self.again_after: int = order.get("again_after", 0)
        self.hints: list[list[list[str]]] = order.get("hints", [])
        self.tells_end: bool = order.get("tells_end", False)
        self.environ = environ
        self.start_response = start_response

    def fail_if(self, moment: str) -> None:
        """Raise, if this is the moment; the text must never reach a client."""
        if self.error_at == moment:
            raise ERRORS[self.error]("xyzzy")

    def begin(self) -> None:
        """Call start_response, and write()."""
        write: Callable[[bytes], object] = self.start_response(self.status, self.headers)
        for block in self.write:
            write(block.encode("latin-1"))

    def begin_again(self) -> None:
        """Call start_response once more, with the exception that is the reason (PEP 3333)."""
        assert self.again is not None
        try:
            raise ValueError("xyzzy")  # noqa: TRY301  exc_info wants one that was raised
        except ValueError:
            status, headers = self.again
            try:
                self.start_response(status, [(name, value) for name, value in headers], sys.exc_info())
            except ValueError:
                tell("raised again")
                raise

    def generate(self) -> Iterator[bytes]:
        """Yield the blocks, and do between them what was ordered."""
        if self.start in {"next", "twice"}:
            self.begin()
        if self.start == "twice":
            self.start_response(self.status, self.headers)
        self.fail_if("next")
        for number, block in enumerate(self.body):
            if self.again and self.again_after == number:
                self.begin_again()
            yield block
        if self.again and self.again_after == len(self.body):
            self.begin_again()
        self.fail_if("end")
        if self.tells_end:
            tell("end")


class Blocks:
    """An iterable whose close() is told each time."""

    def __init__(self, plan: Plan) -> None:
        """Yield what the plan says."""
        self._plan = plan
        self._blocks = plan.generate()

    def __iter__(self) -> Blocks:
        """Be the iterator too."""
        return self

    def __next__(self) -> bytes:
        """Give the next block."""
        return next(self._blocks)

    def close(self) -> None:
        """Tell that it was called, and fail if that is the order."""
        tell("close")
        self._plan.fail_if("close")


def respond_wrongly(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with what no JSON can say: values of wrong types. The query says which."""
    wrong: Any = {
        "status-bytes": (b"200 OK", [], [b"xyzzy"]),
        "status-int": (200, [], [b"xyzzy"]),
        "name-bytes": ("200 OK", [(b"X-A", "1")], [b"xyzzy"]),
        "value-bytes": ("200 OK", [("X-A", b"1")], [b"xyzzy"]),
        "value-int": ("200 OK", [("Content-Length", 5)], [b"xyzzy"]),
        "value-none": ("200 OK", [("X-A", None)], [b"xyzzy"]),
        "pair-of-three": ("200 OK", [("X-A", "1", "2")], [b"xyzzy"]),
        "block-str": ("200 OK", [], ["xyzzy"]),
        "block-none": ("200 OK", [], [None]),
        "block-int": ("200 OK", [], iter([5])),
        "body-none": ("200 OK", [], None),
        "body-int": ("200 OK", [], 5),
    }
    status, headers, body = wrong[environ["QUERY_STRING"]]
    start_response(status, headers)
    return body  # type: ignore[no-any-return]  # that is the point


def hold(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer only when an octet comes through the FIFO that the request names."""
    tell("holding")
    wait_for_octet(environ)
    start_response("200 OK", [("Content-Length", "4")])
    return [b"held"]


def lockstep(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Send three blocks, each after an octet that the client sends when it has the block before.

    The query "write" sends them through write(), "length" with a Content-Length.
    """
    headers = [("Content-Length", "11")] if environ["QUERY_STRING"] == "length" else []
    write = start_response("200 OK", headers)
    for number in (b"one", b"two", b"three"):
        if environ["QUERY_STRING"] == "write":
            write(number)
        else:
            yield number
        wait_for_octet(environ)


def wait_for_octet(environ: WSGIEnvironment) -> None:
    """Block until the test says go on; the FIFO keeps an octet that came early."""
    with open(environ["HTTP_X_FIFO"], "rb", buffering=0) as fifo:  # noqa: PTH123  Path.open buffers by default
        fifo.read(1)


class Endless:
    """Blocks for a client that does not read; tells how many were taken."""

    def __init__(self) -> None:
        """Begin with none."""
        self._count = 0

    def __iter__(self) -> Endless:
        """Be the iterator too."""
        return self

    def __next__(self) -> bytes:
        """Give one more block, but not for ever: a server that keeps them all must not fill the machine."""
        self._count += 1
        if self._count > 4096:
            raise StopIteration
        return BLOCK

    def close(self) -> None:
        """Tell how far it went."""
        tell(f"close blocks={self._count}")


def endless(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Yield up to 256 MB."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return Endless()
