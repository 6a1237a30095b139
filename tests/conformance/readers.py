"""How others read the octets of a case: h11, and nginx in front of the server; and how we do.

A reading is what was understood: each request in its order, and whether it ended with a refusal. Behind the
octets of a case stands LAST, so that a reader who goes on says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import h11

from tests.apps.probe.report import SHOWN_BODY_BYTES
from tests.conformance.case import Act, Reply
from tests.wire import Wire, WireError
from wsgid.protocol.fields import FieldKeys
from wsgid.protocol.http1 import Limits, Request, RequestParser
from wsgid.protocol.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.case import Case

LAST = b"GET /last HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n"
# As the server's.
BODY_BOUND = 1 << 30


class Understood(NamedTuple):
    """One request."""

    method: str
    # In origin form: path and query.
    path: str
    host: str | None
    body: bytes


class Reading(NamedTuple):
    """All of a connection."""

    requests: tuple[Understood, ...]
    is_refused: bool


class Sink(bytearray):
    """A body in memory."""

    def write(self, data: bytes) -> None:
        self.extend(data)

    def close(self) -> None:
        pass


def octets_of(case: Case) -> bytes | None:
    """All that its client sends, LAST behind it; None for a case that is about time, or about no request."""
    if Act.HALF_CLOSE in case.steps or not any(isinstance(step, Reply) for step in case.steps):
        return None
    octets = b"".join(step for step in case.steps if isinstance(step, bytes))
    return None if b"/-/" in octets else octets + LAST


def read_ourselves(octets: bytes) -> Reading:
    """Read with the parser alone."""
    parser = RequestParser(Limits(body=BODY_BOUND), FieldKeys(), lambda _: Sink(), {})
    requests = []
    try:
        request = parser.feed(octets)
        while request is not None:
            requests.append(_understood(request))
            if not request.keep_alive or not parser.rest:
                break
            request = parser.feed()
    except Refusal:
        return Reading(tuple(requests), is_refused=True)
    return Reading(tuple(requests), is_refused=False)


def _understood(request: Request) -> Understood:
    body = bytes(request.body) if isinstance(request.body, Sink) else b""
    return Understood(request.method, request.path, request.environ.get("HTTP_HOST"), body)


def read_with_h11(octets: bytes) -> Reading:
    """Read with h11, as a server of it would."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 17)
    requests: list[Understood] = []
    try:
        connection.receive_data(octets)
        for head, body in _with_h11(connection):
            host = dict(head.headers).get(b"host")
            method, target = (text.decode("latin-1") for text in (head.method, head.target))
            requests.append(
                Understood(method, target, None if host is None else host.decode("latin-1"), body)
            )
    except h11.RemoteProtocolError:
        return Reading(tuple(requests), is_refused=True)
    return Reading(tuple(requests), is_refused=False)


def _with_h11(connection: h11.Connection) -> Iterator[tuple[h11.Request, bytes]]:
    head: h11.Request | None = None
    body = b""
    while True:
        match connection.next_event():
            case h11.Request() as event:
                head, body = event, b""
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage() if head is not None:
                yield head, body
                if head.method == b"CONNECT":
                    return
                connection.send(h11.Response(status_code=200, headers=[(b"Content-Length", b"0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    return
                connection.start_next_cycle()
            case _:
                return


def read_through(wire: Wire, octets: bytes) -> Reading:
    """Send them, and read the answers of a server that reports what its application saw, to the end."""
    requests: list[Understood] = []
    try:
        with contextlib.suppress(OSError):
            # Whoever refuses need not take all.
            wire.send(octets)
        while wire.peek():
            answer = wire.read_answer()
            if answer.status == 100:
                continue
            if answer.status != 200:
                return Reading(tuple(requests), is_refused=True)
            requests.append(_reported(json.loads(answer.body)))
            if answer.is_last:
                break
    except (OSError, WireError):
        # It was reset, or what came is no answer at all: nginx has none for HTTP/0.9.
        return Reading(tuple(requests), is_refused=True)
    return Reading(tuple(requests), is_refused=False)


def _reported(found: dict[str, Any]) -> Understood:
    environ = found["environ"]
    body = found["sha256"] if found["body"] is None else found["body"]
    return Understood(
        environ["REQUEST_METHOD"], environ["RAW_URI"], environ.get("HTTP_HOST"), body.encode("latin-1")
    )


def shortened(reading: Reading) -> Reading:
    """As the application reports it, which shows of a large body its hash alone."""
    requests = (
        request
        if len(request.body) <= SHOWN_BODY_BYTES
        else request._replace(body=hashlib.sha256(request.body).hexdigest().encode())
        for request in reading.requests
    )
    return reading._replace(requests=tuple(requests))
