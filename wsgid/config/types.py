"""Value types of settings: what a person may write, and the plain value it becomes.

`"30s"` becomes 30.0 seconds and `"64K"` 65536 octets here, once; nothing below knows of the spellings.
What cannot be read is left as it is, so that the type's own check refuses it and `Expects` says what
would have been right.

Of a type's validators those that come later in the annotation run first. One that reads another form says so
to JSON Schema, and comes after the constraints on what it gives, or the schema is wrong.
"""

from __future__ import annotations

import typing
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from wsgid.config import endpoints, maps, numbers, secrets, texts
from wsgid.config.expects import Expects, Words, numbered_words, off_or_words, words, words_or_none
from wsgid.config.hooks import HOOKS
from wsgid.config.kinds import OTHER_SPELLINGS, WORKER_CLASS_ALIASES, WORKER_CLASSES, worker_class
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
    "words_or_none",
]

AUTO_WORKERS = 0
"""What `workers = "auto"` is until `config.load` has looked at the machine."""


def _items(value: object) -> object:
    # Files bring lists, a frozen value keeps tuples.
    return tuple(value) if isinstance(value, list) else value


def _none_if_empty(value: object) -> object:
    # TOML has no null: "" takes back what a lower layer has set.
    return None if value == "" else value


def _auto_or(value: object, number: ValidatorFunctionWrapHandler) -> int:
    return AUTO_WORKERS if value == "auto" else int(number(value))


# Texts

# Patterns are for JSON Schema alone: what the checks here say, they say better.


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


Text = Annotated[str, AfterValidator(texts.text), Expects("a string")]
Path = Annotated[Text, Expects("a path")]
LogTarget = Annotated[Text, AfterValidator(texts.not_empty), _pattern("."), Expects('a path, or "-"')]
AppSpec = Annotated[
    Annotated[Text, AfterValidator(texts.app), _pattern(".")] | None, Expects('a string, "module:variable"')
]
HeaderValue = Annotated[
    str, AfterValidator(texts.header_value), _pattern(texts.FIELD_VALUE), Expects("a string")
]
WorkerClass = Annotated[
    Text,
    AfterValidator(worker_class),
    WithJsonSchema(
        {"anyOf": [{"enum": list(WORKER_CLASSES)}, {"type": "string", "pattern": OTHER_SPELLINGS}]}
    ),
    Expects("a string"),
]
SyslogAddress = Annotated[
    Text,
    AfterValidator(endpoints.syslog),
    _pattern(endpoints.SYSLOG),
    Expects('an address, "udp://localhost:514"'),
]

_NoneIfEmpty = BeforeValidator(_none_if_empty, json_schema_input_type=str | None)
TextOrNone = Annotated[Text | None, _NoneIfEmpty, Expects("a string")]
PathOrNone = Annotated[Path | None, _NoneIfEmpty, Expects("a path")]
ControlPath = Annotated[
    Annotated[Text, AfterValidator(endpoints.control)] | None,
    BeforeValidator(
        _none_if_empty, json_schema_input_type=Annotated[str, Field(pattern=endpoints.CONTROL)] | None
    ),
    Expects("a path"),
]
StatsdAddress = Annotated[
    Annotated[Text, AfterValidator(endpoints.statsd)] | None,
    BeforeValidator(
        _none_if_empty, json_schema_input_type=Annotated[str, Field(pattern=endpoints.STATSD)] | None
    ),
    Expects('an address, "localhost:8125"'),
]

# Plain, for pydantic tells a union's mistakes once for each of its branches.
AccountOrNone = Annotated[
    int | str | None,
    PlainValidator(
        texts.account,
        json_schema_input_type=Annotated[int, Field(ge=0, lt=texts.NOBODYS_ID)]
        | Annotated[str, Field(pattern=texts.ACCOUNT)]
        | Literal[""]
        | None,
    ),
    Expects("a name or a number"),
]

# Numbers

Flag = Annotated[bool, Expects("true or false")]
Count = Annotated[int, Field(ge=0, le=2**31 - 1), Expects("an integer")]

_DURATION = 'seconds, or a duration such as "30s", "5m", "1h", "500ms"'
_WrittenDuration = Annotated[str, Field(pattern=numbers.DURATION)]
Seconds = Annotated[
    float,
    Field(ge=0, le=numbers.LONGEST_S, allow_inf_nan=False),
    BeforeValidator(
        numbers.seconds,
        json_schema_input_type=Annotated[float, Field(ge=0, le=numbers.LONGEST_S)] | _WrittenDuration,
    ),
    Expects(_DURATION),
]
PositiveSeconds = Annotated[
    float,
    Field(gt=0, le=numbers.LONGEST_S, allow_inf_nan=False),
    BeforeValidator(
        numbers.seconds,
        json_schema_input_type=Annotated[float, Field(gt=0, le=numbers.LONGEST_S)] | _WrittenDuration,
    ),
    Expects(_DURATION),
]
ByteSize = Annotated[
    int,
    Field(ge=0, le=numbers.LARGEST_BYTES),
    BeforeValidator(
        numbers.octets,
        json_schema_input_type=Annotated[int, Field(ge=0, le=numbers.LARGEST_BYTES)]
        | Annotated[str, Field(pattern=numbers.SIZE)],
    ),
    Expects('octets, or a size such as "64K", "10M", "1G"'),
]

_OCTAL = 'octal, written "022" or 0o022'
_Permissions = Annotated[int, Field(ge=0, le=0o777)]
_WrittenMode = _Permissions | Annotated[str, Field(pattern=numbers.PERMISSIONS)]
Mode = Annotated[
    _Permissions, BeforeValidator(numbers.octal, json_schema_input_type=_WrittenMode), Expects(_OCTAL)
]
ModeOrNone = Annotated[
    Mode | None,
    BeforeValidator(_none_if_empty, json_schema_input_type=_WrittenMode | Literal[""] | None),
    Expects(_OCTAL),
]

# A reload has two generations side by side, in the 4,096 rows of the scoreboard.
_Number = Annotated[int, Field(ge=1, le=2000)]
WorkerCount = Annotated[
    _Number,
    WrapValidator(_auto_or, json_schema_input_type=_Number | Literal["auto"]),
    Expects('an integer, or "auto"'),
]

# Lists


def _strings(pattern: str) -> BeforeValidator:
    return BeforeValidator(_items, json_schema_input_type=list[Annotated[str, Field(pattern=pattern)]])


Paths = Annotated[
    tuple[Path, ...], BeforeValidator(_items, json_schema_input_type=list[str]), Expects("a list of paths")
]
PathPatterns = Annotated[
    tuple[Annotated[Text, AfterValidator(texts.path_pattern)], ...],
    _strings("^[/*]"),
    Expects('a list of patterns, ["/healthz", "/static/*"]'),
]
Addresses = Annotated[
    tuple[Annotated[Text, AfterValidator(endpoints.listening)], ...],
    AfterValidator(endpoints.at_least_one),
    BeforeValidator(
        _items,
        json_schema_input_type=Annotated[
            list[Annotated[str, Field(pattern=endpoints.LISTENING)]], Field(min_length=1)
        ],
    ),
    Expects('a list of addresses, ["127.0.0.1:8000"]'),
]
Networks = Annotated[
    tuple[Annotated[Text, AfterValidator(endpoints.network)], ...],
    _strings(endpoints.NETWORK),
    Expects('a list of addresses and networks, ["127.0.0.1", "10.0.0.0/8"]'),
]
EnvironNames = Annotated[
    tuple[Annotated[Text, AfterValidator(texts.environ_name)], ...],
    _strings(texts.FIELD_NAME),
    Expects('a list of names, ["REMOTE_USER"]'),
]

# Maps, and secrets, which may be kept elsewhere

_TABLE = 'a table of strings, { NAME = "value" }'
_Pair = Annotated[str, Field(pattern="=")]
_SecretTable = Annotated[object, WithJsonSchema(secrets.SOURCE_SCHEMA)]
Environment = Annotated[
    # Until `config.load` has read it, a value may be a SecretSource.
    dict[str, Annotated[str, WrapValidator(secrets.text_or_source)]],
    AfterValidator(maps.environment),
    BeforeValidator(
        maps.variables,
        json_schema_input_type=dict[Annotated[str, Field(pattern="^[^=]+$")], str | _SecretTable]
        | list[_Pair],
    ),
    Expects(_TABLE),
]
PasteGlobals = Annotated[
    dict[str, str],
    BeforeValidator(maps.paste_globals, json_schema_input_type=dict[str, str] | list[_Pair]),
    Expects(_TABLE),
]
Headers = Annotated[
    dict[Annotated[str, AfterValidator(texts.header_name), _pattern(texts.FIELD_NAME)], str],
    Expects(_TABLE),
]
Hooks = Annotated[
    dict[Annotated[str, AfterValidator(texts.hook_name)], Annotated[Any, AfterValidator(texts.hook)]],
    # In a schema there are only texts, and only these names.
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                name: {
                    "type": "string",
                    "pattern": texts.FUNCTION,
                    "description": f"called with {', '.join(arguments)}",
                }
                for name, arguments in HOOKS.items()
            },
            "additionalProperties": False,
        }
    ),
    Expects('a table of functions, { post_fork = "module:function" }'),
]
LogConfig = Annotated[
    dict[str, Any],
    AfterValidator(maps.log_config),
    WithJsonSchema({"type": "object", "properties": {"version": {"const": 1}}}),
    Expects("a table"),
]
SecretOrNone = Annotated[
    Secret | None,
    PlainValidator(secrets.secret, json_schema_input_type=str | _SecretTable | None),
    Expects('a string, { credential = "NAME" } or { file = "/PATH" }'),
]

# Words

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
SyslogFacility = Annotated[_Facility, words(*typing.get_args(_Facility))]
# People take it for a number.
TlsVersion = Annotated[
    Literal["1.2", "1.3"], Words("one of 1.2, 1.3", ("1.2", "1.3"), ((1.2, "1.2"), (1.3, "1.3")))
]
