"""What takes long and mostly waits, for ten times `timeout`: WebSockets, events, long polling, slow uploads.

The applications are those that docs/howto/websockets.md, streaming.md, serve-fastapi.md and serve-tornado.md
show, as they stand there.
"""

from __future__ import annotations

import contextlib
import re
import select
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.conformance.case import get
from tests.integration.tls.client import PAIR, trusting
from tests.rows import again
from tests.support import ROOT, start_server
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

TIMEOUT_S = 1
LONG_S = 10 * TIMEOUT_S

KINDS = {
    "gevent": ("-k", "gevent"),
    "threads": ("-k", "gthread", "--threads", "8"),
    "eventlet": ("-k", "eventlet"),
    "asgi": ("-k", "asgi"),
    "tornado": ("-k", "tornado"),
}
# Where the application of what takes long is.
PAGES = {"asgi": "serve-fastapi.md", "tornado": "serve-tornado.md"}


def examples(page: str) -> list[str]:
    text = (ROOT / "docs/howto" / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```\n", text, re.DOTALL)


@contextlib.contextmanager
def start(kind: str, source: str, *arguments: str) -> Iterator[ServerProcess]:
    with start_server(
        *(*KINDS[kind], "--timeout", str(TIMEOUT_S), "--access-logfile", "-", *arguments),
        app="shown:app",
        files={"shown.py": source},
    ) as server:
        yield server


def websocket(server: ServerProcess, path: str) -> ClientConnection:
    context = trusting() if server.address.startswith("https:") else None
    address = server.address.replace("http", "ws", 1) + path
    return connect(address, open_timeout=10, close_timeout=5, ssl=context)


@pytest.mark.again
@pytest.mark.parametrize("kind", ["gevent", "threads"])
def test_websocket_of_flask_sock_lives_on_and_has_one_line(kind: str) -> None:
    """Silent for ten times `timeout`, then as quick as before; and no answer of ours behind it."""
    with start(kind, examples("websockets.md")[0]) as server:
        pids = server.children()
        with websocket(server, "/echo") as client:
            client.send("first")
            heard = [client.recv(10)]
            with pytest.raises(TimeoutError):
                client.recv(LONG_S)
            client.send("last")
            heard.append(client.recv(10))
        server.expect(r'"GET /echo HTTP/1.1" 101 0 ')

        assert ["first", "last"] == heard
        assert pids == server.children()
        assert "Traceback" not in server.log


@pytest.mark.parametrize("tls", [again(()), PAIR], ids=["plain", "TLS"])
@pytest.mark.parametrize("kind", ["gevent", "threads"])
def test_websocket_that_the_application_ends_is_closed_as_the_protocol_wants(
    kind: str, tls: tuple[str, ...]
) -> None:
    """The client hears a close frame, and neither a reset nor a head of ours."""
    source = examples("websockets.md")[0].replace("while True:", "for _ in range(2):")
    with start(kind, source, *tls) as server, websocket(server, "/echo") as client:
        for word in ("one", "two"):
            client.send(word)
            assert word == client.recv(10)
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(10)

        assert ended.value.rcvd is not None
        assert 1000 == ended.value.rcvd.code
        server.expect(r'"GET /echo HTTP/1.1" 101 0 ')


@pytest.mark.parametrize(
    ("kind", "mode"), [("gevent", "threading"), again("gevent", "gevent"), ("threads", "threading")]
)
def test_websocket_of_flask_socketio(kind: str, mode: str) -> None:
    """Engine.IO 4 and Socket.IO 5, spoken by hand: open, connect, an event there and back."""
    with (
        start(kind, examples("websockets.md")[1].replace("threading", mode)) as server,
        websocket(server, "/socket.io/?EIO=4&transport=websocket") as client,
    ):
        opened = client.recv(10)
        client.send("40")
        connected = client.recv(10)
        client.send('42["say","hello"]')
        said = client.recv(10)

        assert [b"0{", b"40", b"42"] == [str(one)[:2].encode() for one in (opened, connected, said)]
        assert '42["said","hello"]' == said


@pytest.mark.again
@pytest.mark.parametrize("kind", KINDS)
def test_calls_that_wait_are_not_ended(kind: str) -> None:
    """All at once, in one worker; on threads an answer without a word for so long is a hang, and left out."""
    found: dict[str, object] = {}
    options = ("--no-request-buffering",) if kind == "threads" else ()
    with start(kind, examples(PAGES.get(kind, "streaming.md"))[0], *options) as server:
        pids = server.children()
        calls: dict[str, Callable[[], object]] = {"events": lambda: _events(server)}
        if kind != "threads":
            calls["blocking call"] = lambda: _ask(server, f"/report?seconds={LONG_S}")
            calls["poll"] = lambda: _ask(server, "/news")
        if kind in PAGES:
            calls["talk"] = lambda: _talk(server)
        calls["upload"] = lambda: _upload(server)

        def run(name: str) -> None:
            found[name] = calls[name]()

        threads = [threading.Thread(target=run, args=(name,)) for name in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(3 * LONG_S)
        wanted = {
            "events": [b"data: %d\n\n" % number for number in range(20)],
            "blocking call": b"done",
            "poll": b"late",
            "talk": ["you said first", "you said last"],
            "upload": 204,
        }

        assert {name: wanted[name] for name in calls} == found
        assert pids == server.children()


def _events(server: ServerProcess) -> list[bytes]:
    with Wire(server.connect(timeout_s=30)) as wire:
        return list(wire.ask(get("/events?count=20")).chunks)


def _ask(server: ServerProcess, target: str) -> bytes:
    with Wire(server.connect(timeout_s=30)) as wire:
        return wire.ask(get(target)).body.strip(b'"')  # JSON has some


def _talk(server: ServerProcess) -> list[str | bytes]:
    """Say something, nothing for long, and something again."""
    with websocket(server, "/talk") as client:
        client.send("first")
        heard = [client.recv(10)]
        with pytest.raises(TimeoutError):
            client.recv(LONG_S)
        client.send("last")
        return [*heard, client.recv(10)]


def _upload(server: ServerProcess) -> int:
    """Send a body for as long; its last line is the news that the poll waits for."""
    with Wire(server.connect(timeout_s=30)) as wire:
        wire.send(get("/news", "Transfer-Encoding: chunked", method="POST"))
        for _ in range(20):
            time.sleep(LONG_S / 20)
            wire.send(b"1\r\n.\r\n")
        wire.send(b"5\r\n\nlate\r\n0\r\n\r\n")
        return wire.read_answer().status


TAKES_AND_CLOSES = """
import signal
import threading

told = threading.Event()


def app(environ, start_response):
    if environ["PATH_INFO"] == "/take":
        environ["gunicorn.socket"].close()
        told.wait(10)
        return []
    told.set()
    start_response("200 OK", [])
    return [b"a"]
"""


def test_a_socket_that_an_application_closed_early_may_be_anothers_by_then() -> None:
    """Its descriptor is used anew: the end of the first is not that of the second, which a stop waits for."""
    with start("threads", TAKES_AND_CLOSES) as server:
        with Wire(server.connect()) as first:
            first.send(get("/take"))
            assert b"" == first.read_to_end()
        with Wire(server.connect()) as second:
            assert 200 == second.ask(get("/tell")).status
            server.expect('"GET /take HTTP/1.1" 101')
            server.signal(signal.SIGTERM)
            # The stop reaches the worker in its own time; whoever is connected has one answer more to come.
            assert [] == select.select([second.sock], [], [], 1.0)[0]
            while not second.ask(get("/after")).is_last:
                pass

        assert 0 == server.wait()
