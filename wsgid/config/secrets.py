"""Secrets: values that are never shown, and where they may be kept instead of in a file that others read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidatorFunctionWrapHandler

REDACTED = "<redacted>"

# What people call a secret. PRIVATE_KEY, and no key of a cache; SECRET_KEY is in it twice.
SECRET_WORDS = re.compile(r"passw|passphrase|secret|token|credential|private|api_?key", re.IGNORECASE)

# A key of 4,096 bits is some 3 KB; systemd passes at most 1 MB (systemd.exec(5), CREDENTIALS).
LARGEST_BYTES = 2**20


class Secret:
    """A text that shows itself to nobody who does not ask with `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return REDACTED

    def __repr__(self) -> str:
        return REDACTED

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))


# A table with one of two keys; pydantic would say the same in three times the words.
SOURCE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "credential": {"type": "string", "pattern": "^[^/]+$", "description": "a name of LoadCredential="},
        "file": {"type": "string", "pattern": "^/", "description": "a path"},
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is kept: `{ credential = "name" }` or `{ file = "/path" }`."""

    kind: str
    """"credential" or "file"."""
    name: str

    def read(self, environ: Mapping[str, str]) -> str:
        """Return what is kept there, less one line end; raises ValueError, which says what to do."""
        path = self._path(environ)
        octets = self._octets(path)
        try:
            text = octets.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not UTF-8") from error
        if "\0" in text:
            raise ValueError(f"{path} has a NUL in it")
        # `echo` and editors end a file with a line end that nobody means.
        return text.removesuffix("\n").removesuffix("\r")

    def __str__(self) -> str:
        return f'{{ {self.kind} = "{self.name}" }}'

    def _path(self, environ: Mapping[str, str]) -> Path:
        if self.kind == "file":
            return Path(self.name)
        directory = environ.get("CREDENTIALS_DIRECTORY", "")
        if not directory:
            raise ValueError(
                f"systemd has passed no credentials (there is no $CREDENTIALS_DIRECTORY); the unit wants "
                f"`LoadCredential={self.name}:/path`"
            )
        return Path(directory, self.name)

    def _octets(self, path: Path) -> bytes:
        try:
            # A pipe would hold the server up until somebody writes.
            if path.exists() and not path.is_file():
                raise ValueError(f"{path} is no file")
            with path.open("rb") as file:
                octets = file.read(LARGEST_BYTES + 1)
        except FileNotFoundError:
            raise ValueError(self._missing(path)) from None
        except OSError as error:
            raise ValueError(f"cannot read {path}: {error.strerror}") from error
        if len(octets) > LARGEST_BYTES:
            raise ValueError(f"{path} is larger than {LARGEST_BYTES >> 20} MB: that is no secret")
        return octets

    def _missing(self, path: Path) -> str:
        if self.kind == "file":
            return f"there is no file {path}"
        passed = sorted(file.name for file in path.parent.glob("*"))
        has = f"it passes {', '.join(passed)}" if passed else "it passes none"
        return (
            f"systemd passes no credential `{self.name}` ({has}); the unit wants "
            f"`LoadCredential={self.name}:/path`"
        )


def text_or_source(value: object, text: ValidatorFunctionWrapHandler) -> object:
    """Read a value that may be kept elsewhere: a table is where."""
    return _source(value) if isinstance(value, dict) else text(value)


def secret(value: object) -> Secret | SecretSource | None:
    """Read a secret, or where it is kept; as elsewhere, "" takes back what a lower layer has set."""
    match value:
        case None | "":
            return None
        case Secret() | SecretSource():
            return value
        case dict():
            return _source(value)
        case str():
            return Secret(value)
    raise PydanticCustomError("wrong_type", "a string, or where it is kept")


def _source(value: dict[object, object]) -> SecretSource:
    # No message quotes what is here: somebody may have put the secret itself there.
    match value:
        case {"credential": str(name), **rest} if not rest:
            # systemd.exec(5), LoadCredential=: a credential is a file of that name in one directory.
            if not re.fullmatch(r"[^/\0]+", name) or name in (".", ".."):
                raise ValueError("a credential's name is that of a file, without a slash")
            return SecretSource("credential", name)
        case {"file": str(name), **rest} if not rest:
            if not name.startswith("/"):
                raise ValueError("the path of a secret's file begins with a slash")
            return SecretSource("file", name)
    raise ValueError('write { credential = "NAME" } or { file = "/PATH" }')


def looks_secret(name: str, value: str) -> bool:
    """Tell whether a variable is probably a secret: by its name, or as an address with a password in it."""
    return bool(SECRET_WORDS.search(name) or re.search(r"://[^/\s:@]*:[^/\s@]+@", value))
