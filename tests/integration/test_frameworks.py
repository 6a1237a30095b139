"""A Flask and a Django project, served by threads and by greenlets, asked as browsers ask."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import pytest

from tests.apps.django_site import views
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.conftest import Serve
    from tests.support import ServerProcess

    # With the names of the framework and of the kind.
    Served = tuple[ServerProcess, tuple[str, str]]

pytestmark = [pytest.mark.framework, pytest.mark.slow]

# two workers: what a session holds must survive the next request going elsewhere
KINDS = {
    "sync": ("-w", "2"),
    "gthread": ("-w", "2", "-k", "gthread", "--threads", "4"),
    "gevent": ("-w", "2", "-k", "gevent"),
}
APPS = {"flask": "tests.apps.flask_app:application", "django": "tests.apps.django_site.wsgi:application"}
SOURCES = {"flask": ROOT / "tests/apps/flask_app.py", "django": ROOT / "tests/apps/django_site/views.py"}
BOUNDARY = "----a-boundary-of-ours"


@dataclass
class Browser:
    """One connection that keeps cookies."""

    connection: http.client.HTTPConnection
    framework: str
    takes_chunks: bool = True
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask, and give the answer and its body."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        fields = {**({"Cookie": cookie} if cookie else {}), **(headers or {})}
        self.connection.request(method, path, body, fields, encode_chunked=not isinstance(body, bytes))
        response = self.connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.coded_value
        return response, content


@pytest.fixture(scope="module", params=[(app, kind) for app in APPS for kind in KINDS], ids="-".join)
def served(request: pytest.FixtureRequest, serve_for_module: Serve) -> Served:
    """Give a server of each kind with each project, and the two names."""
    framework, kind = request.param
    return serve_for_module(*KINDS[kind], app=APPS[framework]), request.param


# For what Flask has none of: tokens, middleware of its own.
only_django = pytest.mark.parametrize(
    "served", [("django", kind) for kind in KINDS], ids="-".join, indirect=True
)


@pytest.fixture
def browser(served: Served) -> Iterator[Browser]:
    """Give a browser that has been nowhere."""
    server, (framework, kind) = served
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    # Django takes a body without a length for empty; what is read as it comes has none.
    yield Browser(connection, framework, takes_chunks=(framework, kind) != ("django", "gevent"))
    connection.close()


def test_page_and_query(browser: Browser) -> None:
    """A page, a query with an escape, and the same by a kept connection."""
    for name, sent in (("world", ""), ("you & me", "?name=you%20%26%20me"), ("\xe9", "?name=%C3%A9")):
        response, content = browser.ask("GET", f"/{sent}")

        assert response.status == 200
        assert content.decode().startswith(f"hello {name}")


def test_form_and_cookies(browser: Browser) -> None:
    """What a form sends arrives, with every cookie; Django's token is asked for and given back."""
    browser.ask("GET", "/cookies")
    token = browser.ask("GET", "/form")[1].decode() if browser.framework == "django" else ""
    body = b"a=1&b=two+words&c=%C3%A9" + (f"&csrfmiddlewaretoken={token}".encode() if token else b"")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response, content = browser.ask("POST", "/form", body, headers)

    assert response.status == 200
    found = json.loads(content)
    assert {"a": "1", "b": "two words", "c": "\xe9"}.items() <= found["form"].items()
    assert {"first": "1", "second": "two words; and more"}.items() <= found["cookies"].items()


@only_django
def test_form_without_its_token_is_refused_and_the_connection_goes_on(browser: Browser) -> None:
    """Django answers without reading the body; the next request is the next request."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response, _ = browser.ask("POST", "/form", b"a=1&" * 50_000, headers)

    assert response.status == 403
    assert browser.ask("GET", "/")[0].status == 200


def test_session_counts_over_workers(browser: Browser) -> None:
    """Each visit on a connection of its own, so that any worker may serve it."""
    for visit in range(1, 8):
        _, content = browser.ask("GET", "/count")
        browser.connection.close()

        assert content == str(visit).encode()


def multipart(size: int) -> tuple[list[bytes], str]:
    """Give an upload in blocks, and the hash of the file in it."""
    block = bytes(range(256)) * 4096
    digest = hashlib.sha256()
    blocks = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\na word\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
    ]
    for start in range(0, size, len(block)):
        part = block[: min(len(block), size - start)]
        digest.update(part)
        blocks.append(part)
    blocks.append(f"\r\n--{BOUNDARY}--\r\n".encode())
    return blocks, digest.hexdigest()


@pytest.mark.parametrize(
    ("way", "size"),
    [("length", 0), ("chunks", 1000), ("length", 3_000_000), ("chunks", 50 * 1024 * 1024)],
)
def test_upload(browser: Browser, size: int, way: str) -> None:
    """A file of 50 MB arrives whole, whether its size is said before or not."""
    blocks, digest = multipart(size)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    if way == "length" or not browser.takes_chunks:
        response, content = browser.ask("POST", "/upload", b"".join(blocks), headers)
    else:
        response, content = browser.ask("POST", "/upload", iter(blocks), headers)

    assert response.status == 200
    assert json.loads(content) == {"name": "big.bin", "size": size, "sha256": digest, "note": "a word"}


@pytest.mark.parametrize("length", ["", "?length"])
def test_streamed_download(browser: Browser, length: str) -> None:
    """20 MB out of a generator, in chunks or by its length; then the connection goes on."""
    blocks = 320
    response, content = browser.ask("GET", f"/download/{blocks}{length}")

    assert response.status == 200
    assert hashlib.sha256(content).digest() == hashlib.sha256(views.BLOCK * blocks).digest()
    assert (response.getheader("Content-Length") is not None) == bool(length)
    assert browser.ask("GET", "/")[0].status == 200


def test_file_and_its_conditions(browser: Browser) -> None:
    """send_file and FileResponse come through wsgi.file_wrapper; HEAD has its length and no octet."""
    source = SOURCES[browser.framework].read_bytes()
    response, content = browser.ask("GET", "/file")
    head, nothing = browser.ask("HEAD", "/file")

    assert content == source
    assert response.getheader("Content-Length") == head.getheader("Content-Length") == str(len(source))
    assert nothing == b""
    if browser.framework == "flask":
        part, octets = browser.ask("GET", "/file", headers={"Range": "bytes=10-19"})
        assert (part.status, octets) == (206, source[10:20])
        unchanged = {"If-None-Match": response.getheader("ETag") or ""}
        assert browser.ask("GET", "/file", headers=unchanged)[0].status == 304
        assert browser.ask("GET", "/memory")[1] == views.BLOCK
        assert browser.ask("GET", "/")[0].status == 200


def test_error_is_a_500_and_a_traceback(served: Served, browser: Browser) -> None:
    """The framework answers; its log, or ours, tells why; the worker serves on."""
    server, _ = served
    children = server.children()
    response, content = browser.ask("GET", "/fails")

    assert response.status == 500
    assert b"xyzzy" not in content
    assert browser.ask("GET", "/")[0].status == 200
    assert server.children() == children


def test_url_is_what_the_client_asked_for(browser: Browser) -> None:
    """Absolute URLs are made of Host, scheme and port."""
    here = f"http://127.0.0.1:{browser.connection.port}/"
    if browser.framework == "flask":
        response, _ = browser.ask("GET", "/redirect")
        assert (response.status, response.getheader("Location")) == (302, here)
    else:
        assert browser.ask("GET", "/")[1].decode().endswith(f" {here}")


@only_django
def test_compressed_answer(browser: Browser) -> None:
    """Django's GZipMiddleware replaces the body, and its length."""
    response, content = browser.ask("GET", "/file", headers={"Accept-Encoding": "gzip"})

    assert response.status == 200
    assert content
