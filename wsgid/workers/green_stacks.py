"""Where each green thread of a worker stands, and which request it serves: for who asks, and for its end."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from wsgid.log.escape import escape
from wsgid.workers.connection import Connection
from wsgid.workers.green_threads import GreenThreads
from wsgid.workers.stacks import format_frames, format_stacks
from wsgid.wsgi.exchange import Exchange


def green_stacks(
    green_threads: GreenThreads, having: Mapping[Connection, Any], served: Mapping[Connection, Exchange]
) -> str:
    """Show all, the one that runs first; `having` says which of them has a connection."""
    current = green_threads.current()
    now = monotonic()
    who = {green: _who(connection, served.get(connection), now) for connection, green in having.items()}
    frames = green_threads.frames()
    frames.sort(key=lambda entry: (entry[0] is not current, entry[0] not in who))
    return (
        "\n".join(
            format_frames(
                f"{'Current green thread' if green is current else 'Green thread'} {id(green):#018x}"
                f"{who.get(green, '')}",
                frame,
            )
            for green, frame in frames
        )
        + f"\n{format_stacks()}"
    )


def _who(connection: Connection, exchange: Exchange | None, now: float) -> str:
    peer = connection.parser.peer.decode() or "-"
    if exchange is None:
        return f" {connection.state.value} peer={peer}"
    environ = exchange.environ
    return (
        f" serving method={escape(str(environ.get('REQUEST_METHOD', '-')))}"
        f' target="{escape(str(environ.get("RAW_URI", "-")))}" peer={peer}'
        f" duration_s={now - exchange.began:.1f}"
    )
