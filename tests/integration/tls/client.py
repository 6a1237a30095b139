"""Clients that speak TLS: one as they are, and one that has its octets in hand between TLS and the socket."""

from __future__ import annotations

import _ssl
import ctypes
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import ServerProcess

HERE = Path(__file__).parent
PAIR = ("--certfile", str(HERE / "one.pem"), "--keyfile", str(HERE / "one.key"))


# OpenSSL, as this interpreter has it.
OPENSSL = ctypes.CDLL(_ssl.__file__)


def trusting(name: str = "one.pem") -> ssl.SSLContext:
    """Make a client's context that believes this certificate and no other."""
    context = ssl.create_default_context(cafile=str(HERE / name))
    context.check_hostname = False
    # Before Python 3.11.3 an end without a good-bye is taken for one with it, as OpenSSL 1.1.1 did.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    return context


def connect(server: ServerProcess, context: ssl.SSLContext | None = None) -> Wire:
    """Open a connection and shake hands; an end without a good-bye is an error."""
    sock = (context or trusting()).wrap_socket(server.connect(), suppress_ragged_eofs=False)
    return Wire(sock)


class Hands:
    """A client whose every octet the test sends itself."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None = None) -> None:
        """Begin before the handshake."""
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or trusting()).wrap_bio(self.incoming, self.outgoing)

    def hello(self) -> bytes:
        """Give the first octets of a handshake."""
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    def shake(self) -> None:
        """Complete the handshake; the last octets of it are left in `outgoing`."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                self.incoming.write(self.sock.recv(65536))
            else:
                return

    def cipher(self, data: bytes) -> bytes:
        """Give what is to be sent to say this, behind what was to be sent before."""
        written = 0
        while written < len(data):
            written += self.tls.write(data[written:])
        return self.outgoing.read()

    def renew_key(self) -> bytes:
        """Give a KeyUpdate that asks for another (RFC 8446, 4.6.3); Python has no word for it."""
        assert OPENSSL.SSL_key_update(self._inner(), 1)
        self.tls.do_handshake()
        return self.outgoing.read()

    def renegotiate(self) -> None:
        """Ask for another handshake, as TLS 1.2 allows (RFC 5246, 7.4.1.1); no word of Python's either."""
        assert OPENSSL.SSL_renegotiate(self._inner())
        self.shake()

    def _inner(self) -> ctypes.c_void_p:
        # `SSL *` stands behind the weak reference to a socket that begins a PySSLSocket (Modules/_ssl.c).
        inner = self.tls._sslobj  # type: ignore[attr-defined]  # what an SSLObject wraps
        place = id(inner) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)
        return ctypes.c_void_p.from_address(place)

    def read_to_end(self) -> bytes:
        """Read until the server says good-bye."""
        found = b""
        while True:
            try:
                data = self.tls.read(65536)
            except ssl.SSLWantReadError:
                octets = self.sock.recv(65536)
                assert octets, "an end without a good-bye"
                self.incoming.write(octets)
            except ssl.SSLZeroReturnError:
                # Both have said it.
                return found
            else:
                if not data:
                    return found
                found += data


class Tap:
    """What has passed by, each way."""

    def __init__(self) -> None:
        self.to_server = bytearray()
        self.to_client = bytearray()


@contextmanager
def tapped(port: int) -> Iterator[tuple[tuple[str, int], Tap]]:
    """Relay connections, one after the other, to a port; give where to connect, and what passes by."""
    tap = Tap()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_relay, args=(listener, port, tap), daemon=True)
        thread.start()
        try:
            yield listener.getsockname(), tap
        finally:
            # It wakes whoever waits in accept.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _relay(listener: socket.socket, port: int, tap: Tap) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_pump, args=(server, client, tap.to_client), daemon=True)
            back.start()
            _pump(client, server, tap.to_server)
            back.join()


def _pump(source: socket.socket, target: socket.socket, seen: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            seen += data
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
