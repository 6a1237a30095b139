"""What settings say of the network: where to listen, whom to believe, where to send logs and metrics.

Each function returns the text, or raises ValueError, whose text says how it is written.
"""

from __future__ import annotations

import ipaddress
import os
import re

from wsgid.net.address import UNIX_PATH_OCTETS, parse_address

# For JSON Schema: what can be told without reading an address. A port alone, and a path alone, are slips.
LISTENING = "^[^/]*[^0-9/]"
STATSD = "^$|^[^/]*[^0-9/]"
NETWORK = r"^(\*|[0-9a-fA-F:.]+(/[0-9]{1,3})?)$"
SYSLOG = "^((udp|tcp)://|unix:///)"

# What a control socket is told by has room for the mark of a successor's, which stands beside it for a while.
CONTROL_OCTETS = UNIX_PATH_OCTETS - len(".2")
CONTROL = "^$|^[^@]"

# Sockets that are passed: by a descriptor's number, or by the name in a systemd socket unit, which has no
# control characters, no colon, and at most 255 characters (systemd.socket(5), FileDescriptorName=).
_PASSED = re.compile(r"fd://[0-9]{1,6}|systemd:(\*|[!-9;-~]{1,255})")


def listening(value: str) -> str:
    if value.strip().startswith(("fd:", "systemd:")):
        if not _PASSED.fullmatch(value.strip()):
            raise ValueError(f"`{value}`: a socket that is passed is `fd://3`, `systemd:NAME` or `systemd:*`")
        return value.strip()
    parse_address(value)
    return value


def control(value: str) -> str:
    if value.startswith("@"):
        raise ValueError(
            f"`{value}`: whoever is on the machine could connect to an abstract socket: write a path"
        )
    if not fits_as_control(value):
        octets = len(os.fsencode(value))
        raise ValueError(f"the path has {octets} octets, and there is room for {CONTROL_OCTETS} (unix(7))")
    return value


def fits_as_control(path: str) -> bool:
    """Say whether the kernel takes a path for the control socket, and its successor's."""
    return len(os.fsencode(path)) <= CONTROL_OCTETS


def at_least_one(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("at least one address is needed")
    return values


def network(value: str) -> str:
    if value == "*":
        return value
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        try:
            meant = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"`{value}` is neither an address, nor a network, nor `*`") from error
        raise ValueError(f"`{value}` has host bits set: did you mean `{meant}`?") from error
    return value


def syslog(value: str) -> str:
    if value.startswith("unix://"):
        path, mark, kind = value.removeprefix("unix://").partition("#")
        if not path.startswith("/"):
            raise ValueError(f"`{value}` names no path: write `unix:///dev/log`")
        if mark and kind not in ("dgram", "stream"):
            raise ValueError(f"`{value}`: after the # stands dgram or stream")
        return value
    scheme, _, rest = value.partition("://")
    if scheme not in ("udp", "tcp"):
        raise ValueError(f"`{value}`: write `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:///dev/log`")
    parse_address(rest or "localhost")
    return value


def statsd(value: str) -> str:
    if value.startswith("unix:") and not re.fullmatch(r"unix:\d+", value):
        if not re.match(r"unix:(//)?/(?!/)", value):
            raise ValueError(f"`{value}` names no path: write `unix:///run/statsd.sock`")
        return value
    parse_address(value)
    return value
