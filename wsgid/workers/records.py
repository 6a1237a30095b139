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


def log_refusal(log: logging.Logger, refusal: Refusal, environ: dict[str, Any]) -> None:
    """One line for a request that was refused."""
    log.warning(
        "request refused status=%d peer=%s reason: %s",
        refusal.status,
        environ.get("REMOTE_ADDR") or "-",
        escape(refusal.detail),
    )
