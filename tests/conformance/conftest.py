"""The servers of the conformance tests: one of each worker kind for all modules, and strict ones."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.stage import Stage
from tests.integration.tls.client import PAIR, trusting
from tests.support import start_server

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

# those that can read a body before they call the application
KINDS = {"sync": ("-k", "sync"), "threads": ("-k", "gthread", "--threads", "4")}
GREEN = {"gevent": ("-k", "gevent"), "eventlet": ("-k", "eventlet")}
# eventlet's server is gevent's but for the library
ALL = (*KINDS, "gevent", pytest.param("eventlet", marks=pytest.mark.again))

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


# The long tables, and of whom they are asked before each commit. What a request is, one parser decides for
# all kinds. Who writes a response is another one where threads are green; sync's server is that of threads,
# which have tests of their own for what they share.
QUICK = {"test_requests.py": {"sync"}, "test_responses.py": {"sync", "gevent"}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the other kinds of the long tables to `make test-all`."""
    for item in items:
        kinds = QUICK.get(item.path.name)
        call = getattr(item, "callspec", None)
        if kinds is None or call is None or item.path.parent != HERE:
            continue
        kind = call.params.get("stage") or call.params.get("buffered_stage")
        if kind is not None and kind not in kinds:
            item.add_marker(pytest.mark.again)


class Stages:
    """The servers of a session, each started when it is first asked for."""

    def __init__(self, peer: str, stack: contextlib.ExitStack) -> None:
        """Keep the stack that ends them."""
        self._peer = peer
        self._stack = stack
        self._made: dict[tuple[str, tuple[str, ...]], Stage] = {}

    def get(self, kind: str, arguments: tuple[str, ...] = ()) -> Stage:
        """Give a server of this kind with these arguments, on a port and on a Unix socket."""
        if (kind, arguments) not in self._made:
            self._made[kind, arguments] = self._make(kind, arguments)
        return self._made[kind, arguments]

    def _make(self, kind: str, arguments: tuple[str, ...]) -> Stage:
        # Every refusal is a line at level debug, however many there are in a second.
        level = ("--log-level", "debug") if self._peer == "wsgid" else ()
        server = start_server(
            *(*(KINDS | GREEN)[kind], *arguments, *level),
            app="tests.apps.probe:application",
            bind=("127.0.0.1:0", "unix:wsgid.sock"),
            peer=self._peer,
        )
        context = trusting() if arguments[: len(PAIR)] == PAIR else None
        stage = Stage(self._stack.enter_context(server), kind, context)
        self._stack.callback(stage.close)
        return stage


@pytest.fixture(scope="session")
def stages(request: pytest.FixtureRequest) -> Iterator[Stages]:
    """Give all servers of the session."""
    with contextlib.ExitStack() as stack:
        yield Stages(request.config.getoption("--peer"), stack)


@pytest.fixture(scope="session", params=ALL)
def stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """Give a server of this kind with every limit at its default."""
    return stages.get(request.param)


@pytest.fixture(scope="session", params=["sync", "gevent"])
def secure_stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """Give the same over TLS; threads end a connection as sync does."""
    return stages.get(request.param, PAIR)


@pytest.fixture(scope="session", params=KINDS)
def buffered_stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """Give the same, of a kind that reads a body before it calls the application."""
    return stages.get(request.param)


@pytest.fixture(scope="session", params=ALL)
def strict_stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """Give a server of this kind with deadlines below a second and small limits."""
    return stages.get(request.param, STRICT)


@pytest.fixture(scope="session", params=KINDS)
def strict_buffered_stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """Give the same, of a kind that reads a body before it calls the application."""
    return stages.get(request.param, STRICT)


@pytest.fixture(scope="session", params=ALL)
def unbuffered_stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """Give a server of this kind that calls the application after the head.

    It has two workers: one that waits for a body may answer nobody else,
    and our own connection must be heard.
    """
    arguments = (
        *("-w", "2", "--no-request-buffering", "--limit-request-body", "8M"),
        *("--body-timeout", str(BODY_TIMEOUT_S)),
    )
    return stages.get(request.param, arguments)
