"""Settings: every setting once, with its type, default, words, flags and what a change of it needs.

The one place that knows them, a module of `sections` for each section. The command line, the environment's
names, the option table, the schema and the manual are made from this list; to add a setting is to add an
entry there, and to run `make generated`.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING

from wsgid.config.about import (
    ALL_KINDS,
    PARSER_KINDS,
    POLLER_KINDS,
    About,
    Change,
)
from wsgid.config.plugins import without_plugins
from wsgid.config.sections.application import Application
from wsgid.config.sections.development import Development
from wsgid.config.sections.limits import Limits
from wsgid.config.sections.listening import Listening
from wsgid.config.sections.logs import Logging
from wsgid.config.sections.moments import Hooks
from wsgid.config.sections.process import Process
from wsgid.config.sections.proxies import Proxies
from wsgid.config.sections.serving import Serving
from wsgid.config.sections.tls import TLS
from wsgid.config.sections.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

__all__ = [
    "ALL_KINDS",
    "PARSER_KINDS",
    "POLLER_KINDS",
    "SECTIONS",
    "About",
    "Change",
    "Settings",
    "about",
]

SECTIONS = (
    Application,
    Listening,
    Workers,
    Limits,
    Proxies,
    Process,
    Logging,
    TLS,
    Development,
    Serving,
    Hooks,
)


# The sections stand in reverse, for pydantic takes the fields of the last first.
class Settings(
    Hooks,
    Serving,
    Development,
    TLS,
    Logging,
    Process,
    Proxies,
    Limits,
    Workers,
    Listening,
    Application,
):
    """All settings of one generation: complete, frozen, unknown names refused.

    Durations are in seconds, sizes in octets. It is shared by fork and never changed.
    """


with without_plugins():
    Settings.model_rebuild()


def about(name: str) -> About:
    """Return what is known of a setting beside its type; every one has it."""
    return _ABOUT[name]


def _words(field: FieldInfo) -> tuple[str, ...]:
    """Return the words of a Literal, or of a Literal or None."""
    for annotation in (field.annotation, *typing.get_args(field.annotation)):
        if typing.get_origin(annotation) is typing.Literal:
            return typing.get_args(annotation)
    return ()


def _all_about() -> Mapping[str, About]:
    known: dict[str, About] = {}
    for section in SECTIONS:
        for name, field in section.model_fields.items():
            given = next(item for item in field.metadata if isinstance(item, About))
            known[name] = given._replace(section=section.__name__, words=_words(field))
    return known


_ABOUT = _all_about()
