"""Value types of settings: what a person may write, and the plain value it becomes.

`"30s"` becomes 30.0 seconds and `"64K"` 65536 octets here, once; nothing below knows of the spellings.
What cannot be read is left as it is, so that the type's own check refuses it and `Expects` says what
would have been right.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from wsgid.config.diagnostics import did_you_mean
from wsgid.net.address import parse_address

# A longer duration is a slip (milliseconds?), and what poll(2) takes, 31 bits of milliseconds, is 24.8 days.
LONGEST_S = 24 * 86_400
# 8 PiB: more than any machine has, and exact as a float.
LARGEST_BYTES = 2**53

UNIT_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
UNIT_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30}

AUTO_WORKERS = 0
"""What `workers = "auto"` is until `config.load` has looked at the machine."""

WORKER_CLASSES = ("sync", "gthread", "gevent", "eventlet", "tornado", "asgi")
WORKER_CLASS_ALIASES = {"threads": "gthread"}


@dataclass(frozen=True, slots=True)
class Expects:
    """What a mistake's message says after "expected"; stands in the annotation."""

    what: str


# What a person writes, read


def _seconds(value: object) -> object:
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", value)):
        return float(match[1]) * UNIT_S[match[2]]
    return value


def _octets(value: object) -> object:
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+)([KMG])", value.upper())):
        return int(match[1]) * UNIT_BYTES[match[2]]
    return value


def _items(value: object) -> object:
    # TOML brings lists, a frozen value keeps tuples.
    return tuple(value) if isinstance(value, list) else value


def _path_or_none(value: object) -> object:
    # TOML has no null: "" takes back what a lower layer has set.
    return None if value == "" else value


def _auto_or(value: object, number: ValidatorFunctionWrapHandler) -> int:
    return AUTO_WORKERS if value == "auto" else int(number(value))


# What was read, looked at


def _app(value: str) -> str:
    if not value:
        raise ValueError("it is empty: write `module:variable`")
    return value


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("at least one address is needed")
    for value in values:
        parse_address(value)
    return values


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "*":
            _network(value)
    return values


def _network(value: str) -> None:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        try:
            meant = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"`{value}` is neither an address, nor a network, nor `*`") from error
        raise ValueError(f"`{value}` has host bits set: did you mean `{meant}`?") from error


def _worker_class(value: str) -> str:
    value = WORKER_CLASS_ALIASES.get(value, value)
    if value in WORKER_CLASSES or re.fullmatch(r"[^\W\d][\w.]*:[^\W\d]\w*", value):
        return value
    meant = did_you_mean(value, WORKER_CLASSES) or f"write {', '.join(WORKER_CLASSES)} or `module:Class`"
    raise ValueError(f"`{value}` is no worker class: {meant}")


def _environment(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if not name or "=" in name:
            raise ValueError(f"`{name}` is no name of a variable: it is empty or has a `=` in it")
        if "\0" in name + value:
            raise ValueError("a variable of the environment has no NUL in it")
    return values


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("a NUL has no place here")
    return value


def _header_value(value: str) -> str:
    # RFC 9110, 5.5, field-content.
    if not re.fullmatch(r"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?", value):
        raise ValueError("a header's value is Latin-1, without control characters, without space at its ends")
    return value


# The types

_DURATION = 'seconds, or a duration such as "30s", "5m", "1h", "500ms"'
_ReadSeconds = BeforeValidator(_seconds, json_schema_input_type=float | str)

Text = Annotated[str, AfterValidator(_text), Expects("a string")]
Path = Annotated[Text, Expects("a path")]
AppSpec = Annotated[Annotated[Text, AfterValidator(_app)] | None, Expects('a string, "module:variable"')]
PathOrNone = Annotated[
    Path | None,
    BeforeValidator(_path_or_none, json_schema_input_type=str),
    Expects("a path"),
]
Paths = Annotated[
    tuple[Path, ...],
    BeforeValidator(_items, json_schema_input_type=list[str]),
    Expects("a list of paths"),
]
Flag = Annotated[bool, Expects("true or false")]
Count = Annotated[int, Field(ge=0, le=2**31 - 1), Expects("an integer")]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False), _ReadSeconds, Expects(_DURATION)]
PositiveSeconds = Annotated[
    float, Field(gt=0, le=LONGEST_S, allow_inf_nan=False), _ReadSeconds, Expects(_DURATION)
]
ByteSize = Annotated[
    int,
    Field(ge=0, le=LARGEST_BYTES),
    BeforeValidator(_octets, json_schema_input_type=int | str),
    Expects('octets, or a size such as "64K", "10M", "1G"'),
]
WorkerCount = Annotated[
    int,
    # A reload has two generations side by side, in the 4,096 rows of the scoreboard.
    Field(ge=1, le=2000),
    WrapValidator(_auto_or),
    Expects('an integer, or "auto"'),
]
WorkerClass = Annotated[Text, AfterValidator(_worker_class), Expects("a string")]
Addresses = Annotated[
    tuple[str, ...],
    BeforeValidator(_items, json_schema_input_type=list[str]),
    AfterValidator(_addresses),
    Expects('a list of addresses, ["127.0.0.1:8000"]'),
]
Networks = Annotated[
    tuple[str, ...],
    BeforeValidator(_items, json_schema_input_type=list[str]),
    AfterValidator(_networks),
    Expects('a list of addresses and networks, ["127.0.0.1", "10.0.0.0/8"]'),
]
Environment = Annotated[
    dict[str, str], AfterValidator(_environment), Expects('a table of strings, { NAME = "value" }')
]
Headers = Annotated[dict[str, str], Expects('a table of strings, { NAME = "value" }')]
HeaderValue = Annotated[str, AfterValidator(_header_value), Expects("a string")]
