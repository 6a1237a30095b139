"""Behind a real nginx and a real HAProxy: what Django takes for client, host and scheme.

The proxies' configurations are those of docs/howto/behind-a-proxy.md, with other ports and paths.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from tests.front import CERTIFICATES, example, free_port, haproxy, nginx
from tests.support import ROOT
from tests.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = [pytest.mark.slow, pytest.mark.framework]

PAGE = ROOT / "docs" / "howto" / "behind-a-proxy.md"
APP = "tests.apps.django_site.wsgi:application"
# Anybody; 127.0.0.1 is who is believed.
CLIENT = "127.0.0.9"
# What a client invents, that it may pass for another one.
INVENTED = (
    "X-Forwarded-For: 198.51.100.9",
    "X-Forwarded-Host: evil.example",
    "Forwarded: for=198.51.100.9;host=evil.example;proto=http",
)
RIGHT = {"is_secure": True, "host": "shop.example", "client": CLIENT, "uri": "https://shop.example/seen"}


def ask(port: int, *, by_tls: bool = True, target: str = "/seen", lines: tuple[str, ...] = INVENTED) -> Any:
    sock: socket.socket = socket.create_connection(("127.0.0.1", port), 10.0, (CLIENT, 0))
    if by_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = context.wrap_socket(sock)
    with Wire(sock) as wire:
        head = "".join(f"{line}\r\n" for line in (f"GET {target} HTTP/1.1", "Host: shop.example", *lines))
        # Twice: what is true of the first request of a connection may be lost at the second.
        answers = [wire.ask(head.encode() + b"\r\n") for _ in range(2)]
    assert [200, 200] == [answer.status for answer in answers]
    assert answers[0].body == answers[1].body
    return json.loads(answers[0].body)


def of_nginx(text: str, server: ServerProcess, port: int) -> str:
    """The example, at our port and in front of our server."""
    return (
        text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        .replace("/etc/ssl/shop.pem", str(CERTIFICATES / "one.pem"))
        .replace("/etc/ssl/shop.key", str(CERTIFICATES / "one.key"))
        .replace("/run/wsgid-shop/wsgid.sock", str(server.directory / "wsgid.sock"))
    )


def of_haproxy(text: str, server: ServerProcess, port: int, directory: Path) -> str:
    both = directory / "shop.pem"
    both.write_text((CERTIFICATES / "one.pem").read_text() + (CERTIFICATES / "one.key").read_text())
    return (
        text.replace("bind :443", f"bind 127.0.0.1:{port}")
        .replace("/etc/haproxy/shop.pem", str(both))
        .replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    )


@pytest.mark.parametrize("words", ["x-forwarded", "forwarded"])
def test_behind_nginx(serve: Serve, words: str, tmp_path: Path) -> None:
    server = serve("--proxy-headers", words, app=APP, bind=("unix:wsgid.sock",))
    port, plain_port = free_port(), free_port()
    text = of_nginx(example(PAGE, "nginx", words), server, port)
    plain = text.replace(f"{port} ssl", str(plain_port))
    # The same at a port without TLS; what stands outside the server is there once.
    with nginx(text + plain[plain.index("server {") :], tmp_path):
        found = ask(port)
        without_tls = ask(plain_port, by_tls=False)

    assert RIGHT == found
    assert RIGHT | {"is_secure": False, "uri": "http://shop.example/seen"} == without_tls


def test_behind_nginx_below_a_path(serve: Serve, tmp_path: Path) -> None:
    server = serve("--proxy-headers", "x-forwarded", app=APP, bind=("unix:wsgid.sock",))
    port = free_port()
    location = example(PAGE, "nginx", "mounted")
    rest = example(PAGE, "nginx", "x-forwarded").partition("    location")[0]
    with nginx(of_nginx(rest + location + "}", server, port), tmp_path):
        found = ask(port, target="/shop/seen", lines=())

    assert RIGHT | {"uri": "https://shop.example/shop/seen"} == found


@pytest.mark.parametrize(
    ("kind", "app", "words"),
    [
        ("asgi", "tests.apps.asgi_app:application", "x-forwarded"),
        ("tornado", "tests.apps.tornado_app:application", "forwarded"),
    ],
)
def test_behind_nginx_with_the_server_of_a_library(
    serve: Serve, kind: str, app: str, words: str, tmp_path: Path
) -> None:
    """What an application of FastAPI, Starlette or Tornado takes for client, host and scheme."""
    server = serve("-k", kind, "--proxy-headers", words, app=app, bind=("unix:wsgid.sock",))
    port = free_port()
    with nginx(of_nginx(example(PAGE, "nginx", words), server, port), tmp_path):
        found = ask(port, target="/")

    assert (CLIENT, "https://shop.example/") == (found["client"], found["url"])


def test_asgi_below_a_path_of_nginx(serve: Serve, tmp_path: Path) -> None:
    options = ("-k", "asgi", "--proxy-headers", "x-forwarded")
    server = serve(*options, app="tests.apps.asgi_app:application", bind=("unix:wsgid.sock",))
    port = free_port()
    location = example(PAGE, "nginx", "mounted")
    rest = example(PAGE, "nginx", "x-forwarded").partition("    location")[0]
    with nginx(of_nginx(rest + location + "}", server, port), tmp_path):
        found = ask(port, target="/shop/", lines=())

    assert ("/shop", "https://shop.example/shop/") == (found["root_path"], found["url"])


def test_behind_haproxy(serve: Serve, tmp_path: Path) -> None:
    server = serve("--proxy-headers", "x-forwarded", app=APP)
    port = free_port()
    with haproxy(of_haproxy(example(PAGE, "haproxy", "x-forwarded"), server, port, tmp_path), tmp_path):
        assert RIGHT == ask(port, lines=(*INVENTED, "X-Forwarded-Proto: http", "SCRIPT_NAME: /evil"))


@pytest.mark.parametrize(
    ("version", "options"),
    [
        ("v1", ("--proxy-protocol", "v1", "--forwarded-allow-ips", "*")),
        ("v2", ("--proxy-protocol", "v2")),
        ("v2", ("--proxy-protocol", "auto", "--proxy-headers", "x-forwarded", "--threads", "2")),
    ],
)
def test_behind_haproxy_that_speaks_proxy(
    serve: Serve, version: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    """And what the client invents is the client's."""
    server = serve(*options, app=APP)
    port = free_port()
    with haproxy(of_haproxy(example(PAGE, "haproxy", version), server, port, tmp_path), tmp_path):
        assert RIGHT == ask(port)
