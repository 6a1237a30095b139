"""The same small site in each framework, with each kind that serves it, asked as browsers ask.

Django and Flask have more in test_frameworks.py.
"""

from __future__ import annotations

import hashlib
import http.client
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.apps.frameworks import BLOCK, STATIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = [pytest.mark.framework, pytest.mark.slow]

WSGI = ("pyramid", "falcon", "bottle", "cherrypy")
ASGI = ("starlette", "fastapi", "litestar", "quart")
KINDS = {
    **dict.fromkeys(WSGI, ("sync", "gevent")),
    **dict.fromkeys(ASGI, ("asgi",)),
    "falcon": ("sync", "gevent", "asgi"),
    "tornado": ("tornado",),
}
BOUNDARY = "----a-boundary-of-ours"
BLOCKS = 200


@pytest.fixture(
    scope="module", params=[(name, kind) for name, kinds in KINDS.items() for kind in kinds], ids="-".join
)
def server(request: pytest.FixtureRequest, serve_for_module: Serve) -> ServerProcess:
    name, kind = request.param
    # Who speaks both has an application for each.
    module = f"in_{name}_asgi" if name in WSGI and kind == "asgi" else f"in_{name}"
    return serve_for_module("-k", kind, app=f"tests.apps.frameworks.{module}:application")


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    yield connection
    connection.close()


def ask(
    browser: http.client.HTTPConnection, path: str, body: bytes | None = None, kind: str = ""
) -> tuple[int, bytes]:
    browser.request("GET" if body is None else "POST", path, body, {"Content-Type": kind} if kind else {})
    response = browser.getresponse()
    return response.status, response.read()


def test_a_page_and_a_form(browser: http.client.HTTPConnection) -> None:
    assert (200, b"hello you & me") == ask(browser, "/?name=you%20%26%20me")
    status, content = ask(browser, "/form", b"a=two+words&b=%C3%A9", "application/x-www-form-urlencoded")
    assert (200, {"a": "two words", "b": "\xe9"}) == (status, json.loads(content))


def test_an_upload_arrives_whole(browser: http.client.HTTPConnection) -> None:
    file = BLOCK * 60
    kind = "Content-Type: application/octet-stream"
    head = f'Content-Disposition: form-data; name="file"; filename="big.bin"\r\n{kind}'
    body = f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()
    status, content = ask(browser, "/upload", body, f"multipart/form-data; boundary={BOUNDARY}")

    told = {"name": "big.bin", "size": len(file), "sha256": hashlib.sha256(file).hexdigest()}
    assert (200, told) == (status, json.loads(content))


def test_a_stream_and_a_file_arrive_whole_and_the_connection_goes_on(
    browser: http.client.HTTPConnection,
) -> None:
    assert (200, BLOCK * BLOCKS) == ask(browser, f"/stream/{BLOCKS}")
    assert (200, Path(STATIC, "in_quart.py").read_bytes()) == ask(browser, "/static/in_quart.py")
    assert (200, b"hello world") == ask(browser, "/")


def test_a_failure_is_a_500_and_a_traceback(
    server: ServerProcess, browser: http.client.HTTPConnection
) -> None:
    workers = server.children()
    status, content = ask(browser, "/fails")

    assert 500 == status
    assert b"xyzzy" not in content
    server.expect("RuntimeError: xyzzy")
    browser.close()
    assert (200, b"hello world") == ask(browser, "/")
    assert workers == server.children()
