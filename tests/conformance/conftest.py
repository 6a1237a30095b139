"""The servers of the conformance tests: one of each worker kind for all modules, and strict ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.stage import Stage
from tests.support import start_server

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {"sync": ("-k", "sync"), "threads": ("-k", "gthread", "--threads", "4")}

# seconds that are long for a test on a busy machine, and short for whoever waits for them to pass
HEADER_TIMEOUT_S, BODY_TIMEOUT_S, SEND_TIMEOUT_S, KEEPALIVE_S = 0.3, 0.6, 0.6, 0.4
STRICT = (
    *("--header-timeout", str(HEADER_TIMEOUT_S)),
    *("--body-timeout", str(BODY_TIMEOUT_S)),
    *("--send-timeout", str(SEND_TIMEOUT_S)),
    *("--keep-alive", str(KEEPALIVE_S)),
    *("--limit-request-body", "1M"),
    *("--limit-request-line", "100"),
    *("--limit-request-fields", "5"),
    *("--limit-request-field-size", "200"),
)


@pytest.fixture(scope="session", params=KINDS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a server of this kind with every limit at its default, on a port and on a Unix socket."""
    yield from _serve(request, ())


def _serve(request: pytest.FixtureRequest, arguments: tuple[str, ...]) -> Iterator[Stage]:
    kind: str = request.param
    peer: str = request.config.getoption("--peer")
    bind = ("127.0.0.1:0", "unix:wsgid.sock")
    if peer == "wsgid":
        # Every refusal is a line then, however many there are in a second.
        arguments = (*arguments, "--log-level", "debug")
    with start_server(
        *KINDS[kind], *arguments, app="tests.apps.probe:application", bind=bind, peer=peer
    ) as server:
        stage = Stage(server, kind)
        yield stage
        stage.close()


@pytest.fixture(scope="session", params=KINDS)
def strict_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a server of this kind with deadlines below a second and small limits."""
    yield from _serve(request, STRICT)


@pytest.fixture(scope="session", params=KINDS)
def unbuffered_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a server of this kind that calls the application after the head.

    It has two workers: one that waits for a body answers nobody else, and our own connection must be heard.
    """
    arguments = (
        *("-w", "2", "--no-request-buffering", "--limit-request-body", "8M"),
        *("--body-timeout", str(BODY_TIMEOUT_S)),
    )
    yield from _serve(request, arguments)
