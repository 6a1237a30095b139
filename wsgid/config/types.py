"""Value types of settings: what a person may write, and the plain value it becomes.

`"30s"` becomes 30.0 seconds and `"64K"` 65536 octets here, once; nothing below knows of the spellings.
What cannot be read is left as it is, so that the type's own check refuses it and `Expects` says what
would have been right.
"""

from __future__ import annotations

import re
import typing
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from wsgid.config import endpoints, numbers
from wsgid.config.diagnostics import did_you_mean
from wsgid.config.expects import (
    Expects,
    Words,
    is_of_gunicorn,
    numbered_words,
    off_or_words,
    words,
)
from wsgid.config.hooks import HOOKS
from wsgid.config.kinds import WORKER_CLASS_ALIASES, WORKER_CLASSES, worker_class
from wsgid.config.numbers import LARGEST_BYTES, LONGEST_S
from wsgid.config.secrets import Secret, SecretSource

__all__ = [
    "AUTO_WORKERS",
    "WORKER_CLASSES",
    "WORKER_CLASS_ALIASES",
    "Expects",
    "Secret",
    "SecretSource",
    "numbered_words",
    "off_or_words",
    "words",
]

AUTO_WORKERS = 0
"""What `workers = "auto"` is until `config.load` has looked at the machine."""

# What a person writes, read


def _items(value: object) -> object:
    # TOML brings lists, a frozen value keeps tuples.
    return tuple(value) if isinstance(value, list) else value


def _none_if_empty(value: object) -> object:
    # TOML has no null: "" takes back what a lower layer has set.
    return None if value == "" else value


def _auto_or(value: object, number: ValidatorFunctionWrapHandler) -> int:
    return AUTO_WORKERS if value == "auto" else int(number(value))


def _pairs(value: object, equals: str) -> object:
    """Read a list of NAME=VALUE, gunicorn's form of a map."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        return value
    pairs = {}
    for item in value:
        name, *content = re.split(equals, item, maxsplit=1)
        if not content:
            raise ValueError(f"`{name}` has no `=`: write `NAME=VALUE`")
        pairs[name] = content[0]
    return pairs


def _variables(value: object) -> object:
    return _pairs(value, "=")


def _paste_globals(value: object) -> object:
    # As in gunicorn, `\=` is an equals sign that does not end the name.
    pairs = _pairs(value, r"(?<!\\)=")
    if pairs is value or not isinstance(pairs, dict):
        return value
    return {name.replace("\\=", "="): content.replace("\\=", "=") for name, content in pairs.items()}


def _account(value: object) -> object:
    """Read a user's or a group's name or number; as elsewhere, "" takes back what a lower layer has set."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    match value:
        case bool():
            pass
        case int():
            # -1 is "unchanged" to chown(2) and setresuid(2), as an unsigned number too.
            if not 0 <= value < 2**32 - 1:
                raise ValueError(f"`{value}` is no number of a user or group: 0 to {2**32 - 2}")
            return value
        case str():
            # useradd(8) is stricter, but a directory service's names have @, dots and backslashes.
            if not re.fullmatch(r"[^\s:/,-][^\s:/,]*", value):
                raise ValueError(f"`{value}` is no name of a user or group")
            return value
    raise PydanticCustomError("wrong_type", "a name or a number")


def _secret_source(value: dict[object, object]) -> SecretSource:
    match value:
        case {"credential": str(name), **rest} if not rest:
            if not re.fullmatch(r"[^/\0]+", name) or name in (".", ".."):
                raise ValueError(f"`{name}` is no name of a credential: it is a file's name, without a slash")
            return SecretSource("credential", name)
        case {"file": str(name), **rest} if not rest:
            if not name.startswith("/"):
                raise ValueError(f"`{name}`: the path of a secret's file begins with a slash")
            return SecretSource("file", name)
    raise ValueError('write { credential = "NAME" } or { file = "/PATH" }')


def _text_or_source(value: object, text: ValidatorFunctionWrapHandler) -> object:
    return _secret_source(value) if isinstance(value, dict) else text(value)


def _secret(value: object) -> object:
    match value:
        case dict():
            return _secret_source(value)
        case Secret() | SecretSource() | None:
            return value
        case str():
            return Secret(_text(value)) if value else None
    raise PydanticCustomError("wrong_type", "a string or where it is kept")


# What was read, looked at


def _app(value: str) -> str:
    if not value:
        raise ValueError("it is empty: write `module:variable`")
    return value


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("at least one address is needed")
    return values


def _listening(value: str) -> str:
    endpoints.check_listening(value)
    return value


def _network(value: str) -> str:
    endpoints.check_network(value)
    return value


def _syslog(value: str) -> str:
    endpoints.check_syslog(value)
    return value


def _statsd(value: str) -> str:
    endpoints.check_statsd(value)
    return value


def _worker_class(value: str) -> str:
    return worker_class(value)


def _environment(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if not name or "=" in name:
            raise ValueError(f"`{name}` is no name of a variable: it is empty or has a `=` in it")
        if "\0" in f"{name}{value}":
            raise ValueError("a variable of the environment has no NUL in it")
    return values


def _hook_name(value: str) -> str:
    if value in HOOKS:
        return value
    raise ValueError(
        f"there is no hook `{value}`: {did_you_mean(value, HOOKS) or 'there are ' + ', '.join(HOOKS)}"
    )


def _hook(value: object, info: ValidationInfo) -> object:
    if callable(value):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "a function")
    if is_of_gunicorn(info) and ":" not in value:
        # gunicorn's own form is dotted to the end.
        module, _, function = value.rpartition(".")
        value = f"{module}:{function}"
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*", value):
        raise ValueError(f"`{value}` is no function: write `module:function`")
    return value


def _log_config(values: dict[str, Any]) -> dict[str, Any]:
    # gunicorn, too, adds the version where it is left out; dictConfig wants it, and knows only this one.
    if values and values.get("version", 1) != 1:
        raise ValueError("`version` is 1: logging.config knows no other")
    return values


def _pattern(value: str) -> str:
    if not value.startswith(("/", "*")):
        raise ValueError(f"`{value}` is no pattern of paths: it begins with a slash, or with *")
    return value


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value):
        raise ValueError(f"`{value}` is no name of a header")
    return value.upper().replace("-", "_")


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("a NUL has no place here")
    return value


def _header_value(value: str) -> str:
    # RFC 9110, 5.5, field-content.
    if not re.fullmatch(r"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?", value):
        raise ValueError("a header's value is Latin-1, without control characters, without space at its ends")
    return value


# The types. A validator that reads comes after the constraints on what it gives, or the schema is wrong.

_DURATION = 'seconds, or a duration such as "30s", "5m", "1h", "500ms"'
_DurationText = Annotated[str, Field(pattern=numbers.DURATION)]
_SizeText = Annotated[str, Field(pattern=numbers.SIZE)]
_OctalText = Annotated[str, Field(pattern=numbers.OCTAL)]
_Octal = BeforeValidator(
    numbers.octal, json_schema_input_type=_OctalText | Annotated[int, Field(ge=0, le=0o777)]
)
_EXPECTED_OCTAL = 'octal, written "022" or 0o022'
# syslog(3); "security" is an old name of "auth".
_Facility = Literal[
    "auth",
    "authpriv",
    "cron",
    "daemon",
    "ftp",
    "kern",
    "lpr",
    "mail",
    "news",
    "security",
    "syslog",
    "user",
    "uucp",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
]
_VariableName = Annotated[str, Field(pattern=r"^[^=]+$")]
_HookWord = Annotated[str, WithJsonSchema({"enum": [*HOOKS]})]
_SecretTable = Annotated[
    dict[str, str],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                "credential": {"type": "string", "pattern": "^[^/]+$"},
                "file": {"type": "string", "pattern": "^/"},
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
    ),
]
_Pair = Annotated[str, Field(pattern="=")]
_TABLE = 'a table of strings, { NAME = "value" }'

Text = Annotated[str, AfterValidator(_text), Expects("a string")]
TextOrNone = Annotated[
    Text | None, BeforeValidator(_none_if_empty, json_schema_input_type=str), Expects("a string")
]
Path = Annotated[Text, Expects("a path")]
AppSpec = Annotated[Annotated[Text, AfterValidator(_app)] | None, Expects('a string, "module:variable"')]
PathOrNone = Annotated[
    Path | None, BeforeValidator(_none_if_empty, json_schema_input_type=str), Expects("a path")
]
Paths = Annotated[
    tuple[Path, ...],
    BeforeValidator(_items, json_schema_input_type=list[str]),
    Expects("a list of paths"),
]
PathPatterns = Annotated[
    tuple[Annotated[Text, AfterValidator(_pattern)], ...],
    BeforeValidator(_items, json_schema_input_type=list[Annotated[str, Field(pattern=r"^[/*]")]]),
    Expects('a list of patterns, ["/healthz", "/static/*"]'),
]

Flag = Annotated[bool, Expects("true or false")]
Count = Annotated[int, Field(ge=0, le=2**31 - 1), Expects("an integer")]
Seconds = Annotated[
    float,
    Field(ge=0, le=LONGEST_S, allow_inf_nan=False),
    BeforeValidator(
        numbers.seconds, json_schema_input_type=Annotated[float, Field(ge=0, le=LONGEST_S)] | _DurationText
    ),
    Expects(_DURATION),
]
PositiveSeconds = Annotated[
    float,
    Field(gt=0, le=LONGEST_S, allow_inf_nan=False),
    BeforeValidator(
        numbers.seconds, json_schema_input_type=Annotated[float, Field(gt=0, le=LONGEST_S)] | _DurationText
    ),
    Expects(_DURATION),
]
ByteSize = Annotated[
    int,
    Field(ge=0, le=LARGEST_BYTES),
    BeforeValidator(
        numbers.octets, json_schema_input_type=Annotated[int, Field(ge=0, le=LARGEST_BYTES)] | _SizeText
    ),
    Expects('octets, or a size such as "64K", "10M", "1G"'),
]
Mode = Annotated[int, Field(ge=0, le=0o777), _Octal, Expects(_EXPECTED_OCTAL)]
ModeOrNone = Annotated[
    Annotated[int, Field(ge=0, le=0o777), _Octal] | None,
    BeforeValidator(
        _none_if_empty, json_schema_input_type=_OctalText | Annotated[int, Field(ge=0, le=0o777)]
    ),
    Expects(_EXPECTED_OCTAL),
]
WorkerCount = Annotated[
    int,
    # A reload has two generations side by side, in the 4,096 rows of the scoreboard.
    Field(ge=1, le=2000),
    WrapValidator(_auto_or, json_schema_input_type=Annotated[int, Field(ge=1, le=2000)] | Literal["auto"]),
    Expects('an integer, or "auto"'),
]
WorkerClass = Annotated[Text, AfterValidator(_worker_class), Expects("a string")]

AccountOrNone = Annotated[
    int | str | None,
    # Plain, for a union's mistakes would be told of each of its branches.
    PlainValidator(
        _account,
        json_schema_input_type=Annotated[int, Field(ge=0, lt=2**32 - 1)] | str,
    ),
    Expects("a name or a number"),
]


Addresses = Annotated[
    tuple[Annotated[Text, AfterValidator(_listening)], ...],
    AfterValidator(_addresses),
    BeforeValidator(_items, json_schema_input_type=Annotated[list[str], Field(min_length=1)]),
    Expects('a list of addresses, ["127.0.0.1:8000"]'),
]
Networks = Annotated[
    tuple[Annotated[Text, AfterValidator(_network)], ...],
    BeforeValidator(_items, json_schema_input_type=list[str]),
    Expects('a list of addresses and networks, ["127.0.0.1", "10.0.0.0/8"]'),
]
SyslogAddress = Annotated[Text, AfterValidator(_syslog), Expects('an address, "udp://localhost:514"')]
StatsdAddress = Annotated[
    Annotated[Text, AfterValidator(_statsd)] | None,
    BeforeValidator(_none_if_empty, json_schema_input_type=str),
    Expects('an address, "localhost:8125"'),
]

HeaderValue = Annotated[str, AfterValidator(_header_value), Expects("a string")]
HeaderNames = Annotated[
    tuple[Annotated[Text, AfterValidator(_header_name)], ...],
    BeforeValidator(_items, json_schema_input_type=list[str]),
    Expects('a list of names, ["REMOTE_USER"]'),
]
Headers = Annotated[dict[str, str], Expects(_TABLE)]

EnvironmentValue = Annotated[
    str,
    # Until `config.load` has read it, a value may be a SecretSource.
    WrapValidator(_text_or_source, json_schema_input_type=str | _SecretTable),
]
Environment = Annotated[
    dict[str, EnvironmentValue],
    AfterValidator(_environment),
    BeforeValidator(_variables, json_schema_input_type=dict[_VariableName, str | _SecretTable] | list[_Pair]),
    Expects(_TABLE),
]
PasteGlobals = Annotated[
    dict[str, str],
    BeforeValidator(_paste_globals, json_schema_input_type=dict[str, str] | list[_Pair]),
    Expects(_TABLE),
]
SecretOrNone = Annotated[
    Secret | None,
    PlainValidator(_secret, json_schema_input_type=str | _SecretTable),
    Expects('a string, { credential = "NAME" } or { file = "/PATH" }'),
]
Hooks = Annotated[
    dict[Annotated[str, AfterValidator(_hook_name)], Annotated[Any, AfterValidator(_hook)]],
    BeforeValidator(lambda value: value, json_schema_input_type=dict[_HookWord, str]),
    Expects('a table of functions, { post_fork = "module:function" }'),
]
LogConfig = Annotated[dict[str, Any], AfterValidator(_log_config), Expects("a table")]

SyslogFacility = Annotated[_Facility, words(*typing.get_args(_Facility))]
# People, and YAML, take it for a number.
TlsVersion = Words("one of 1.2, 1.3", ("1.2", "1.3"), ((1.2, "1.2"), (1.3, "1.3")))
