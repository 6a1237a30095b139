"""An address as a value: what `bind` says, before anything is opened."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from typing import NamedTuple

DEFAULT_PORT = 8000
# sockaddr_un.sun_path holds 108 octets with the NUL that ends it (unix(7)).
UNIX_PATH_OCTETS = 107
# What stands for sockets that were opened by somebody else: by a descriptor's number, by a name.
FD = "fd://"
SYSTEMD = "systemd:"


class Address(NamedTuple):
    """Where a server listens, or will.

    `family` is AF_UNSPEC for a host name that has not been resolved. `path` is set for AF_UNIX
    only; an abstract name begins with "@".
    """

    family: socket.AddressFamily
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.family == socket.AF_UNIX:
            return f"unix:{self.path}"
        if self.family == socket.AF_INET6:
            return f"http://[{self.host}]:{self.port}"
        return f"http://{self.host}:{self.port}"

    @property
    def is_abstract(self) -> bool:
        return self.path.startswith("@")


def plain_host(host: str) -> str:
    """Write an IPv4 address that came by a socket for IPv6 as IPv4 (RFC 4291, 2.5.5.2: `::ffff:192.0.2.1`).

    `[::]:80`, and `ListenStream=80` of a socket unit, take both; who is believed, and who is logged, is one
    and the same host.
    """
    return host[7:] if host.startswith("::ffff:") and "." in host else host


def parse_address(text: str) -> Address:
    """Reads HOST:PORT, [V6]:PORT, :PORT, HOST, unix:PATH or unix:@ABSTRACT.

    Raises ValueError with a text that says what is wrong and how it is written.
    """
    text = text.strip()
    if text.startswith("unix:"):
        return _unix(text)
    if is_passed(text):
        raise ValueError(f"`{text}` is a socket that is passed in, and no address")
    if text.startswith("/"):
        raise ValueError(f"`{text}` is a path: write `unix:{text}`")
    rest = re.sub(r"^(tcp|http)://", "", text).removesuffix("/")
    if not rest:
        raise ValueError("an address is empty: write `127.0.0.1:8000`, `:8000` or `unix:PATH`")
    if rest.isdecimal():
        raise ValueError(
            f"`{rest}` is a port without a host: write `127.0.0.1:{rest}`, or `:{rest}` for all interfaces"
        )
    if rest.startswith("["):
        return _ipv6(rest)
    host, colon, port = rest.rpartition(":")
    if not colon:
        host, port = rest, str(DEFAULT_PORT)
    if ":" in host:
        raise ValueError(
            f"`{rest}`: an IPv6 address stands in brackets: `[{host}]:{port}` or `[{rest}]:{DEFAULT_PORT}`"
        )
    return _ipv4_or_name(host or "0.0.0.0", _port(port, text))  # noqa: S104  `:PORT` asks for all interfaces


def is_passed(text: str) -> bool:
    """Say whether an item of `bind` stands for sockets that are passed in."""
    return text.startswith((FD, SYSTEMD))


def _unix(text: str) -> Address:
    # gunicorn takes unix://PATH as well.
    path = re.sub(r"^unix:(//(?=/))?", "", text)
    if not path or path == "@":
        raise ValueError(f"`{text}` names no path: write `unix:/run/myapp/wsgid.sock`")
    if "\0" in path:
        raise ValueError("a Unix path has no NUL in it")
    octets = len(os.fsencode(path))
    if octets > UNIX_PATH_OCTETS:
        raise ValueError(
            f"`{text}`: the path has {octets} octets, the kernel takes {UNIX_PATH_OCTETS} (unix(7))"
        )
    return Address(socket.AF_UNIX, path=path)


def _ipv6(rest: str) -> Address:
    match = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", rest)
    if match is None:
        raise ValueError(f"`{rest}`: write `[ADDRESS]:PORT`")
    host, port = match.groups()
    try:
        ipaddress.IPv6Address(host)
    except ValueError as error:
        raise ValueError(f"`{host}` is not an IPv6 address: {error}") from None
    return Address(socket.AF_INET6, host, DEFAULT_PORT if port is None else _port(port, rest))


def _ipv4_or_name(host: str, port: int) -> Address:
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError as error:
            raise ValueError(f"`{host}` is not an IPv4 address: {error}") from None
        return Address(socket.AF_INET, host, port)
    # RFC 1123, 2.1; an underscore is no host name, but Docker's service names have it. A part that is empty
    # or too long would not get as far as a name server: Python's idna raises an error of its own kind.
    if not re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*(?<!-)\.?", host):
        raise ValueError(f"`{host}` is neither an address nor a host name")
    return Address(socket.AF_UNSPEC, host, port)


def _port(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > 0xFFFF:  # noqa: PLR2004  16 bits, RFC 9293, 3.1
        raise ValueError(f"`{whole}`: the port is a number from 0 to 65535, not `{text}`")
    return int(text)
