"""Whose connection is closed to make room for a newcomer, where `worker_connections` are open."""

import logging
from collections.abc import Collection

from wsgid.workers.connection import Connection, State

BEFORE_THE_APPLICATION = frozenset(
    {State.PREAMBLE, State.HANDSHAKE, State.FRESH, State.HEAD, State.BODY, State.PARKED}
)


def least_missed(connections: Collection[Connection]) -> Connection | None:
    """Find the one that may make room: an idle one, else who has stood still longest."""
    victims = [connection for connection in connections if connection.state is State.IDLE]
    if not victims:
        victims = [connection for connection in connections if connection.state in BEFORE_THE_APPLICATION]
    return min(victims, key=lambda connection: connection.since, default=None)


def tell_room_made(log: logging.Logger, victim: Connection, now: float) -> None:
    """Tell whose connection is closed for it."""
    log.info(
        "connection closed to make room peer=%s age_s=%.1f", victim.parser.peer.decode(), now - victim.since
    )
