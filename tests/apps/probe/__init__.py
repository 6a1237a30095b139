"""The application of the conformance tests: reports what it is given, and misbehaves as it is told.

A path `/-/NAME` is one of the behaviours below; any other path gets a report of its environ and its body.
What happens out of the client's sight (a call, a close) is told on stderr, a line each, after "-- ".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.apps.probe.answers import endless, hold, lockstep, respond, respond_wrongly
from tests.apps.probe.bodies import ignore, peek, read_by_plan
from tests.apps.probe.files import wrap_file
from tests.apps.probe.report import report, tell, write_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Do what the path says."""
    path = environ["PATH_INFO"]
    if path == "/-/mark":
        return mark(environ, start_response)
    tell(f"call {environ['REQUEST_METHOD']} {path!a}")
    return BEHAVIOURS.get(path, report)(environ, start_response)


def mark(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Write the query into the log: what stands above was there before this request."""
    tell(f"mark {environ['QUERY_STRING']}")
    start_response("204 No Content", [])
    return []


BEHAVIOURS: Mapping[str, Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]] = {
    "/-/respond": respond,
    "/-/wrongly": respond_wrongly,
    "/-/hold": hold,
    "/-/lockstep": lockstep,
    "/-/endless": endless,
    "/-/input": read_by_plan,
    "/-/ignore": ignore,
    "/-/peek": peek,
    "/-/file": wrap_file,
    "/-/errors": write_errors,
}
