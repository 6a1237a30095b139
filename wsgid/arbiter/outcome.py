"""What the end of a probe means: the configuration is right, or why the reload is refused."""

# Rule 1: what the probe has written is data. Whatever it is, nothing here raises.

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label, Mistakes, Where, summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wsgid.errors import WsgidError

# All mistakes of ten thousand lines fit; a file that prints more than this prints for ever.
MOST_OCTETS: Final = 4 * 1024 * 1024

# What it said on standard error, where that is all that is known of its end.
_MOST_LINES: Final = 20

# How many objects that look like a result are tried, from the end.
_MOST_OBJECTS: Final = 100


class Ended(NamedTuple):
    """All that is known of a probe that is over."""

    how: str
    """In words: `exit status 78`, `killed by SIGKILL`."""
    is_clean: bool
    """It left by itself with status 0."""
    output: bytes
    errors: bytes
    late_s: float = 0.0
    """How long it was given, if that was not enough; else 0."""
    has_flooded: bool = False
    """It was ended for what it printed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a reload changes nothing: each mistake in a line, and all of them in one."""

    reason: str
    mistakes: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """What fits into `systemctl status`: the first mistake, and how many more there are."""
        if not self.mistakes:
            return self.reason
        more = f" (and {len(self.mistakes) - 1} more)" if len(self.mistakes) > 1 else ""
        return f"{self.mistakes[0]}{more}"


def judge(ended: Ended) -> Refusal | None:
    """Say why the configuration is refused; None: it is right."""
    if ended.late_s:
        return Refusal(
            f"the configuration was not read within boot_timeout ({ended.late_s:g} s);"
            f" does a Python file hang?{_said(ended.errors)}"
        )
    if ended.has_flooded:
        return Refusal(
            f"a configuration file prints without end: more than {MOST_OCTETS >> 20} MB{_said(ended.errors)}"
        )
    result = _result(ended.output)
    if result is None:
        return Refusal(
            f"the check of the configuration ended without a result, {ended.how};"
            f" does a Python file end the process?{_said(ended.errors)}"
        )
    if ended.is_clean:
        return None
    if not result.mistakes:
        return Refusal(f"the check of the configuration failed, {ended.how}{_said(ended.errors)}")
    return result


def refusal_of(error: WsgidError) -> Refusal:
    """Say the same of what was raised in this process."""
    if isinstance(error, Mistakes):
        return _refusal(error.subject, error.diagnostics)
    return Refusal(str(error).removeprefix("wsgid: "))


def _refusal(subject: str, diagnostics: Sequence[Diagnostic]) -> Refusal:
    mistakes = tuple(one.concise() for one in diagnostics if one.severity == "error")
    return Refusal(summary(subject, diagnostics), mistakes)


def _result(output: bytes) -> Refusal | None:
    """Find what `--output-format json` has printed, among what a configuration file may have printed."""
    text = output.decode("utf-8", "replace")
    starts = [found.start() for found in re.finditer(r'\{\s*"subject":', text)]
    for start in starts[: -_MOST_OBJECTS - 1 : -1]:
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
            return _refusal(str(value["subject"]), tuple(map(_diagnostic, value["diagnostics"])))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            pass  # the file's own
    return None


def _diagnostic(value: Mapping[str, Any]) -> Diagnostic:
    labels = []
    for place in value["places"]:
        where = {name: place[name] for name in ("kind", "name", "line", "column", "end", "text")}
        labels.append(Label(Where(**where), place["note"]))
    return Diagnostic(value["severity"], value["code"], value["message"], tuple(labels))


def _said(errors: bytes) -> str:
    """Return the last lines of standard error, to go behind a message; nothing, if there are none."""
    lines = errors.decode("utf-8", "backslashreplace").strip().splitlines()[-_MOST_LINES:]
    return "".join(f"\n  {line}" for line in lines)
