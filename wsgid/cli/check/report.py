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
    from wsgid.config.options import OutputFormat


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

    def __str__(self) -> str:
        return "\n\n".join((*map(str, self.diagnostics), "\n".join((*self._notes(), self.verdict()))))

    def verdict(self) -> str:
        """Return the last line."""
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

    def _notes(self) -> Iterable[str]:
        return (f"note: {note}" for note in self.notes)


def variables_of(loaded: Loaded) -> int:
    """Return how many variables of the environment say something."""
    names = {
        place.value.name
        for checked in loaded.layers
        for place in checked.layer.places.values()
        if place.value.kind == "environment"
    }
    return len(names)


def render(reports: Sequence[Report], output_format: OutputFormat) -> str:
    """Return what is printed: of one check, or of all instances."""
    match output_format:
        case "json":
            (first, *more) = [report.to_json() for report in reports]
            return json.dumps({**first, "instances": more} if more else first, indent=2, ensure_ascii=False)
        case "concise":
            return "\n".join(one.concise() for report in reports for one in report.diagnostics)
        case _:
            return "\n\n".join(map(str, reports))
