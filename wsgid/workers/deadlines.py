"""What becomes of a connection whose deadline comes, and of a body that waits for room on the disk."""

from collections.abc import Callable
from time import monotonic

from wsgid.protocol.http1 import Request
from wsgid.protocol.refusal import Refusal
from wsgid.workers.connection import Connection, State
from wsgid.workers.ending import Ending
from wsgid.workers.handshakes import Handshakes
from wsgid.workers.poller import WRITE, Poller


class Deadlines:
    """Ends what the connections of a worker wait for in vain; one thread at a time looks."""

    __slots__ = (
        "_body_timeout",
        "_ending",
        "_handshakes",
        "_leave_ready",
        "_pass_on",
        "_poller",
        "_send_timeout",
        "parked",
    )

    def __init__(
        self,
        poller: Poller,
        ending: Ending,
        handshakes: Handshakes,
        *,
        body_timeout: float,
        send_timeout: float,
        pass_on: Callable[[Connection, Request | None], bool],
        leave_ready: Callable[[Connection, Request | None], None],
    ) -> None:
        """In seconds, perhaps inf.

        `pass_on` gives an idle connection to another worker, if one shall have it; `leave_ready` leaves an
        exchange to a thread that may finish it.
        """
        self._poller = poller
        self._ending = ending
        self._handshakes = handshakes
        self._body_timeout = body_timeout
        self._send_timeout = send_timeout
        self._pass_on = pass_on
        self._leave_ready = leave_ready
        # Those whose body waits for room among the temporary files.
        self.parked: set[Connection] = set()

    def look(self, now: float) -> None:
        """See to every connection that has waited for too long."""
        for connection in list(self._poller.waiting.values()):
            if connection.deadline <= now and self._poller.claim(connection):
                self._expire(connection, now)

    def park(self, connection: Connection, now: float) -> None:
        """Let a body wait until there is room for it."""
        self.parked.add(connection)
        self._poller.park(connection, now, now + self._body_timeout)

    def unpark(self) -> None:
        """Let bodies that waited for room go on: some was given back."""
        if self.parked:
            now = monotonic()
            for connection in list(self.parked):
                self.parked.discard(connection)
                if self._poller.claim(connection):
                    self._poller.wait(connection, State.BODY, now, now + self._body_timeout)

    def forget(self, connection: Connection) -> None:
        """Strike off a connection that is about to be closed."""
        self.parked.discard(connection)

    def _expire(self, connection: Connection, now: float) -> None:
        match connection.state:
            case State.PREAMBLE if connection.preamble is not None and not connection.preamble.has_begun:
                # Nothing came, not even from a proxy: whoever looks whether the port is open says no more.
                self._ending.close(connection)
            case State.PREAMBLE | State.HEAD | State.BODY:
                self._ending.refuse(
                    connection, Refusal(408, "Request Timeout", f"{connection.state.value} not complete"), now
                )
            case State.PARKED:
                self.parked.discard(connection)
                self._ending.refuse(
                    connection, Refusal(503, "Service Unavailable", "no room for bodies (spool_limit)"), now
                )
            case State.WRITING:
                if connection.has_taken():
                    self._poller.wait(connection, State.WRITING, now, now + self._send_timeout, WRITE)
                else:
                    connection.lose()
                    self._leave_ready(connection, None)
            case State.HANDSHAKE:
                self._handshakes.expire(connection, now)
            case State.LINGERING:
                self._ending.close(connection)
            case _:
                if not self._pass_on(connection, None):
                    self._ending.close(connection)
