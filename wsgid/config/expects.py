"""What a setting expects: as a message says it, and for settings that take words, the words.

The style of a layer (`layers.Style`) decides how leniently words are read; it comes as pydantic's context,
`context={"style": ...}`, and is "typed" where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, ValidationInfo


@dataclass(frozen=True, slots=True)
class Expects:
    """What a mistake's message says after "expected"; stands in the annotation."""

    what: str


@dataclass(frozen=True, slots=True)
class Words(Expects):
    """Reads one of some words; beside them, `others` are pairs of what may be written and what it means."""

    words: tuple[str, ...]
    others: tuple[tuple[str | float | None, str | None], ...] = ()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        written = [*self.words, *(other for other, _ in self.others)]
        return core_schema.with_info_before_validator_function(
            self._read,
            handler(source),
            json_schema_input_schema=core_schema.literal_schema(written),
        )

    def _read(self, value: object, info: ValidationInfo) -> object:
        for other, word in self.others:
            # True is 1, but not here.
            if other == value and isinstance(other, bool) is isinstance(value, bool):
                return word
        if is_typed(info) or not isinstance(value, (str, int)):
            return value
        text = str(value).strip().lower()
        return {_text(other): word for other, word in self.others}.get(text, text)


def words(*accepted: str) -> Words:
    """Expect one of these words."""
    return Words(f"one of {', '.join(accepted)}", accepted)


def words_or_none(*accepted: str) -> Words:
    """Expect one of these words; as elsewhere, "" takes back what a lower layer has set."""
    return Words(f"one of {', '.join(accepted)}", accepted, (("", None), (None, None)))


def off_or_words(*accepted: str, true: str | None = None) -> Words:
    """Expect "off" or one of these words; `false` is "off", `true` a word or a mistake."""
    others = ((False, "off"),) if true is None else ((False, "off"), (True, true))
    return Words(f"one of off, {', '.join(accepted)}", ("off", *accepted), others)


def numbered_words(*accepted: str) -> Words:
    """Expect one of these words, or its number: those of Python's own constants, which begin with 0."""
    others = tuple(enumerate(accepted))
    return Words(f"one of {', '.join(accepted)}", accepted, others)


def is_typed(info: ValidationInfo) -> bool:
    """Say whether a value is to be taken as it stands; text, and gunicorn's files, are read leniently."""
    return not info.context or info.context.get("style", "typed") == "typed"


def is_of_gunicorn(info: ValidationInfo) -> bool:
    """Say whether a value comes from a file of gunicorn's."""
    return info.context is not None and info.context.get("style") == "gunicorn"


def _text(value: str | float | None) -> str:
    return str(value).lower()
