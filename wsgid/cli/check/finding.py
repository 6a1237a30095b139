"""A finding: what is wrong with a setting's value on this machine; it may come from a child, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wsgid.config.diagnostics import Diagnostic, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wsgid.config.diagnostics import Code, Severity
    from wsgid.config.load import Loaded


class Finding(NamedTuple):
    """What is wrong, and with which setting; `item` is the index or key of what is inside its value.

    `note` stands beside the caret, `detail` below in lines of its own. `setting` is empty where none is to
    blame.
    """

    code: Code
    message: str
    setting: str = ""
    item: int | str | None = None
    note: str = ""
    severity: Severity = "error"
    detail: str = ""


def read_findings(values: Sequence[Sequence[Any]]) -> tuple[Finding, ...]:
    """Read what came through JSON, where tuples are lists."""
    return tuple(Finding(*value) for value in values)


def diagnostic(finding: Finding, loaded: Loaded) -> Diagnostic:
    """Return it at the place of its setting; where that is the default, the message has to say all."""
    where = loaded.where(finding.setting, finding.item) if finding.setting else None
    if where is not None:
        return Diagnostic(
            finding.severity, finding.code, finding.message, (Label(where, finding.note),), finding.detail
        )
    default = f" (the default of `{finding.setting}`)" if finding.setting else ""
    note = f": {finding.note}" if finding.note else ""
    return Diagnostic(finding.severity, finding.code, f"{finding.message}{default}{note}", (), finding.detail)
