"""The socket that an application may take, when the connection has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from wsgid.workers.takeover import Takeover

if TYPE_CHECKING:
    from wsgid.workers.connection import Connection


def test_closing_it_once_more_is_nothing() -> None:
    """A thread of simple-websocket does so after the call has returned, and would end with a traceback."""
    takeover = Takeover(cast("Connection", object()), lambda _: None)
    takeover.end()

    takeover.close()
    with pytest.raises(ConnectionAbortedError, match="the connection is closed"):
        takeover.recv(1)
