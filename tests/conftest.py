"""Fixtures that serve; a failed test puts the server's log into its report and leaves the directory."""

from __future__ import annotations

import compileall
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PEERS, ROOT, ServerProcess, start_server

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the conformance tests ask another server: what they find there shows that they can find it."""
    parser.addoption(
        "--peer", default="wsgid", choices=sorted(PEERS), help="the server that conformance asks"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C mean to a test's processes what it means to those of a terminal, and have starts cost less.

    A shell has what it starts in the background ignore Ctrl-C, and so would all that is started from there.

    Without compiled files a quarter of a server's start is to compile its modules, and half of a collection
    to compile the tests. So there are some whatever the environment says of PYTHONDONTWRITEBYTECODE. But what
    a test starts writes none: an application that is changed twice in a second would be the first once more.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.dont_write_bytecode = False
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    if not hasattr(config, "workerinput"):
        for name in ("wsgid", "tests"):
            compileall.compile_dir(ROOT / name, quiet=2)


def pytest_collection_finish() -> None:
    """Write no compiled files from here on: this process imports applications, too."""
    sys.dont_write_bytecode = True


class Serve:
    """Starts servers that end with the test (or the module): `server = serve("-w", "2", app=...)`."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        """Keep the stack that ends what is started."""
        self._stack = stack
        self.servers: list[ServerProcess] = []

    def __call__(self, *args: str, **options: Any) -> ServerProcess:
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
    # What a test has logged may hold what no encoding takes; a report travels from one process to another.
    report.sections = [(title, _encodable(text)) for title, text in report.sections]
    return report


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _servers_of(item: pytest.Item) -> list[ServerProcess]:
    found: list[ServerProcess] = []
    for value in getattr(item, "funcargs", {}).values():
        if isinstance(value, Serve):
            found += value.servers
        elif isinstance(value, ServerProcess):
            found.append(value)
    return list(dict.fromkeys(found))
