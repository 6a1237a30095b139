"""Fixtures that serve, and what a failed test leaves behind: the server's log in the report, its directory on disk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import ServerProcess, start_server

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


class Serve:
    """Starts servers that end with the test (or the module): `server = serve("-w", "2", app=...)`."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        """Keep the stack that ends what is started."""
        self._stack = stack
        self.servers: list[ServerProcess] = []

    def __call__(self, *args: str, **options: Any) -> ServerProcess:  # noqa: ANN401  as `start_server` takes them
        """Start one more; the arguments are `start_server`'s."""
        server = self._stack.enter_context(start_server(*args, **options))
        self.servers.append(server)
        return server


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give the function that starts a server for this test."""
    with contextlib.ExitStack() as stack:
        yield Serve(stack)


@pytest.fixture(scope="module")
def serve_for_module() -> Iterator[Serve]:
    """Give the function that starts a server for all tests of a module."""
    with contextlib.ExitStack() as stack:
        yield Serve(stack)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the log of every server that a failed test used into its report, and keep their directories."""
    report = yield
    if report.failed:
        for server in _servers_of(item):
            server.keep = True
            report.sections.append((f"server {server.pid}", server.story()))
    return report


def _servers_of(item: pytest.Item) -> list[ServerProcess]:
    found: list[ServerProcess] = []
    for value in getattr(item, "funcargs", {}).values():
        found += value.servers if isinstance(value, Serve) else [value] if isinstance(value, ServerProcess) else []
    return list(dict.fromkeys(found))
