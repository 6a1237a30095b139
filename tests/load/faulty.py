"""A server that fails on purpose: it shows that the client sees what it is there to see.

It answers right `good` times on each connection, then commits its fault.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import threading
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from tests.load.app import FILLER

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Fault(Enum):
    """What happens instead of an answer."""

    REFUSE = auto()
    """The port is bound, and nobody listens."""
    RESET = auto()
    CLOSE = auto()
    CLOSE_IDLE = auto()
    """The right answer, as if the connection were kept; then its end."""
    CUT_HEAD = auto()
    CUT_BODY = auto()
    CUT_CHUNKS = auto()
    RESET_BODY = auto()
    SWAP = auto()
    """The answer to another request."""
    TWICE = auto()
    """The right answer, and once more."""
    NO_LENGTH = auto()
    """An answer whose end cannot be told from a cut."""
    STATUS_500 = auto()
    SILENCE = auto()


class FaultyServer:
    """One thread and a selector. A request is taken to come in one piece, as small ones do on loopback."""

    def __init__(self, fault: Fault, good: int = 0) -> None:
        self._fault = fault
        self._good = good
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        if self._fault is not Fault.REFUSE:
            self._listener.listen(128)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.close()
        if self._thread.ident is not None:
            self._thread.join(10)
        self._theirs.close()
        self._listener.close()

    def _serve(self) -> None:
        answered: dict[socket.socket, int] = {}
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._theirs, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._theirs:
                        for sock in answered:
                            sock.close()
                        return
                    if key.fileobj is self._listener:
                        sock, _ = self._listener.accept()
                        answered[sock] = 0
                        selector.register(sock, selectors.EVENT_READ)
                        continue
                    sock = cast("socket.socket", key.fileobj)
                    try:
                        data = sock.recv(65536)
                        is_over = not data or self._answer(sock, data, answered[sock])
                    except ConnectionError:
                        is_over = True
                    answered[sock] += 1
                    if is_over:
                        selector.unregister(sock)
                        sock.close()
                        del answered[sock]

    def _answer(self, sock: socket.socket, data: bytes, before: int) -> bool:
        """Answer, or fail; say whether the connection ends."""
        number = int(data.split(b"?", 1)[1].split(None, 1)[0].partition(b"&")[0])
        body = data.partition(b"\r\n\r\n")[2]
        right = _whole(number, body)
        fault = self._fault if before >= self._good else None
        if fault is Fault.RESET_BODY:
            sock.sendall(right[:200])
        if fault in {Fault.RESET, Fault.RESET_BODY}:
            # l_onoff and l_linger 0: close(2) sends RST (socket(7))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n1 1\n.\r\n"
        octets = {
            Fault.CLOSE_IDLE: right,
            Fault.CUT_HEAD: right[:20],
            Fault.CUT_BODY: right[:-1],
            Fault.CUT_CHUNKS: chunked,
            Fault.SWAP: _whole(number + 1, body),
            Fault.TWICE: right * 2,
            Fault.NO_LENGTH: right.replace(b"Content-Length", b"X-Length"),
            Fault.STATUS_500: right.replace(b"200", b"500"),
            None: right,
        }.get(fault, b"")
        if octets:
            sock.sendall(octets)
        return fault not in {None, Fault.SILENCE, Fault.SWAP, Fault.TWICE, Fault.STATUS_500}


def _whole(number: int, body: bytes) -> bytes:
    content = f"{number} {os.getpid()}\n".encode() + FILLER + body
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)
