"""What a check has found, and the three forms in which it is printed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wsgid.config.diagnostics import Mistakes, count, strict, summary
from wsgid.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wsgid.config.diagnostics import Diagnostic
    from wsgid.config.load import Loaded


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one check. `notes` say how it was made, and where the service would differ.

    `variables` is how many of the environment say something.
    """

    subject: str
    diagnostics: tuple[Diagnostic, ...] = ()
    files: tuple[str, ...] = ()
    variables: int = 0
    notes: tuple[str, ...] = ()
    is_named: bool = False
    """One of several: its last line says of what it is."""

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.CONFIGURATION if count(self.diagnostics, "error") else ExitCode.OK

    def strictly(self) -> Report:
        """Return it with every warning an error."""
        return replace(self, diagnostics=strict(self.diagnostics))

    def complaints(self) -> str:
        """Return what is wrong, as a person reads it."""
        return "\n\n".join(map(str, self.diagnostics))

    def verdict(self) -> str:
        """Return the last lines: how it was looked at, and what came of it."""
        return "\n".join((*(f"note: {note}" for note in self.notes), self._last_line()))

    def _last_line(self) -> str:
        if self.exit_code is not ExitCode.OK:
            return summary(self.subject, self.diagnostics)
        parts = (
            (len(self.files), "file"),
            (self.variables, "variable"),
            (count(self.diagnostics, "warning"), "warning"),
        )
        name = f"{self.subject}: " if self.is_named else ""
        return f"{name}OK: " + ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in parts)

    def to_json(self) -> dict[str, Any]:
        found = Mistakes(self.subject, self.diagnostics, self.files).to_json()
        return {**found, "notes": list(self.notes)}


def variables_of(loaded: Loaded) -> int:
    """Return how many variables of the environment say something."""
    names = {
        place.value.name
        for checked in loaded.layers
        for place in checked.layer.places.values()
        if place.value.kind == "environment"
    }
    return len(names)


def to_json(reports: Sequence[Report]) -> str:
    """Return one object: of one check, or of all together with one for each instance inside."""
    first, *more = [report.to_json() for report in reports]
    return json.dumps({**first, "instances": more} if more else first, indent=2) + "\n"


def to_lines(reports: Iterable[Report]) -> str:
    """Return a line a mistake, as editors read them."""
    return "".join(f"{one.concise()}\n" for report in reports for one in report.diagnostics)
