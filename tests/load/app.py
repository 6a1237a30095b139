"""The application under load: every answer names the request and the process that served it.

    /answer?N        "N PID" and a fixed filler, with a Content-Length
    /chunks?N        the same in three blocks
    /echo?N          the same, then the body of the request
    /stream?N&S      the same in two blocks, S seconds apart
    /blocks?N&S      six blocks, S seconds before each; /blocks?N&S&COUNT: so many
    /nap?N&S         sleeps S seconds first
    /slow?N&S        the same, and tells when it begins
    /spin?N&S        turns a pure Python loop for S seconds first
    /hang/sleep?N  /hang/spin?N  /hang/lock?N    never answer
    /keep?N&SIZE     keeps SIZE octets for ever
    /large?N&SIZE    SIZE octets in one block
    /file?N&SIZE     SIZE octets by wsgi.file_wrapper

`LOAD_NOTES` names a file that gets a line "PID N" before a request is answered, in one write: what a killed
worker was serving. `LOAD_EVENTS` names a datagram socket that is told "PID N" when a slow or hanging call has
begun, so that a test need not guess.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FILLER = b"." * 1000

_kept: list[bytes] = []
_notes = os.open(os.environ["LOAD_NOTES"], os.O_WRONLY | os.O_APPEND) if "LOAD_NOTES" in os.environ else -1


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve one request, as the table above says."""
    number, _, argument = environ["QUERY_STRING"].partition("&")
    line = f"{os.getpid()} {number}\n".encode()
    if _notes >= 0:
        os.write(_notes, line)
    headers = [("Content-Type", "text/plain")]
    name = f"{number} {os.getpid()}\n".encode()
    path = environ["PATH_INFO"]
    if path == "/chunks":
        start_response("200 OK", headers)
        return iter([name, FILLER[:500], FILLER[500:]])
    if path == "/stream":
        start_response("200 OK", headers)
        return _stream(name, float(argument))
    if path == "/blocks":
        start_response("200 OK", headers)
        pause, _, count = argument.partition("&")
        return _blocks(float(pause), int(count or 6))
    if path in ("/large", "/file"):
        return _large(environ, start_response, int(argument), by_file=path == "/file")
    if path in CALLS:
        if path not in {"/nap", "/keep"}:
            tell(line)
        CALLS[path](float(argument or 0))
    body = name + FILLER
    if path == "/echo":
        body += environ["wsgi.input"].read()
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [body]


def _stream(name: bytes, pause_s: float) -> Iterable[bytes]:
    yield name + FILLER[:500]
    time.sleep(pause_s)
    yield FILLER[500:]


def _blocks(pause_s: float, count: int) -> Iterable[bytes]:
    for _ in range(count):
        time.sleep(pause_s)
        yield FILLER


def _large(
    environ: dict[str, Any], start_response: Callable[..., Any], size: int, *, by_file: bool
) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))])
    if not by_file:
        return [b"\0" * size]
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the server closes it (PEP 3333)
    file.truncate(size)
    wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
    return wrapped


def tell(line: bytes) -> None:
    """Tell the test that the call has begun."""
    path = os.environ.get("LOAD_EVENTS")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as events:
            events.sendto(line, path)


def spin_for(seconds: float) -> None:
    """Keep the interpreter busy without a call that lets other threads in."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def keep(size: float) -> None:
    """Leak: octets that are written, so that they are this process' own."""
    _kept.append(b"x" * int(size))


def hang_in_sleep(_: float) -> None:
    """Wait for what never comes, in the kernel."""
    time.sleep(3600)


def hang_in_loop(_: float) -> None:
    """Never end, in bytecode."""
    turns = 0
    while True:
        turns += 1


def hang_in_lock(_: float) -> None:
    """Take a lock twice."""
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


CALLS: dict[str, Callable[[float], None]] = {
    "/nap": time.sleep,
    "/slow": time.sleep,
    "/keep": keep,
    "/spin": spin_for,
    "/hang/sleep": hang_in_sleep,
    "/hang/spin": hang_in_loop,
    "/hang/lock": hang_in_lock,
}
