"""How a connection ends: at once, or after its client has seen what was answered."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Final

from wsgid.protocol.refusal import Refusal
from wsgid.protocol.response import refusal_answer
from wsgid.workers.connection import Connection, State
from wsgid.workers.poller import Poller
from wsgid.workers.records import RefusalLog

# Until the client has seen the answer (RFC 9112, 9.6).
LINGER_S: Final = 1.0

DRAINED_AT_ONCE: Final = 64 * 1024


def tell_refusal(connection: Connection, refusal: Refusal, refusals: RefusalLog, now: float) -> bool:
    """Tell the log, and the client, for the application; False if that has gone."""
    # Where a proxy has said so, it is its client that is refused.
    refusals.write(refusal, connection.parser.refused or connection.environ, now)
    request = connection.parser.request
    if request is not None and request.body is not None:
        # Its room is given back before the client knows: not when the client has gone.
        request.body.close()
    if connection.preamble is not None:
        # No handshake has begun: its proxy is told in plain text.
        connection.give_up_tls()
    answer = refusal_answer(refusal, formatdate(usegmt=True), to_head=connection.parser.is_head)
    try:
        connection.sock.send(answer)
    except OSError:
        return False
    return True


class Ending:
    """Ends the connections of a worker; called by whoever owns one."""

    __slots__ = ("_leave", "_on_fewer", "_poller", "_refusals")

    def __init__(
        self,
        poller: Poller,
        refusals: RefusalLog,
        leave: Callable[[Connection], None],
        on_fewer: Callable[[], None],
    ) -> None:
        """`leave` strikes a connection off before its descriptor can be used anew; `on_fewer` comes after."""
        self._poller = poller
        self._refusals = refusals
        self._leave = leave
        self._on_fewer = on_fewer

    def end(self, connection: Connection, now: float, *, client_closes: bool) -> None:
        """Close after an answer; where the client may still be sending, so that it sees the answer first."""
        parser = connection.parser
        # With the answer to a request out, nothing of another one was looked at, but perhaps not all of its
        # own body.
        if connection.is_lost or (client_closes and not parser.rest and parser.request is None):
            self.close(connection)
        else:
            self._linger(connection, now)

    def refuse(self, connection: Connection, refusal: Refusal, now: float) -> None:
        """Answer for the application, and close."""
        if tell_refusal(connection, refusal, self._refusals, now):
            self._linger(connection, now)
        else:
            self.close(connection)

    def linger_on(self, connection: Connection, now: float) -> None:
        """Drain what a client sends that was told that nothing more comes."""
        try:
            is_over = not connection.sock.recv(DRAINED_AT_ONCE)
        except BlockingIOError:
            is_over = False
        except OSError:
            is_over = True
        if is_over:
            self.close(connection)
        else:
            connection.look_again()
            self._poller.wait(connection, State.LINGERING, now, connection.deadline)

    def close(self, connection: Connection) -> None:
        """Close now, whoever else has the same socket: an application that forks leaves copies behind."""
        try:  # noqa: SIM105 - it would make an object, for half a microsecond
            connection.say_end()
        except OSError:
            pass
        self.let_go(connection)

    def let_go(self, connection: Connection) -> None:
        """Close our copy of a connection that another worker has now."""
        if connection.armed:
            self._poller.forget(connection)
        self._leave(connection)
        connection.close()
        self._on_fewer()

    def _linger(self, connection: Connection, now: float) -> None:
        """Say that nothing more comes, and drain what the client still sends (RFC 9112, 9.6)."""
        try:
            connection.say_end()
        except OSError:
            self.close(connection)
            return
        connection.look_again()
        self._poller.wait(connection, State.LINGERING, now, now + LINGER_S)
