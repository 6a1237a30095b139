"""An address as text, as a value, and as text again."""

from __future__ import annotations

import socket

import pytest

from wsgid.net.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("127.0.0.1:8080", Address(socket.AF_INET, "127.0.0.1", 8080), "http://127.0.0.1:8080"),
        ("127.0.0.1", Address(socket.AF_INET, "127.0.0.1", 8000), "http://127.0.0.1:8000"),
        (" :80 ", Address(socket.AF_INET, "0.0.0.0", 80), "http://0.0.0.0:80"),
        ("0.0.0.0:0", Address(socket.AF_INET, "0.0.0.0", 0), "http://0.0.0.0:0"),
        ("[::1]:80", Address(socket.AF_INET6, "::1", 80), "http://[::1]:80"),
        ("[::]", Address(socket.AF_INET6, "::", 8000), "http://[::]:8000"),
        ("localhost:80", Address(socket.AF_UNSPEC, "localhost", 80), "http://localhost:80"),
        ("my_app.docker:80", Address(socket.AF_UNSPEC, "my_app.docker", 80), "http://my_app.docker:80"),
        ("tcp://localhost:80", Address(socket.AF_UNSPEC, "localhost", 80), "http://localhost:80"),
        ("http://localhost:80/", Address(socket.AF_UNSPEC, "localhost", 80), "http://localhost:80"),
        ("unix:/run/x.sock", Address(socket.AF_UNIX, path="/run/x.sock"), "unix:/run/x.sock"),
        ("unix:///run/x.sock", Address(socket.AF_UNIX, path="/run/x.sock"), "unix:/run/x.sock"),
        ("unix:x.sock", Address(socket.AF_UNIX, path="x.sock"), "unix:x.sock"),
        ("unix:@name", Address(socket.AF_UNIX, path="@name"), "unix:@name"),
    ],
)
def test_an_address_is_read_and_shown(text: str, address: Address, shown: str) -> None:
    assert address == parse_address(text)
    assert shown == str(address)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("8000", "write `127.0.0.1:8000`, or `:8000`"),
        ("/run/x.sock", "write `unix:/run/x.sock`"),
        ("127.0.0.1:", "from 0 to 65535"),
        ("127.0.0.1:http", "not `http`"),
        ("127.0.0.1:65536", "from 0 to 65535"),
        ("127.0.0.1:\u0663", "from 0 to 65535"),
        ("127.0.0.1:-1", "from 0 to 65535"),
        ("127.0.0.256:80", "not an IPv4 address"),
        ("::1:80", "in brackets"),
        ("[::1", r"write `\[ADDRESS\]:PORT`"),
        ("[::g]:80", "not an IPv6 address"),
        ("a b:80", "neither an address nor a host name"),
        ("-a:80", "neither an address nor a host name"),
        ("a-:80", "neither an address nor a host name"),
        ("a..b:80", "neither an address nor a host name"),
        ("a" * 64 + ".org:80", "neither an address nor a host name"),
        ("http://x/path:80", "neither an address nor a host name"),
        ("unix:", "names no path"),
        ("unix:@", "names no path"),
        ("unix:/" + "x" * 107, "108 octets"),
        ("unix:/\0", "NUL"),
        ("fd://3", "passed in"),
        ("systemd:web", "passed in"),
    ],
)
def test_what_is_no_address_is_told_with_how_it_is_written(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_address(text)
