"""The first part of a TLS connection: the two agree on their keys, or part."""

from collections.abc import Callable

from wsgid.protocol.http1 import Request
from wsgid.protocol.refusal import Refusal
from wsgid.workers.connection import Connection, State
from wsgid.workers.ending import Ending
from wsgid.workers.poller import READ, WRITE, Poller
from wsgid.workers.records import RefusalLog

NO_TLS = "plain HTTP, or something else than TLS, on a port that speaks TLS"
SPEAK_TLS = "this port speaks HTTPS, and the request came as plain HTTP"

LATE = "not complete within header_timeout"


def take_step(connection: Connection, now: float, header_timeout: float) -> bool:
    """Go on with a handshake; True once the last step is done: its first head is due from now on.

    What came with the last octets is left to the parser. Raises OSError where there will be no TLS.
    """
    secure = connection.secure
    assert secure is not None
    if not secure.shake():
        return False
    connection.environ.update(secure.variables())
    octets = secure.take()
    if octets == b"":
        raise ConnectionResetError("it says good-bye as soon as we have met")
    connection.parser.rest = octets or b""
    connection.state = State.FRESH
    connection.since = now
    connection.deadline = now + header_timeout
    return True


def why_failed(connection: Connection, error: OSError) -> Refusal | str:
    """Say what becomes of a handshake that came to nothing: an answer in plain text, or a line of log.

    The line is empty where the client has left, which is its own affair.
    """
    octets = getattr(error, "octets", None)
    if octets is not None:
        connection.give_up_tls()
        connection.parser.note_line(octets)
        return Refusal(400, "Bad Request", NO_TLS, SPEAK_TLS)
    # Of OpenSSL: NO_SHARED_CIPHER.
    why = str(getattr(error, "reason", None) or "").lower().replace("_", " ")
    detail = getattr(error, "verify_message", "")
    return f"{why} ({detail})" if detail else why


def has_begun(connection: Connection) -> bool:
    """Whether an octet of TLS was read, so that the connection can go to nobody else."""
    return connection.secure is not None and connection.secure.has_begun


class Handshakes:
    """Goes on with the handshakes of a worker that has a poller; called by whoever owns a connection."""

    __slots__ = ("_ending", "_header_timeout", "_pass_on", "_poller", "_refusals")

    def __init__(
        self,
        poller: Poller,
        ending: Ending,
        refusals: RefusalLog,
        header_timeout: float,
        pass_on: Callable[[Connection, Request | None], bool],
    ) -> None:
        """`header_timeout` in seconds, perhaps inf: for a handshake, and then for the first head."""
        self._poller = poller
        self._ending = ending
        self._refusals = refusals
        self._header_timeout = header_timeout
        self._pass_on = pass_on

    def go_on(self, connection: Connection, now: float, *, may_stay: bool) -> bool:
        """Take a step; True once a request can be read.

        Else it waits, or has ended. Unless it may stay, a connection of which nothing was read goes to
        another worker.
        """
        if not may_stay and self._pass_on(connection, None):
            return False
        try:
            if take_step(connection, now, self._header_timeout):
                return True
        except OSError as error:
            failed = why_failed(connection, error)
            if isinstance(failed, Refusal):
                self._ending.refuse(connection, failed, now)
                return False
            if failed:
                self._refusals.write_handshake(failed, connection.environ, now)
            self._ending.close(connection)
        else:
            events = WRITE if connection.writes else READ
            self._poller.wait(connection, State.HANDSHAKE, now, connection.deadline, events)
        return False

    def expire(self, connection: Connection, now: float) -> None:
        """End one that was not done in time; one without an octet silently, as without TLS."""
        if has_begun(connection):
            self._refusals.write_handshake(LATE, connection.environ, now)
        self._ending.close(connection)
