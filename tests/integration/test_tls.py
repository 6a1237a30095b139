"""HTTP over TLS is HTTP: what holds for a plain connection holds for one that is ciphered.

What TLS adds is tested here: handshakes, good-byes, records that are no segments, certificates, and that
nothing ever leaves in plain text.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import ssl
import time
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.apps.secure import BODY, FILE, MARK
from tests.integration.tls.client import HERE, OPENSSL, PAIR, Hands, connect, tapped, trusting
from tests.load.processes import settled_descriptors
from tests.rows import again
from tests.support import start_server
from tests.wire import BrokenOffError, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import ServerProcess

APP = "tests.apps.secure:application"
KINDS = {"sync": ("-w", "1"), "threads": ("-w", "1", "--threads", "4"), "gevent": ("-w", "1", "-k", "gevent")}
GET = b"GET /%b HTTP/1.1\r\nHost: h\r\n\r\n"
# The most that a record of TLS holds.
RECORD = 16 * 1024
# What is forgotten comes back when the connection's time is over; keepalive is 75 s.
SOON_S = 5.0

pytestmark = pytest.mark.slow
needs_openssl = pytest.mark.skipif(
    not hasattr(OPENSSL, "SSL_key_update") and not os.environ.get("CI"), reason="OpenSSL is out of reach"
)
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 and not os.environ.get("CI"), reason="only root may give up rights"
)


@pytest.fixture(scope="module", params=KINDS)
def on(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with start_server(*PAIR, *KINDS[request.param], app=APP) as server:
        yield server


def get(wire: Wire, path: str) -> bytes:
    answer = wire.ask(GET % path.encode())
    assert 200 == answer.status
    return answer.body


def descriptors(server: ServerProcess, goal: float = inf) -> int:
    """Count what the workers have open, once they have closed what their clients have left."""
    with connect(server) as wire:
        return settled_descriptors(server.children(), lambda: get(wire, "a"), goal)


# ------------------------------------------------------------------ as without TLS


def test_the_application_knows_that_it_is_spoken_to_by_https(on: ServerProcess) -> None:
    with connect(on) as wire:
        environ = json.loads(get(wire, "environ"))

    assert ("on", "TLSv1.3") == (environ["HTTPS"], environ["SSL_PROTOCOL"])
    assert not [name for name in environ if name.startswith("SSL_CLIENT")]
    assert on.address.startswith("https://")


@pytest.mark.parametrize(("path", "body"), [("large", BODY), ("blocks", BODY), ("file", FILE.read_bytes())])
def test_a_response_arrives_whole_in_each_of_its_ways(on: ServerProcess, path: str, body: bytes) -> None:
    with connect(on) as wire:
        assert body == get(wire, path)
        assert MARK == get(wire, "next")


def test_uploads_arrive_by_length_and_by_chunks(on: ServerProcess) -> None:
    chunks = b"".join(b"2710\r\n%b\r\n" % BODY[at : at + 10_000] for at in range(0, 1_000_000, 10_000))
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\n"
    with connect(on) as wire:
        assert BODY == wire.ask(head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY).body
        asked = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        assert BODY[:1_000_000] == wire.ask(asked).body


def test_a_client_may_wait_for_a_100(on: ServerProcess) -> None:
    with connect(on) as wire:
        wire.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert 100 == wire.read_answer().status
        assert b"abc" == wire.ask(b"abc").body


def test_hundreds_of_requests_in_one_record_are_each_answered_once(on: ServerProcess) -> None:
    with connect(on) as wire:
        wire.send(b"".join(GET % b"%d" % number for number in range(400)))
        assert [MARK] * 400 == [wire.read_answer().body for _ in range(400)]


def test_records_are_no_segments(on: ServerProcess) -> None:
    """A record may come octet by octet, and many of them at once; epoll tells of neither."""
    with on.connect() as sock:
        client = Hands(sock)
        client.shake()
        request = GET % b"a"
        octets = client.cipher(request)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(octets)):
            sock.sendall(octets[at : at + 1])
        # Each octet in a record of its own, and the last request with a good-bye behind it.
        octets = b"".join(client.cipher(request[at : at + 1]) for at in range(len(request)))
        octets += client.cipher(GET % b"b")
        with pytest.raises(ssl.SSLWantReadError):
            client.tls.unwrap()
        sock.settimeout(SOON_S)
        sock.sendall(octets + client.outgoing.read())

        assert 3 == client.read_to_end().count(b"\r\n\r\n" + MARK)


def test_a_good_bye_is_answered_at_once(on: ServerProcess) -> None:
    """A client may wait for ours before it closes (RFC 8446, 6.1); an idle connection would last for 75 s."""
    with on.connect(timeout_s=SOON_S) as raw:
        sock = trusting().wrap_socket(raw)
        sock.sendall(GET % b"a")
        assert sock.recv(65536)
        sock.unwrap().close()


def test_octets_behind_the_last_of_the_handshake_are_a_request(on: ServerProcess) -> None:
    with on.connect(timeout_s=SOON_S) as sock:
        client = Hands(sock)
        client.shake()
        asked = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % b"a"
        sock.sendall(client.cipher(asked))

        assert client.read_to_end().endswith(b"\r\n\r\n" + MARK)


def test_an_end_without_a_length_is_told_by_a_good_bye(on: ServerProcess) -> None:
    with connect(on) as wire:
        answer = wire.ask(b"GET /blocks HTTP/1.0\r\n\r\n")

    assert ("close", BODY) == (answer.framing, answer.body)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_half_of_a_response_has_no_good_bye(on: ServerProcess, version: str) -> None:
    """In HTTP/1.0 it would be the mark of a whole one, and many clients do not even look at that."""
    with connect(on) as wire:
        wire.send(b"GET /broken HTTP/%b\r\nHost: h\r\n\r\n" % version.encode())
        with pytest.raises((BrokenOffError, ConnectionResetError)):
            wire.read_to_end()


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1", b"HEAD / HTTP/1.1", b"\0\1\2"])
def test_plain_http_is_told_what_is_spoken_here(on: ServerProcess, request_line: bytes) -> None:
    is_head = request_line.startswith(b"HEAD")
    with Wire(on.connect()) as wire:
        answer = wire.ask(request_line + b"\r\nHost: h\r\n\r\n", head=is_head)
        rest = wire.read_to_end()

    hint = (
        b"" if is_head else b"400 Bad Request: this port speaks HTTPS, and the request came as plain HTTP\n"
    )
    assert (400, hint, b"") == (answer.status, answer.body, rest)
    on.expect("request refused status=400 .* plain HTTP, or something else than TLS")


def test_nothing_leaves_in_plain_text(on: ServerProcess) -> None:
    """sendfile(2) would; so would an answer of the server's own, or what lies in a file for a slow client."""
    refused = b"GET /\0 HTTP/1.1\r\n\r\n"
    expecting = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with tapped(on.port) as (address, tap):
        sock = trusting().wrap_socket(socket.create_connection(address, 10), suppress_ragged_eofs=False)
        with Wire(sock) as wire:
            for path in ("large", "blocks", "file", "hints"):
                wire.send(GET % path.encode())
                while wire.read_answer().status < 200:
                    pass
            assert 500 == wire.ask(GET % b"fail").status
            assert 100 == wire.ask(expecting).status
            assert 200 == wire.ask(b"abc").status
            wire.send(GET % b"large")
            # Long enough for all of it to wait in a file: the application has ended.
            time.sleep(0.2)
            assert BODY == wire.read_answer().body
            assert 400 == wire.ask(refused).status
            wire.read_to_end()

    seen = bytes(tap.to_client)
    assert len(seen) > 3 * len(BODY)
    assert not [word for word in (MARK, b"HTTP/1.1", b"Content-", b"import", b"wsgid") if word in seen]


# ------------------------------------------------------------------ another protocol


def say_and_hear(sock: ssl.SSLSocket, said: bytes) -> bytes:
    """Both at a time, as who is echoed has to; in one thread, for OpenSSL's connection is not for two."""
    rest, heard = memoryview(said), bytearray()
    sock.setblocking(False)
    while len(heard) < len(said):
        readable, _, _ = select.select([sock], [sock] if rest else [], [], SOON_S)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while rest:
                rest = rest[sock.send(rest[:RECORD]) :]
        if readable:
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                while piece := sock.recv(RECORD):
                    heard += piece
                break  # nothing more comes
    return bytes(heard)


def test_an_application_may_take_a_connection_over(on: ServerProcess) -> None:
    """Both sides may say more than anybody keeps, and either end is told by a good-bye."""
    with connect(on) as wire:
        assert isinstance(wire.sock, ssl.SSLSocket)
        assert 101 == wire.ask(GET % b"taken").status
        assert 8 * BODY == say_and_hear(wire.sock, 8 * BODY)
        wire.sock.settimeout(SOON_S)
        raw = wire.sock.unwrap()
        raw.settimeout(SOON_S)

        assert b"" == raw.recv(1)
        raw.close()
    with connect(on) as wire:
        assert MARK == get(wire, "a")


def test_a_connection_that_was_taken_over_leaves_nothing(on: ServerProcess) -> None:
    """Be it that its client vanishes, with octets on their way in both directions."""
    before = descriptors(on)
    for _ in range(5):
        with connect(on) as wire:
            assert 101 == wire.ask(GET % b"taken").status
            wire.send(BODY)

    assert descriptors(on, before) <= before


# ------------------------------------------------------------------ handshakes


def test_a_handshake_that_does_not_end_costs_no_thread_and_ends_in_time() -> None:
    with start_server(*PAIR, "-w", "1", "--header-timeout", "1", app=APP) as server:
        silent = server.connect()
        halfway = server.connect()
        hello = Hands(halfway).hello()
        halfway.sendall(hello[:-1])
        with connect(server) as wire:
            assert MARK == get(wire, "a")
        began = time.monotonic()
        ends = [sock.recv(1) for sock in (silent, halfway)]

        assert [b"", b""] == ends
        assert time.monotonic() - began < SOON_S
        # Silence is nothing to tell of.
        server.expect("TLS handshake failed peer=127.0.0.1 reason: not complete within header_timeout")
        assert 1 == server.log.count("handshake failed")
        # The next phase has its own time: the head.
        with connect(server) as wire:
            wire.send(b"GET / HT")
            assert 408 == wire.read_answer().status
        for sock in (silent, halfway):
            sock.close()


@pytest.mark.fault
@pytest.mark.parametrize("kind", KINDS)
def test_disconnects_at_every_octet_of_a_handshake_and_a_request_leave_nothing(kind: str) -> None:
    with start_server(*PAIR, *KINDS[kind], app=APP) as server:
        with connect(server) as wire:
            assert MARK == get(wire, "a")
        before = descriptors(server)
        with server.connect() as sock:
            hello = Hands(sock).hello()
        for at in range(len(hello)):
            with server.connect() as sock:
                sock.sendall(hello[:at])
        at, size, context = 0, 1, trusting()
        while at < size:
            # What ends the handshake, and a request, whose answer is more than the kernel takes.
            with server.connect() as sock:
                client = Hands(sock, context)
                client.shake()
                octets = client.cipher(GET % b"large")
                sock.sendall(octets[:at])
                at, size = at + 1, len(octets) + 1

        assert descriptors(server, before) <= before
        assert not [line for line in server.lines() if "WARNING" in line or "ERROR" in line]


@needs_openssl
def test_keys_are_not_negotiated_again(on: ServerProcess) -> None:
    """In TLS 1.2 a client could have the server compute for ever what costs itself nothing."""
    older = trusting()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    older.options &= ~ssl.OP_NO_RENEGOTIATION
    with on.connect(timeout_s=SOON_S) as sock:
        client = Hands(sock, older)
        client.shake()
        with pytest.raises(ssl.SSLError, match="NO_RENEGOTIATION"):
            client.renegotiate()


@needs_openssl
@pytest.mark.parametrize("kind", [again("sync"), "gevent"])
def test_a_flood_of_new_keys_holds_nobody_up_and_ends_in_time(kind: str) -> None:
    """No octet of a request comes with them, so the deadline of the first head stands."""
    args = (*PAIR, *KINDS[kind], "--header-timeout", "1")
    with start_server(*args, app=APP) as server, connect(server) as wire, server.connect() as sock:
        flood = Hands(sock)
        flood.shake()
        sock.sendall(flood.outgoing.read())
        began = time.monotonic()
        try:
            while time.monotonic() - began < SOON_S:
                # What the server says to them is left lying.
                sock.sendall(b"".join(flood.renew_key() for _ in range(100)))
                assert MARK == get(wire, "a")
        except ConnectionError:
            return
    raise AssertionError("it goes on for ever")


def test_what_is_spoken_is_agreed_on(on: ServerProcess) -> None:
    modern, older = trusting(), trusting()
    modern.set_alpn_protocols(["h2", "http/1.1"])
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    found = []
    for context in (modern, older):
        with connect(on, context) as wire:
            assert isinstance(wire.sock, ssl.SSLSocket)
            assert MARK == get(wire, "a")
            found.append((wire.sock.version(), wire.sock.selected_alpn_protocol()))
    assert [("TLSv1.3", "http/1.1"), ("TLSv1.2", None)] == found


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_comes_back_is_known(on: ServerProcess, version: ssl.TLSVersion) -> None:
    context = trusting()
    context.maximum_version = version
    session = None
    reused = []
    for _ in range(2):
        sock = context.wrap_socket(on.connect(), session=session)
        with Wire(sock) as wire:
            get(wire, "a")
            session = sock.session
            reused.append(sock.session_reused)

    assert [False, True] == reused


@pytest.mark.load
def test_versions_and_ciphers_are_those_of_the_settings() -> None:
    args = ("--tls-minimum", "1.3", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384")
    with start_server(*PAIR, *args, app=APP) as server:
        older = trusting()
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(OSError, match=r"(?i)protocol"):
            connect(server, older)
        server.expect("TLS handshake failed peer=127.0.0.1 reason: unsupported protocol")
        with connect(server) as wire:
            assert MARK == get(wire, "a")


# ------------------------------------------------------------------ certificates


def shown(path: str = "client") -> ssl.SSLContext:
    context = trusting()
    context.load_cert_chain(str(HERE / f"{path}.pem"), str(HERE / f"{path}.key"))
    return context


@pytest.mark.parametrize("wanted", ["required", "optional"])
def test_an_application_knows_who_has_shown_a_certificate(wanted: str) -> None:
    args = ("--ca-certs", str(HERE / "authority.pem"), "--cert-reqs", wanted)
    with start_server(*PAIR, *args, app=APP) as server:
        with connect(server, shown()) as wire:
            environ = json.loads(get(wire, "environ"))
        about = {name: value for name, value in environ.items() if name.startswith("SSL_CLIENT")}
        pem = about.pop("SSL_CLIENT_CERT")

        assert {
            "SSL_CLIENT_VERIFY": "SUCCESS",
            "SSL_CLIENT_S_DN": "CN=Zo\u00c3\u00ab,O=Foo\\, Inc.",
            "SSL_CLIENT_S_DN_CN": "Zo\u00c3\u00ab",
            "SSL_CLIENT_I_DN": "CN=Authority,O=Tests",
            "SSL_CLIENT_I_DN_CN": "Authority",
            "SSL_CLIENT_M_SERIAL": "1267",
            "SSL_CLIENT_V_START": "Nov 27 09:37:14 2026 GMT",
            "SSL_CLIENT_V_END": "Nov  3 09:37:14 2126 GMT",
        } == about
        assert pem.split() == (HERE / "client.pem").read_text().split()

        # The kernel tells of a refusal by TLS 1.3 at the first read.
        with pytest.raises(OSError, match="unknown ca"), connect(server, shown("two")) as wire:
            get(wire, "a")
        server.expect(r"TLS handshake failed .* certificate verify failed \(self-signed certificate\)")
        if wanted == "required":
            with pytest.raises(OSError, match="certificate required"), connect(server) as wire:
                get(wire, "a")
        else:
            with connect(server) as wire:
                assert "NONE" == json.loads(get(wire, "environ"))["SSL_CLIENT_VERIFY"]


@needs_root
def test_a_key_that_only_root_may_read_serves_workers_that_are_somebody_else(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes((HERE / "one.key").read_bytes())
    key.chmod(0o600)
    # This interpreter's library may be closed to others than root, as that of no service is.
    (tmp_path / "sitecustomize.py").write_text("import ssl")
    args = ("--certfile", str(HERE / "one.pem"), "--keyfile", str(key), "-u", "65534", "-g", "65534")
    text = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'a']\n"
    env = {"PYTHONPATH": str(tmp_path)}
    with start_server(*args, app="site_:app", files={"site_.py": text}, env=env, ready=False) as server:
        server.directory.chmod(0o755)
        server.wait_ready()
        (worker,) = server.children()
        with connect(server) as wire:
            assert 200 == wire.ask(GET % b"a").status

        assert "65534" == Path(f"/proc/{worker}/status").read_text().partition("Uid:\t")[2].split()[0]


def test_a_key_may_have_a_password(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("word\n")
    config = (
        f'certfile = "{HERE}/one.pem"\nkeyfile = "{HERE}/one.encrypted.key"\n'
        f'keyfile_password = {{ file = "{tmp_path}/word" }}\n'
    )
    with start_server(config=config, app=APP) as server, connect(server) as wire:
        assert MARK == get(wire, "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('certfile = "CERT"\nkeyfile = "OTHER"\n', "the key in `.*other.key` is not that of the certificate"),
        again(
            'certfile = "CERT"\nkeyfile = "none.key"\n', "cannot read `none.key`: No such file or directory"
        ),
        again('certfile = "CERT"\nkeyfile = "LOCKED"\n', "has a password"),
    ],
)
def test_a_certificate_that_cannot_be_used_ends_a_start_at_its_place(text: str, message: str) -> None:
    for word, name in (("CERT", "one.pem"), ("OTHER", "other.key"), ("LOCKED", "one.encrypted.key")):
        text = text.replace(word, str(HERE / name))
    with start_server(config=text, app=APP, ready=False) as server:
        assert 78 == server.wait()
        server.expect(message)
        server.expect(r"--> wsgid.toml:2:11")
        assert "worker" not in server.log.replace("worker_class", "")


def test_a_renewed_certificate_comes_with_a_reload_and_no_request_is_lost() -> None:
    files = {"cert.pem": (HERE / "one.pem").read_text(), "key.pem": (HERE / "one.key").read_text()}
    config = 'certfile = "cert.pem"\nkeyfile = "key.pem"\nworkers = 2\n'
    both = trusting()
    both.load_verify_locations(str(HERE / "two.pem"))
    with start_server(config=config, files=files, app=APP) as server:
        kept = [connect(server) for _ in range(8)]
        for wire in kept:
            get(wire, "a")
        running = connect(server)
        running.send(GET % b"sleep?1")
        # A key that is not the certificate's, as in the middle of a renewal: nobody notices.
        (server.directory / "cert.pem").write_bytes((HERE / "two.pem").read_bytes())
        server.signal(signal.SIGHUP)
        server.expect("wsgid.toml:2:11: error.* the key in `key.pem` is not that of the certificate")
        server.expect("reload refused, generation=1 serves on")
        (server.directory / "key.pem").write_bytes((HERE / "two.key").read_bytes())
        with connect(server) as wire:
            get(wire, "a")
        server.signal(signal.SIGHUP)
        # Connections of the old workers are served until they are told that it is the last time.
        while kept:
            for wire in tuple(kept):
                answer = wire.ask(GET % b"b")
                assert (200, MARK) == (answer.status, answer.body)
                if answer.is_last:
                    assert b"" == wire.read_to_end()
                    wire.sock.close()
                    kept.remove(wire)
        assert 200 == running.read_answer().status
        server.expect("worker gone .* retired", count=2)
        running.sock.close()
        with connect(server, trusting("two.pem")) as wire:
            assert MARK == get(wire, "a")
        # A worker that starts later has what its generation has read, whatever the files have become.
        (server.directory / "key.pem").write_text("half")
        for pid in server.children():
            server.signal(signal.SIGKILL, pid)
        server.expect("worker ready .* generation=2", count=4)
        with connect(server, trusting("two.pem")) as wire:
            assert MARK == get(wire, "a")


def test_the_hook_has_the_last_word_on_the_context_which_is_made_once() -> None:
    """Not for each connection: a context costs milliseconds, and has the sessions that are resumed."""
    hook = f"""
import ssl, sys
certfile = "{HERE}/one.pem"
keyfile = "{HERE}/one.key"
def ssl_context(config, default_ssl_context_factory):
    assert config.certfile.endswith("one.pem")
    sys.stderr.write("a context is made\\n")
    context = default_ssl_context_factory()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context
"""
    with start_server("-c", "conf.py", files={"conf.py": hook}, app=APP) as server:
        for _ in range(3):
            with connect(server) as wire:
                assert "TLSv1.2" == json.loads(get(wire, "environ"))["SSL_PROTOCOL"]

        assert 1 == server.log.count("a context is made")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return None", "AttributeError"),
        again("return ssl.create_default_context()", "server socket"),
        again("1 / 0", "ZeroDiv"),
    ],
)
def test_a_hook_that_makes_no_context_of_a_server_starts_none(body: str, why: str) -> None:
    pair = f'certfile = "{HERE}/one.pem"\nkeyfile = "{HERE}/one.key"\n'
    hook = f"import ssl\n{pair}def ssl_context(*_):\n    {body}\n"
    with start_server("-c", "conf.py", files={"conf.py": hook}, app=APP, ready=False) as server:
        assert 3 == server.wait()
        server.expect("the hook ssl_context failed")
        server.expect(why)


def test_a_worker_class_that_speaks_no_tls_does_not_serve() -> None:
    """What `certfile` asks for is not to leave in plain text."""
    text = (
        "class Plain:\n    def __init__(self, context):\n        pass\n    def serve(self):\n        pass\n"
    )
    with start_server(*PAIR, "-k", "own:Plain", files={"own.py": text}, app=APP, ready=False) as server:
        assert 3 == server.wait()
        server.expect('certfile: worker_class "own:Plain" does not speak TLS')


# ------------------------------------------------------------------ between workers


@pytest.mark.load
def test_workers_that_a_template_forks_speak_tls_too() -> None:
    """Whoever forks them has given its rights up, and they read no file."""
    with start_server(*PAIR, "--preload", app=APP) as server, connect(server) as wire:
        assert MARK == get(wire, "a")


def test_a_unix_socket_speaks_tls_too() -> None:
    with start_server(*PAIR, bind=("unix:sock",), app=APP) as server, connect(server) as wire:
        assert MARK == get(wire, "a")
        assert BODY == get(wire, "large")


@pytest.mark.load
def test_a_new_client_does_not_wait_for_a_busy_worker() -> None:
    """What has not begun to speak can still go to another worker."""
    with start_server(*PAIR, "-w", "2", app=APP) as server:
        with connect(server) as busy:
            busy.send(GET % b"sleep?3")
            # Before, its worker may still let somebody in and begin a handshake, which cannot travel.
            server.expect("sleeping")
            began = time.monotonic()
            for _ in range(8):
                with connect(server) as wire:
                    assert MARK == get(wire, "a")
            spent = time.monotonic() - began
            assert 200 == busy.read_answer().status

        assert spent < 2


def test_a_kept_connection_is_answered_when_its_busy_worker_is_free() -> None:
    """Its keys cannot travel: the standby reads its request, and the first free thread serves it."""
    with start_server(*PAIR, "-w", "1", app=APP) as server, connect(server) as kept, connect(server) as busy:
        get(kept, "a")
        busy.send(GET % b"sleep?0.3")
        busy_began = time.monotonic()
        kept.send(GET % b"large")
        assert 200 == busy.read_answer().status
        assert time.monotonic() - busy_began > 0.2
        assert BODY == kept.read_answer().body


@pytest.mark.load
def test_max_requests_replaces_a_worker_and_loses_nothing() -> None:
    with start_server(*PAIR, "-w", "1", "--max-requests", "20", app=APP) as server:
        asked = 0
        for _ in range(60):
            with connect(server) as wire:
                while asked < 120:
                    answer = wire.ask(GET % b"a")
                    asked += 1
                    assert 200 == answer.status
                    if answer.is_last:
                        break

        assert 120 == asked
        server.expect("worker ready", count=2)


def test_a_reader_that_is_slow_costs_no_thread() -> None:
    with start_server(*PAIR, "-w", "1", app=APP) as server:
        slow = server.connect()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        sock = trusting().wrap_socket(slow)
        for path in (b"large", b"file"):
            sock.sendall(GET % path)
        with connect(server) as wire:
            assert MARK == get(wire, "a")
        with Wire(sock) as wire:
            assert BODY == wire.read_answer().body
            assert FILE.read_bytes() == wire.read_answer().body


@pytest.mark.load
def test_a_body_can_be_read_while_it_arrives() -> None:
    with start_server(*PAIR, "--no-request-buffering", app=APP) as server, connect(server) as wire:
        wire.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        for at in range(0, len(BODY), 50_000):
            wire.send(BODY[at : at + 50_000])
        assert BODY == wire.read_answer().body
