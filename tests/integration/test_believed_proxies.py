"""Who is believed, and what of it: X-Forwarded-*, RFC 7239 and PROXY, as an application and the logs see it.

Loopback has many addresses: 127.0.0.1 is a proxy here, 127.0.0.2 anybody.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.case import get
from tests.front import CERTIFICATES
from tests.rows import again
from tests.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

APP = "tests.apps.probe:application"
LOG = ("--access-logfile", "-", "--access-logformat", "%(p)s %(h)s %(U)s")
KINDS = {"sync": ("-w", "1"), "threads": ("-w", "1", "--threads", "4"), "gevent": ("-k", "gevent")}
# 192.0.2.7, port 4711, to 198.51.100.1, port 443.
V2 = bytes.fromhex("0d0a0d0a000d0a515549540a 21 11 000c c0000207 c6336401 1267 01bb")
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n"
LOCAL = bytes.fromhex("0d0a0d0a000d0a515549540a 20 00 0000")


@pytest.fixture(scope="module", params=KINDS)
def proxied(request: pytest.FixtureRequest, serve_for_module: Serve) -> ServerProcess:
    """A server of each kind that proxies speak to first."""
    options = (*KINDS[request.param], *LOG, "--proxy-protocol", "auto", "--log-level", "debug")
    return serve_for_module(*options, app=APP, bind=("127.0.0.1:0", "unix:wsgid.sock"))


def connect(server: ServerProcess, source: str = "127.0.0.1", begin: bytes = b"") -> Wire:
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=10.0, source_address=(source, 0))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(begin)
    return Wire(sock)


def seen(wire: Wire, *lines: str, target: str = "/") -> dict[str, Any]:
    """What the application finds in its environ."""
    answer = wire.ask(get(target, *lines))
    assert answer.status == 200
    environ: dict[str, Any] = json.loads(answer.body)["environ"]
    return environ


def who(environ: dict[str, Any]) -> tuple[Any, ...]:
    return environ["REMOTE_ADDR"], environ.get("REMOTE_PORT"), environ["wsgi.url_scheme"]


def refusal(server: ServerProcess, wire: Wire, octets: bytes, reason: str) -> None:
    """It is answered 400, the connection ends, and the log says why."""
    before = server.mark()
    wire.send(octets)
    assert wire.read_answer().status == 400
    assert wire.read_to_end() == b""
    server.expect(reason, since=before)


def test_only_a_believed_proxy_says_that_a_client_came_by_https(serve: Serve) -> None:
    server = serve(app=APP, bind=("127.0.0.1:0", "unix:wsgid.sock"))
    lines = ("X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1", "SCRIPT_NAME: /app")
    with connect(server) as proxy, connect(server, "127.0.0.2") as stranger:
        believed, strange = (seen(wire, *lines, target="/app/x") for wire in (proxy, stranger))
        plain = seen(proxy)
        refusal(server, proxy, get("/", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"), "disagree")
    with Wire(server.connect("unix:wsgid.sock")) as wire:
        beside = seen(wire, "X-Forwarded-Proto: https")

    assert ("https", "/app", "/x", "127.0.0.1") == tuple(
        believed[name] for name in ("wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO", "REMOTE_ADDR")
    )
    assert ("http", "", "/app/x", "127.0.0.2") == tuple(
        strange[name] for name in ("wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO", "REMOTE_ADDR")
    )
    assert ("http", "", "/") == (plain["wsgi.url_scheme"], plain["SCRIPT_NAME"], plain["PATH_INFO"])
    assert ("https", "") == (beside["wsgi.url_scheme"], beside["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        again("x-forwarded", "X-Forwarded-For: 192.0.2.1"),
        ("forwarded", 'Forwarded: for="192.0.2.1";proto=http'),
    ],
)
def test_logs_name_the_client_that_the_application_sees(serve: Serve, words: str, line: str) -> None:
    server = serve(*LOG, "--proxy-headers", words, "--limit-request-body", "10", app=APP)
    with connect(server) as proxy:
        first, own = seen(proxy, line, target="/first"), seen(proxy, target="/own")
        proxy.ask(get("/-/wrongly", line, "X-Respond: no JSON"))
        proxy.send(get("/", line, "Transfer-Encoding: chunked", method="POST"))
        proxy.send(b"b\r\nhello world\r\n")
        assert proxy.read_answer().status == 413

    assert ("192.0.2.1", None, "http") == who(first)
    assert ("127.0.0.1", "http") == who(own)[::2]
    server.expect(r"> 192\.0\.2\.1 /first$")
    server.expect(r"> 127\.0\.0\.1 /own$")
    server.expect(r"request=GET /-/wrongly peer=192\.0\.2\.1")
    server.expect(r"request refused status=413 peer=192\.0\.2\.1")


# ---- PROXY ----


def test_the_address_of_a_preamble_holds_for_every_request(proxied: ServerProcess) -> None:
    """And the requests of other connections are nobody's but their own."""
    for begin in (V1, V2):
        with connect(proxied, begin=begin) as wire, connect(proxied, begin=LOCAL) as own:
            both = [seen(wire), seen(own), seen(wire), seen(wire, target="/last")]

        assert ("192.0.2.7", "4711", "http") == who(both[0]) == who(both[2]) == who(both[3])
        assert ("198.51.100.1", "443") == (both[3]["PROXY_ADDR"], both[3]["PROXY_PORT"])
        assert "127.0.0.1" == both[1]["REMOTE_ADDR"]
    proxied.expect(r"> 192\.0\.2\.7 /last$", count=2)


@pytest.mark.parametrize("begin", [V1, V2], ids=["v1", "v2"])
def test_a_preamble_may_come_in_pieces_and_with_a_request_behind_it(
    proxied: ServerProcess, begin: bytes
) -> None:
    with connect(proxied, begin=begin + get("/a") + get("/b")) as wire:
        assert [200, 200] == [wire.read_answer().status for _ in range(2)]
        assert "192.0.2.7" == seen(wire)["REMOTE_ADDR"]
    with connect(proxied) as wire, connect(proxied, begin=V1) as other:
        for octet in begin:
            wire.send(bytes([octet]))
            # the server has read it: it has answered somebody else since
            seen(other)
        assert "192.0.2.7" == seen(wire)["REMOTE_ADDR"]


@pytest.mark.parametrize(
    "octets", [b"", V1.replace(b"443", b"65536"), V2[:12] + b"\x31" + V2[13:]], ids=["none", "v1", "v2"]
)
def test_what_is_no_preamble_is_refused(proxied: ServerProcess, octets: bytes) -> None:
    with connect(proxied) as wire:
        refusal(proxied, wire, octets + get("/"), "request refused status=400 peer=127.0.0.1 reason: .*PROXY")


def test_who_may_not_speak_it_is_refused(proxied: ServerProcess) -> None:
    """A port that takes both is one at which anybody may name an address."""
    for octets in (V1 + get("/"), V2 + get("/"), get("/")):
        with connect(proxied, "127.0.0.2") as wire:
            refusal(proxied, wire, octets, r"peer=127\.0\.0\.2 reason: .*\(proxy_allow_ips\)")
    with Wire(proxied.connect("unix:wsgid.sock")) as wire:
        wire.send(V1)
        assert "192.0.2.7" == seen(wire)["REMOTE_ADDR"]


def test_a_client_behind_a_preamble_is_no_proxy(serve: Serve) -> None:
    """A proxy that passes octets on passes on what clients invent; a proxy before it may be believed."""
    server = serve(
        *("--proxy-protocol", "auto", "--proxy-headers", "x-forwarded"),
        *("--forwarded-allow-ips", "127.0.0.1,203.0.113.0/24"),
        app=APP,
    )
    lines = ("X-Forwarded-For: 198.51.100.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example")
    with connect(server, begin=V2) as wire:
        invented = seen(wire, *lines)
    with connect(server, begin=b"PROXY TCP4 203.0.113.5 198.51.100.1 4711 443\r\n") as wire:
        told = seen(wire, *lines)
    with connect(server, begin=b"PROXY UNKNOWN\r\n") as wire:
        own = seen(wire, *lines)

    assert ("192.0.2.7", "4711", "http") == who(invented)
    assert "h" == invented["HTTP_HOST"]
    assert ("198.51.100.9", None, "https") == who(told) == who(own)
    assert "evil.example" == told["HTTP_HOST"] == own["HTTP_HOST"]


def test_a_preamble_has_a_deadline(serve: Serve) -> None:
    server = serve("--proxy-protocol", "auto", "--header-timeout", "0.3", app=APP)
    with connect(server) as silent, connect(server, begin=V1[:20]) as slow, connect(server, begin=V1) as mute:
        assert 408 == slow.read_answer().status
        assert b"" == slow.read_to_end() == silent.read_to_end() == mute.read_to_end()
    server.expect("request refused status=408 peer=127.0.0.1 reason: preamble not complete")

    assert "192.0.2.7" not in server.log


@pytest.mark.parametrize("kind", KINDS)
def test_a_preamble_comes_before_a_handshake(serve: Serve, kind: str) -> None:
    """Of the handshake no octet is taken for the preamble, however they come."""
    pair = ("--certfile", str(CERTIFICATES / "one.pem"), "--keyfile", str(CERTIFICATES / "one.key"))
    server = serve(*KINDS[kind], *pair, "--proxy-protocol", "v2", "--header-timeout", "1", app=APP)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    found = []
    for pieces in ([V2], [V2[:1], V2[1:20], V2[20:]]):
        plain = connect(server)
        for piece in pieces:
            plain.send(piece)
        with Wire(context.wrap_socket(plain.sock)) as wire:
            found += [who(seen(wire)), who(seen(wire))]
    # Who says no preamble, or half of one, is told in plain text; the worker lives.
    with connect(server, begin=get("/")) as wire, connect(server, begin=V2[:14]) as half:
        assert 400 == wire.read_answer().status
        assert 408 == half.read_answer().status
        assert b"" == wire.read_to_end() == half.read_to_end()

    assert [("192.0.2.7", "4711", "https")] * 4 == found
    assert "worker gone" not in server.log


# ---- between workers ----

X = ("X-Forwarded-Proto: https", "SCRIPT_NAME: /app")


@pytest.mark.parametrize("how", ["preamble", "headers"])
def test_a_client_stays_who_it_is_on_the_way_to_another_worker(
    serve: Serve, how: str, tmp_path: Path
) -> None:
    """One worker is busy: requests on connections that it has accepted are served by the other one."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    fifo = os.open(path, os.O_RDWR)
    options = ("--proxy-protocol", "v1") if how == "preamble" else ("--proxy-headers", "x-forwarded")
    server = serve("-w", "2", *LOG, *options, app=APP)
    count = 6

    def begin(number: int) -> bytes:
        return b"PROXY TCP4 192.0.2.%d 198.51.100.1 4711 443\r\n" % number if how == "preamble" else b""

    def ask(number: int, target: str) -> dict[str, Any]:
        lines = () if how == "preamble" else (f"X-Forwarded-For: 192.0.2.{number}", *X)
        return seen(wires[number], *lines, target=target)

    def pid_of(number: int, target: str) -> str:
        return server.expect(rf"^<(\d+)> 192\.0\.2\.{number} {target}$")[1]

    wires = [connect(server, begin=begin(number)) for number in range(count)]
    try:
        for number in range(count):
            ask(number, "/app/before")
        pids = [pid_of(number, "(?:/app)?/before") for number in range(count)]
        # Of six connections two at least are one worker's.
        busy = max(set(pids), key=pids.count)
        others = [number for number in range(count) if pids[number] == busy]
        held = others.pop()
        wires[held].send(get("/-/hold", f"X-Fifo: {path}"))
        server.expect("^-- holding$")
        found = {number: ask(number, "/app/during") for number in others}
        travelled = [pid_of(number, "(?:/app)?/during") for number in others]
        os.write(fifo, b"x")
        assert 200 == wires[held].read_answer().status
    finally:
        for wire in wires:
            wire.sock.close()
        os.close(fifo)

    assert others
    assert busy not in travelled
    expected = ("4711", "http") if how == "preamble" else (None, "https")
    assert {number: (f"192.0.2.{number}", *expected) for number in others} == {
        number: who(environ) for number, environ in found.items()
    }
    mounted = ("", "/app/during") if how == "preamble" else ("/app", "/during")
    assert {mounted} == {(environ["SCRIPT_NAME"], environ["PATH_INFO"]) for environ in found.values()}


def test_a_reload_forgets_nobody(serve: Serve) -> None:
    """An idle connection goes to a worker of the next generation, whose settings may be other ones."""
    server = serve(*LOG, config='proxy_protocol = "v1"\n', app=APP)
    with connect(server, begin=V1) as wire, connect(server) as silent:
        seen(wire, target="/before")
        (server.directory / "wsgid.toml").write_text('proxy_protocol = "auto"\n')
        server.signal(signal.SIGHUP)
        server.expect("reload done generation=2")
        while (after := wire.ask(get("/after"))).status == 200 and not after.is_last:
            if len(set(re.findall(r"^<(\d+)> 192\.0\.2\.7 ", server.log, re.MULTILINE))) > 1:
                break
        silent.send(V2)
        quiet = seen(silent)

    assert "192.0.2.7" == json.loads(after.body)["environ"]["REMOTE_ADDR"]
    assert len(set(re.findall(r"^<(\d+)> 192\.0\.2\.7 ", server.log, re.MULTILINE))) == 2
    assert "192.0.2.7" == quiet["REMOTE_ADDR"]
