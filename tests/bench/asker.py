"""A client in step with a server: it asks, takes all of the answer, and only then asks again.

`python -m tests.bench.asker PORT SCENARIO COUNT`, a process of its own, so that what is counted of a server
is the server's alone (steps.py).
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
from pathlib import Path

from tests.bench.scenarios import SCENARIOS, Scenario

BUFFER = 1 << 20


def headers(scenario: Scenario) -> str:
    """Read them where wrk does."""
    if scenario.script is None:
        return ""
    script = (Path(__file__).with_name("wrk") / scenario.script).read_text()
    pairs = re.findall(r'^wrk\.headers\["(.+?)"\] = "(.*)"$', script, re.MULTILINE)
    return "".join(f"{name}: {value}\r\n" for name, value in pairs)


def request(scenario: Scenario) -> bytes:
    """Return the octets of one request."""
    body = b"x" * scenario.request_body
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    method = "POST" if body else "GET"
    head = f"{method} {scenario.path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n{headers(scenario)}{length}\r\n"
    return head.encode() + body


def connect(scenario: Scenario, port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    if scenario.scheme == "http":
        return client
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(client)


def take(client: socket.socket, buffer: bytearray) -> bool:
    """Take one answer; False if the connection ends with it."""
    head = b""
    while b"\r\n\r\n" not in head:
        octets = client.recv(65536)
        if not octets:
            raise ConnectionError("no answer")
        head += octets
    head, _, begun = head.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
    if length is not None:
        left = int(length[1]) - len(begun)
        while left > 0:
            left -= client.recv_into(buffer)
    else:
        end = begun
        while not end.endswith(b"0\r\n\r\n"):
            end = end[-8:] + client.recv(65536)
    return b"connection: close" not in head.lower()


def main() -> int:
    port, name, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    scenario = next(one for one in SCENARIOS if one.name == name)
    octets = request(scenario)
    buffer = bytearray(BUFFER)
    client = None
    for _ in range(count):
        client = client or connect(scenario, port)
        client.sendall(octets)
        if not take(client, buffer):
            client.close()
            client = None
    return 0


if __name__ == "__main__":
    sys.exit(main())
