"""Slow clients by the hundred, in a process of their own: `python -m tests.load.swarm PORT '{"heads": 500}'`.

Prints "ready" once every client has connected and begun to be slow; leaves when its standard input ends, and
prints how many connections it still had.

The kinds, none of which ends its request or its answer while the swarm lives:
    heads    send a request head, an octet at a time
    bodies   send a request body, an octet at a time
    readers  ask for a large answer and take some KB of it at a time
    files    the same of a file
    silent   connect and say nothing
    hellos   send the first octets of a TLS handshake, an octet at a time
    secrets  shake hands, and send a request head over TLS, an octet and so a record at a time
"""

from __future__ import annotations

import json
import resource
import select
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Each client does a small thing so often. A thousand trickling clients are then 2,000 segments a second.
PERIOD_S = 0.5
# Larger than what the kernel keeps for both sides of a connection, so that the server is left with the rest.
LARGE = 4 << 20
# Small enough that a slow reader does not have the whole answer in its own receive buffer.
RECEIVE_BUFFER = 16384
BITE = 2048
READY_DEADLINE_S = 60.0
ROOT = Path(__file__).resolve().parents[2]

FIRST = {
    "heads": b"GET /answer?1 HTTP/1.1\r\nHost: load\r\nX-Slow: ",
    "bodies": b"POST /echo?1 HTTP/1.1\r\nHost: load\r\nContent-Length: 60000\r\n\r\n",
    "readers": b"GET /large?1&%d HTTP/1.1\r\nHost: load\r\n\r\n" % LARGE,
    "files": b"GET /file?1&%d HTTP/1.1\r\nHost: load\r\n\r\n" % LARGE,
    "silent": b"",
    "hellos": b"",
    "secrets": b"GET /answer?1 HTTP/1.1\r\nHost: load\r\nX-Slow: ",
}
# Those that send an octet a turn.
TRICKLING = frozenset({"heads", "bodies", "hellos", "secrets"})


@contextmanager
def swarm(port: int, counts: Mapping[str, int], *, must_stay: bool = True) -> Iterator[None]:
    """Run a swarm while the block runs; fail if the server has thrown a client out that `must_stay`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.swarm", str(port), json.dumps(dict(counts))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], READY_DEADLINE_S)
        assert ready, "the slow clients are not ready"
        assert process.stdout.readline() == "ready\n"
        yield
        left, _ = process.communicate(timeout=READY_DEADLINE_S)
    finally:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait()
    assert not must_stay or int(left) == sum(counts.values()), (
        f"{left.strip()} of {dict(counts)} slow clients were still there"
    )


def main(port: int, counts: Mapping[str, int]) -> None:
    """Be slow until standard input ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = [(kind, _client(port, kind)) for kind, count in counts.items() for _ in range(count)]
    # Everybody has had a first turn: bodies have begun, readers have got a part of their answer.
    gone: set[socket.socket] = set()
    for kind, sock in clients:
        if kind in {"readers", "files"} and not _is_readable(sock):
            raise SystemExit("a slow reader had no answer to begin with")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    turn, hello = 0, _hello()
    while clients and not _has_ended(PERIOD_S / len(clients)):
        kind, sock = clients[turn % len(clients)]
        octet = hello[turn // len(clients) % len(hello) :][:1] if kind == "hellos" else b"x"
        turn += 1
        if sock not in gone and not _small_step(kind, sock, octet):
            gone.add(sock)
    sys.stdout.write(f"{len(clients) - len(gone)}\n")


def _client(port: int, kind: str) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if kind == "secrets":
        sock = _CLIENT.wrap_socket(sock)
    sock.sendall(FIRST[kind])
    sock.setblocking(False)
    return sock


_CLIENT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_CLIENT.check_hostname = False
_CLIENT.verify_mode = ssl.CERT_NONE


def _hello() -> bytes:
    """Give the first octets of a handshake."""
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        _CLIENT.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    return outgoing.read()


def _is_readable(sock: socket.socket) -> bool:
    # Not select(2), which ends at descriptor 1024.
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(READY_DEADLINE_S * 1000))


def _small_step(kind: str, sock: socket.socket, octet: bytes) -> bool:
    """Do what this kind does once a period; say whether the connection is still there."""
    try:
        if kind in TRICKLING:
            sock.send(octet)
            sock.recv(1)
            # An answer to half a request: it was refused.
            return False
        return bool(sock.recv(BITE))
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


def _has_ended(wait_s: float) -> bool:
    """Wait for the next turn; say whether standard input has ended."""
    ready, _, _ = select.select([sys.stdin], [], [], wait_s)
    return bool(ready)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
