"""The servers of the conformance tests: one of each worker kind for all modules, and strict ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.stage import Stage
from tests.support import start_server

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {"sync": ("-k", "sync"), "threads": ("-k", "gthread", "--threads", "4")}


@pytest.fixture(scope="session", params=KINDS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a server of this kind with every limit at its default, on a port and on a Unix socket."""
    yield from _serve(request, ())


def _serve(request: pytest.FixtureRequest, arguments: tuple[str, ...]) -> Iterator[Stage]:
    kind: str = request.param
    peer: str = request.config.getoption("--peer")
    bind = ("127.0.0.1:0", "unix:wsgid.sock")
    with start_server(
        *KINDS[kind], *arguments, app="tests.apps.probe:application", bind=bind, peer=peer
    ) as server:
        stage = Stage(server, kind)
        yield stage
        stage.close()
