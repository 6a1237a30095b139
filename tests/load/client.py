"""A load of kept and closing connections that accounts for every request it sends.

One thread, one epoll. Each connection sends its next request only after the answer to the one before, so
there is never a doubt which request an end of the connection has cost.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
import os
import random
import select
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.load.answer import Answer, NotHttpError
from tests.load.outcome import Answered, Failure, Kind, Tally, kind_of_end
from tests.load.request import Request, mixed, pid_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

WAIT_DEADLINE_S = 30.0
# An error of a socket that means: the other side has gone.
_GONE = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNREFUSED, errno.ECONNABORTED, errno.ETIMEDOUT})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load consists of."""

    kept: int = 64
    closing: int = 16
    pause_s: float = 0.04
    """The longest pause of a connection between two requests; the pauses are random, from `seed`."""
    timeout_s: float = 20.0
    """How long an answer may take before it counts as timed out."""
    total: int = 0
    """End by itself after so many requests; 0: go on until `stop`."""
    seed: int = 1
    make: Callable[..., Request] = mixed


class _Connection:
    """One place in the load; when its socket ends, the next request opens another one."""

    __slots__ = (
        "answer",
        "answers",
        "connected",
        "is_kept",
        "place",
        "port",
        "request",
        "rounds",
        "sent_at",
        "sock",
        "unsent",
    )

    def __init__(self, place: int, *, is_kept: bool) -> None:
        self.place = place
        self.is_kept = is_kept
        self.sock: socket.socket | None = None
        self.connected = False
        self.port = 0
        self.answers = 0
        """Requests that this socket has answered."""
        self.rounds = 0
        """Requests of this place that have come to an end, on whichever socket."""
        self.request: Request | None = None
        """The one under way."""
        self.unsent = b""
        self.sent_at = 0.0
        self.answer = Answer()


class Load:
    """A running load: `with Load(address) as load: ... load.wait_round() ...`; then `load.tally`.

    Its thread alone touches the connections and writes `tally`; `_changed` guards what others wait for.
    """

    def __init__(self, address: tuple[str, int], plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.tally = Tally()
        self._address = address
        self._changed = threading.Condition()
        self._random = random.Random(self.plan.seed)
        count = self.plan.kept + self.plan.closing
        self._connections = [_Connection(place, is_kept=place < self.plan.kept) for place in range(count)]
        self._by_fd: dict[int, _Connection] = {}
        self._due: list[tuple[float, int]] = []
        """When which place sends its next request; a heap."""
        self._poll = select.epoll()
        self._number = 0
        self._is_stopping = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    # ------------------------------------------------------------------ for the test's thread

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> Tally:
        """Send nothing new, wait for the answers under way, close; give the tally."""
        self._is_stopping = True
        self._thread.join(self.plan.timeout_s + 5)
        if self._error is not None:
            raise self._error
        if self._thread.is_alive():
            raise AssertionError("the load did not end")
        return self.tally

    def wait_for(self, condition: Callable[[], bool], what: str, deadline_s: float = WAIT_DEADLINE_S) -> None:
        """Wait until a condition holds; it is asked again after each request that came to an end."""
        deadline = time.monotonic() + deadline_s
        with self._changed:
            while not condition():
                left_s = deadline - time.monotonic()
                if left_s <= 0 or not self._thread.is_alive():
                    raise AssertionError(f"waited for {what}: {self.tally}") from self._error
                self._changed.wait(min(left_s, 1.0))

    def wait_requests(self, count: int) -> None:
        """Wait for so many more requests to come to an end."""
        goal = self.tally.requests + count
        self.wait_for(lambda: self.tally.requests >= goal, f"{count} more requests")

    def wait_round(self) -> None:
        """Wait until each connection has sent a request and seen what became of it.

        Two, since the first may have been under way already.
        """
        before = [connection.rounds for connection in self._connections]
        self.wait_for(
            lambda: all(
                connection.rounds >= rounds + 2
                for connection, rounds in zip(self._connections, before, strict=True)
            ),
            "every connection to go round",
        )

    def wait_end(self) -> Tally:
        """Wait until `plan.total` requests have come to an end."""
        self.wait_for(lambda: self.tally.requests >= self.plan.total, "all requests", deadline_s=300)
        return self.stop()

    # ------------------------------------------------------------------ the thread of the load

    def _run(self) -> None:
        try:
            now = time.monotonic()
            self._due = [(now + self._pause(), connection.place) for connection in self._connections]
            heapq.heapify(self._due)
            timeouts_at = now
            while not self._is_over():
                now = time.monotonic()
                if now >= timeouts_at:
                    self._end_late(now)
                    timeouts_at = now + 0.5
                self._begin_due(now)
                wait_s = min(self._due[0][0] - now, 0.5) if self._due and not self._is_stopping else 0.5
                for fd, events in self._poll.poll(min(max(wait_s, 0.0), 0.05)):
                    connection = self._by_fd.get(fd)
                    if connection is not None:
                        self._turn(connection, events)
        except BaseException as error:  # noqa: BLE001 -- raised again in the test's thread, by stop()
            self._error = error
        finally:
            for connection in self._connections:
                self._close(connection)
            self._poll.close()
            with self._changed:
                self._changed.notify_all()

    def _is_over(self) -> bool:
        if self.plan.total and self._number >= self.plan.total:
            self._is_stopping = True
        return self._is_stopping and all(connection.request is None for connection in self._connections)

    def _pause(self) -> float:
        return self._random.random() * self.plan.pause_s

    def _begin_due(self, now: float) -> None:
        while self._due and self._due[0][0] <= now and not self._is_stopping:
            _, place = heapq.heappop(self._due)
            self._begin(self._connections[place])
            if self.plan.total and self._number >= self.plan.total:
                self._is_stopping = True

    def _begin(self, connection: _Connection) -> None:
        self._number += 1
        connection.request = self.plan.make(self._number, closes=not connection.is_kept)
        connection.unsent = connection.request.octets
        connection.answer = Answer()
        connection.sent_at = time.monotonic()
        if connection.sock is None:
            self._connect(connection)
        else:
            self._send(connection)

    def _connect(self, connection: _Connection) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = sock
        connection.connected = False
        connection.answers = 0
        self.tally.connects += 1
        self._by_fd[sock.fileno()] = connection
        self._poll.register(sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        error = sock.connect_ex(self._address)
        if error not in (0, errno.EINPROGRESS):
            self._fail(connection, OSError(error, os.strerror(error)))
            return
        connection.port = sock.getsockname()[1]

    def _turn(self, connection: _Connection, events: int) -> None:
        sock = connection.sock
        if sock is None:
            return
        if not connection.connected:
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                self._fail(connection, OSError(error, os.strerror(error)))
                return
            if not events & select.EPOLLOUT:
                return
            connection.connected = True
            self._poll.modify(sock.fileno(), select.EPOLLIN)
        if connection.unsent and events & select.EPOLLOUT:
            self._send(connection)
        if events & ~select.EPOLLOUT:
            self._receive(connection)

    def _send(self, connection: _Connection) -> None:
        assert connection.sock is not None
        try:
            sent = connection.sock.send(connection.unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            # What the server still said stands before its reset in our receive buffer, or is gone: ask once.
            if error.errno not in _GONE:
                raise
            self._receive(connection)
            if connection.request is not None:
                self._fail(connection, error)
            return
        connection.unsent = connection.unsent[sent:]
        if connection.unsent:
            self._poll.modify(connection.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _receive(self, connection: _Connection) -> None:
        assert connection.sock is not None
        try:
            data = connection.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in _GONE:
                raise
            self._ended(connection, error)
            return
        if not data:
            self._ended(connection, None)
        elif connection.request is None:
            # Octets that nobody has asked for belong to another's answer.
            self._record(connection, Kind.WRONG, f"unasked: {data[:60]!r}", number=0)
        else:
            self._take(connection, data)

    def _take(self, connection: _Connection, data: bytes) -> None:
        answer, request = connection.answer, connection.request
        assert request is not None
        try:
            if not answer.feed(data):
                return
        except NotHttpError as error:
            self._record(connection, Kind.WRONG, str(error))
            return
        pid = pid_of(answer, request)
        if pid is None:
            self._record(
                connection, Kind.WRONG, f"{answer.status} {bytes(answer.body[:60])!r} {answer.surplus[:60]!r}"
            )
            return
        connection.answers += 1
        connection.request = None
        if answer.closes or not connection.is_kept:
            self._close(connection)
        now = time.monotonic()
        self._finish(
            connection,
            Answered(request.number, pid, connection.place, connection.sent_at, now - connection.sent_at),
        )

    def _ended(self, connection: _Connection, error: OSError | None) -> None:
        """Say what the end of the connection has cost."""
        if connection.request is None:
            self.tally.closed_idle += 1
            self._close(connection)
        else:
            self._fail(connection, error)

    def _fail(self, connection: _Connection, error: OSError | None) -> None:
        kind = kind_of_end(error, connected=connection.connected, octets=connection.answer.octets)
        self._record(connection, kind, str(error or "FIN"))

    def _end_late(self, now: float) -> None:
        for connection in self._connections:
            if connection.request is not None and now - connection.sent_at > self.plan.timeout_s:
                self._record(connection, Kind.LATE, f"{connection.answer.octets} octets")

    def _record(self, connection: _Connection, kind: Kind, detail: str, number: int | None = None) -> None:
        if number is None:
            assert connection.request is not None
            number = connection.request.number
        failure = Failure(
            kind,
            number,
            connection.port,
            connection.answers,
            connection.answer.octets,
            time.monotonic(),
            detail,
        )
        was_under_way = connection.request is not None
        connection.request = None
        self._close(connection)
        if was_under_way:
            self._finish(connection, failure)
        else:
            self.tally.failures.append(failure)

    def _finish(self, connection: _Connection, outcome: Answered | Failure) -> None:
        heapq.heappush(self._due, (time.monotonic() + self._pause(), connection.place))
        with self._changed:
            connection.rounds += 1
            if isinstance(outcome, Answered):
                self.tally.answered.append(outcome)
                self.tally.pids.add(outcome.pid)
            else:
                self.tally.failures.append(outcome)
            self._changed.notify_all()

    def _close(self, connection: _Connection) -> None:
        if connection.sock is not None:
            del self._by_fd[connection.sock.fileno()]
            with contextlib.suppress(OSError):
                self._poll.unregister(connection.sock.fileno())
            connection.sock.close()
            connection.sock = None
