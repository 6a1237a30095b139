"""The kinds that bring a library's server along: WebSockets and streams, and what each has of its own.

What they have in common with all others is in test_workers.py.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conformance.case import get
from tests.integration.tls.client import PAIR, trusting
from tests.wire import Wire
from wsgid.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

APPS = {"asgi": "tests.apps.asgi_app:application", "tornado": "tests.apps.tornado_app:application"}
# Some of it is asked at every change, the rest with `make test-all`.
later = pytest.mark.framework
each_kind = pytest.mark.parametrize("kind", ["asgi", pytest.param("tornado", marks=later)])


def start(serve: Serve, kind: str, *args: str, **options: Any) -> ServerProcess:
    return serve("-k", kind, "--access-logfile", "-", *args, app=APPS[kind], **options)


def fetch(server: ServerProcess, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(
        "GET" if body is None else "POST", path, body, encode_chunked=not isinstance(body, bytes)
    )
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


class Asked(threading.Thread):
    """A request that is asked beside what the test does; `answer` is what came of it."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self._answer: Any = None
        self.start()

    def run(self) -> None:
        try:
            self._answer = self._ask()
        except Exception as error:  # noqa: BLE001  whatever it is, the test compares it
            self._answer = error

    @property
    def answer(self) -> Any:
        self.join(60)
        return self._answer


@contextlib.contextmanager
def talk(server: ServerProcess, path: str = "/talk") -> Iterator[websockets.sync.client.ClientConnection]:
    with websockets.sync.client.connect(f"ws://127.0.0.1:{server.port}{path}", open_timeout=30) as socket_:
        yield socket_


def poll(server: ServerProcess, seconds: float) -> Asked:
    """Ask what is answered later, and return when the application is in it."""
    asked = Asked(lambda: fetch(server, f"/poll?s={seconds}"))
    server.expect("^polled")
    return asked


@each_kind
def test_requests_have_answers_and_lines(serve: Serve, kind: str) -> None:
    server = start(serve, kind)

    assert (200, b"x" * 100_000) == fetch(server, "/echo", b"x" * 100_000)
    assert 500 == fetch(server, "/fails")[0]
    server.expect(r'127\.0\.0\.1 - - \[.*\] "POST /echo HTTP/1.1" 200 100000 "-" "-"')
    server.expect(r'127\.0\.0\.1 - - \[.*\] "GET /fails HTTP/1.1" 500 \d+')
    server.expect(r"^RuntimeError: xyzzy")
    assert 1 == server.log.count("RuntimeError: xyzzy"), "told once"
    with talk(server) as client:
        client.send("hello")
        assert "echo hello" == client.recv()
        client.send("goodbye")
        assert "echo goodbye" == client.recv()
        with pytest.raises(ConnectionClosed):
            client.recv()
    server.expect(r'"GET /talk HTTP/1.1" 101 \d+ ')
    with pytest.raises(InvalidStatus, match="403"), talk(server, "/refuse"):
        pass


@each_kind
def test_a_stop_finishes_what_was_begun(serve: Serve, kind: str) -> None:
    server = start(serve, kind)
    asked = poll(server, 1)

    with talk(server) as client:
        server.signal(signal.SIGTERM)
        # A WebSocket would last for ever: it is told, and comes again to the next server (RFC 6455, 7.4).
        with pytest.raises(ConnectionClosed, match="1012"):
            client.recv(timeout=30)
    assert (200, b"news") == asked.answer
    assert ExitCode.OK == server.wait()


@later
@each_kind
def test_what_is_not_over_in_time_is_cut_off(serve: Serve, kind: str) -> None:
    server = start(serve, kind, "--graceful-timeout", "2")
    poll(server, 3600)

    began = time.monotonic()
    server.signal(signal.SIGTERM)
    server.expect(r"requests cut off count=1: not over within graceful_timeout \(2 s\)")
    assert ExitCode.OK == server.wait()
    assert 6 > time.monotonic() - began


@later
@each_kind
def test_tls_is_spoken(serve: Serve, kind: str) -> None:
    server = start(serve, kind, *PAIR)
    url = f"wss://localhost:{server.port}/talk"
    sock = server.connect(f"http://127.0.0.1:{server.port}")
    with websockets.sync.client.connect(url, sock=sock, ssl=trusting(), open_timeout=30) as client:
        client.send("hello")
        assert "echo hello" == client.recv()


@later
@each_kind
def test_a_stop_waits_for_no_handshake_that_stands_still(serve: Serve, kind: str) -> None:
    """As it waits for no idle connection: for up to 5 s, here less."""
    server = start(serve, kind, *PAIR, "--graceful-timeout", "30", "--header-timeout", "60")
    with server.connect() as client:
        client.sendall(b"\x16\x03\x01")  # a ClientHello begins
        # Whoever comes later is let in later.
        with Wire(trusting().wrap_socket(server.connect(), server_hostname="localhost")) as wire:
            wire.ask(get("/"))
        began = time.monotonic()
        server.signal(signal.SIGTERM)

        assert ExitCode.OK == server.wait(25)
        assert 15 > time.monotonic() - began


@later
@each_kind
def test_hooks_are_told(serve: Serve, kind: str) -> None:
    hooks = """
def pre_request(worker, req):
    worker.log.info("before %s %s", req.method, req.path)

def post_request(worker, req, environ, resp):
    worker.log.info("after %s %s %s", req.path, resp.status, resp.sent)
"""
    server = start(serve, kind, files={"wsgid.conf.py": hooks})
    fetch(server, "/echo", b"12345")

    server.expect("before POST /echo")
    server.expect("after /echo 200 OK 5")


FROM_A_PROXY = ("X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example")


def seen(wire: Wire, *lines: str) -> tuple[str, str]:
    """Client and URL, as the application takes them."""
    told = json.loads(wire.ask(get("/", *lines)).body)
    return told["client"], told["url"]


@later
@each_kind
def test_a_believed_proxy_is_asked_who_its_client_is_at_each_request(serve: Serve, kind: str) -> None:
    server = start(serve, kind, "--proxy-headers", "x-forwarded")
    with Wire(server.connect()) as wire:
        answers = [seen(wire, *FROM_A_PROXY), seen(wire)]

    assert [("192.0.2.7", "https://shop.example/"), ("127.0.0.1", "http://h/")] == answers
    server.expect('^192.0.2.7 - - .* "GET / ')


@each_kind
def test_nobody_else_is_believed(serve: Serve, kind: str) -> None:
    options = ("--proxy-headers", "x-forwarded", "--forwarded-allow-ips", "192.0.2.1")
    with Wire(start(serve, kind, *options).connect()) as wire:
        assert ("127.0.0.1", "http://h/") == seen(wire, *FROM_A_PROXY, "SCRIPT_NAME: /evil")


@later
@each_kind
def test_a_proxy_that_contradicts_itself_is_refused(serve: Serve, kind: str) -> None:
    server = start(serve, kind)
    with Wire(server.connect()) as wire:
        answer = wire.ask(get("/", "X-Forwarded-Proto: https", "X-Forwarded-SSL: off"))

    assert 400 == answer.status
    assert answer.is_last or answer.framing == "close"
    server.expect("request refused status=400 peer=127.0.0.1 reason: headers of a proxy that disagree")


@later
def test_websocket_of_a_proxy_is_secure_where_it_says_so(serve: Serve) -> None:
    app = """
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

async def tell(socket):
    await socket.accept()
    await socket.send_text(f"{socket.client.host} {socket.url}")
    await socket.close()

application = Starlette(routes=[WebSocketRoute("/", tell)])
"""
    server = serve("-k", "asgi", "--proxy-headers", "x-forwarded", app="app", files={"app.py": app})
    headers = dict(line.split(": ") for line in FROM_A_PROXY)
    url = f"ws://127.0.0.1:{server.port}/"
    with websockets.sync.client.connect(url, additional_headers=headers, open_timeout=30) as client:
        assert "192.0.2.7 wss://shop.example/" == client.recv(30)


# What they are for; test_long_calls.py has more of it


@later
@each_kind
def test_events_arrive_as_they_are_told(serve: Serve, kind: str) -> None:
    server = start(serve, kind)
    with server.connect() as client:
        client.sendall(b"GET /events?n=1000 HTTP/1.1\r\nHost: x\r\n\r\n")
        data = b""
        while b"data: 1\n" not in data:
            data += client.recv(65536)

        assert b"data: 900\n" not in data


# What each has of its own


@later
def test_lifespan_begins_and_ends_with_the_worker(serve: Serve) -> None:
    server = start(serve, "asgi")

    assert "by lifespan" == json.loads(fetch(server, "/")[1])["state"]
    server.expect("the application has started")
    assert ExitCode.OK == server.stop()
    assert "the application has ended" in server.log


def test_a_lifespan_that_fails_keeps_the_worker_from_serving(serve: Serve) -> None:
    server = start(serve, "asgi", env={"FAILS_TO_START": "1"}, ready=False)

    assert ExitCode.APPLICATION == server.wait()
    assert re.search(r"its lifespan startup failed\n(.*\n)*RuntimeError: no database today", server.log)


@later
def test_lifespan_may_be_left_out(serve: Serve) -> None:
    server = start(serve, "asgi", "--asgi-lifespan", "off", env={"FAILS_TO_START": "1"})

    assert json.loads(fetch(server, "/")[1])["state"] is None


HIDDEN = {f"{name}.py": f"raise ImportError('{name} is not here')" for name in ("uvloop", "websockets")}


@later
def test_asgi_is_served_without_what_need_not_be_installed(serve: Serve) -> None:
    """The loop of asyncio serves then, and a WebSocket is told that there are none."""
    server = start(serve, "asgi", files={**HIDDEN, "wsproto.py": "raise ImportError"})

    assert 200 == fetch(server, "/")[0]
    with pytest.raises(InvalidStatus), talk(server):
        pass
    server.expect("No supported WebSocket library detected")
    assert 200 == fetch(server, "/")[0]
    assert ExitCode.OK == server.stop()


@later
def test_root_path_is_below_which_a_proxy_mounts(serve: Serve) -> None:
    server = start(serve, "asgi", "--root-path", "/mounted")

    told = json.loads(fetch(server, "/")[1])
    assert ("/mounted", "/mounted/") == (told["root_path"], told["path"])


@later
def test_a_request_that_takes_too_long_is_ended_alone(serve: Serve) -> None:
    server = start(serve, "asgi", "--request-timeout", "1")
    other = Asked(lambda: fetch(server, "/poll?s=0.5"))

    assert (500, b"Internal Server Error") == fetch(server, "/poll?s=3600")
    assert (200, b"news") == other.answer
    server.expect(r'request overlong method=GET target="/poll\?s=3600" .* it alone is ended')
    server.expect(r'"GET /poll\?s=3600 HTTP/1.1" 500 21')


@later
def test_tornado_closes_the_connection_of_a_request_that_takes_too_long(serve: Serve) -> None:
    server = start(serve, "tornado", "--request-timeout", "1")

    with pytest.raises(http.client.RemoteDisconnected):
        fetch(server, "/poll?s=3600")
    server.expect(r'request overlong method=GET target="/poll\?s=3600" .* its connection is closed')
    assert 200 == fetch(server, "/")[0]


@later
def test_tornado_serves_a_wsgi_application_and_says_what_serves_it_better(serve: Serve) -> None:
    server = serve("-k", "tornado", "--access-logfile", "-", app="tests.apps.echo:application")

    assert 200 == fetch(server, "/")[0]
    server.expect('WSGI application `tests.apps.echo:application` under worker_class "tornado": .* better')
    server.expect('"GET / HTTP/1.1" 200')


@later
@pytest.mark.parametrize(
    ("kind", "app", "expected"),
    [
        (
            "asgi",
            "tests.apps.echo:application",
            "it is a WSGI application: serve it with another worker_class",
        ),
        ("sync", APPS["asgi"], 'it is an ASGI application: serve it with worker_class "asgi"'),
    ],
)
def test_an_application_of_another_kind_is_refused(serve: Serve, kind: str, app: str, expected: str) -> None:
    server = serve("-k", kind, app=app, ready=False)

    assert ExitCode.APPLICATION == server.wait()
    assert expected in server.log
