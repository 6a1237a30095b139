"""What a worker writes down: requests that are over, failures of the application, and refusals."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from wsgid.log.escape import escape
from wsgid.protocol.refusal import Refusal
from wsgid.wsgi.exchange import Exchange

Record = Exchange
"""What is known of an exchange that is over: what the access log, the metrics and a hook want of it."""


def compose(takers: Iterable[Callable[[Record], None] | None]) -> Callable[[Record], None] | None:
    """Make one function of what is switched on; None if nothing is, so that a request does not pay for it."""
    wanted = [taker for taker in takers if taker is not None]
    if len(wanted) <= 1:
        return wanted[0] if wanted else None

    def record(exchange: Record) -> None:
        for taker in wanted:
            taker(exchange)

    return record


def make_report(log: logging.Logger) -> Callable[[Exchange, str, BaseException | None], None]:
    """The function that is told what an application did wrong."""

    def report(exchange: Exchange, text: str, error: BaseException | None) -> None:
        environ = exchange.environ
        method = escape(str(environ.get("REQUEST_METHOD", "-")))
        target = escape(str(environ.get("RAW_URI", "-")))
        peer = environ.get("REMOTE_ADDR") or "-"
        if error is None:
            log.warning("%s request=%s %s peer=%s", text, method, target, peer)
        else:
            log.error(
                "%s request=%s %s peer=%s",
                text,
                method,
                target,
                peer,
                exc_info=(type(error), error, error.__traceback__),
            )

    return report


def tell_overlong(
    log: logging.Logger,
    environ: dict[str, Any],
    duration_s: float,
    bound_s: float,
    ended: str,
    error: BaseException | None = None,
) -> None:
    """Tell of a request that takes longer than request_timeout, and what is `ended` for it.

    `error` shows where it waited, if that is known.
    """
    log.error(
        'request overlong method=%s target="%s" peer=%s duration_s=%.1f: longer than request_timeout'
        " (%g s); %s",
        escape(str(environ.get("REQUEST_METHOD", "-"))),
        escape(str(environ.get("RAW_URI", "-"))),
        environ.get("REMOTE_ADDR") or "-",
        duration_s,
        bound_s,
        ended,
        exc_info=None if error is None else (type(error), error, error.__traceback__),
    )


class RefusalLog:
    """One line for a request that was refused; at most ten a second, for clients may send what they like.

    What was left out is a number, once the second is over. At level debug nothing is. Threads may write at
    once: a line more or less is no harm.
    """

    MOST_A_SECOND = 10

    __slots__ = ("_left_out", "_log", "_second", "_written")

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._second = 0
        self._written = 0
        self._left_out = 0

    def write(self, refusal: Refusal, environ: dict[str, Any], now: float) -> None:
        """`now` is `time.monotonic()`, as for `tick`."""
        if self._has_room(now):
            self._log.warning(
                "request refused status=%d peer=%s reason: %s",
                refusal.status,
                environ.get("REMOTE_ADDR") or "-",
                escape(refusal.detail),
            )

    def write_handshake(self, why: str, environ: dict[str, Any], now: float) -> None:
        """Tell of a handshake that came to nothing: every scanner makes some, so nobody need act."""
        if self._log.isEnabledFor(logging.INFO) and self._has_room(now):
            self._log.info("TLS handshake failed peer=%s reason: %s", environ.get("REMOTE_ADDR") or "-", why)

    def _has_room(self, now: float) -> bool:
        self.tick(now)
        if self._written >= self.MOST_A_SECOND and not self._log.isEnabledFor(logging.DEBUG):
            self._left_out += 1
            return False
        self._written += 1
        return True

    def tick(self, now: float) -> None:
        """Begin another second, if it is time, and tell what the last one has left out."""
        second = int(now)
        if second == self._second:
            return
        self._second, self._written = second, 0
        left_out, self._left_out = self._left_out, 0
        if left_out:
            self._log.warning("%d more requests were refused within a second", left_out)
