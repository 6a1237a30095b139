"""Whose fault is a failed request? Decides by what three witnesses say: client, application and kernel."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tests.load.outcome import Failure, Tally


@dataclass(frozen=True, slots=True)
class Kill:
    """A worker that was killed, and the client's ports of the connections that it held at that moment."""

    pid: int
    ports: frozenset[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The failures of a load, each in one of four columns."""

    served: tuple[Failure, ...]
    """The application had them in a worker that was killed."""
    between: tuple[Failure, ...]
    """On a kept connection of a killed worker, between two requests."""
    taken: tuple[Failure, ...]
    """The first request of a connection that a killed worker had accepted, and not yet begun to serve."""
    lost: tuple[Failure, ...]
    """All others. There must be none."""
    repeated: tuple[int, ...]
    """Requests that the application was given more than once."""

    def __str__(self) -> str:
        """One line for a log or a failed assertion, and one for each lost request."""
        lost = "".join(f"\n  {failure}" for failure in self.lost)
        return (
            f"{len(self.served)} were being served, {len(self.between)} between two requests, "
            f"{len(self.taken)} taken and not begun, {len(self.repeated)} repeated, "
            f"{len(self.lost)} lost{lost}"
        )


def account(tally: Tally, kills: Sequence[Kill], notes: Iterable[str]) -> Account:
    """Put each failure into its column; `notes` are the application's lines "PID NUMBER"."""
    begun: dict[int, int] = {}
    times: Counter[int] = Counter()
    for note in notes:
        pid, number = map(int, note.split())
        begun[number] = pid
        times[number] += 1
    columns: dict[str, list[Failure]] = {"served": [], "between": [], "taken": [], "lost": []}
    for failure in tally.failures:
        columns[_column(failure, begun.get(failure.number), kills)].append(failure)
    return Account(
        served=tuple(columns["served"]),
        between=tuple(columns["between"]),
        taken=tuple(columns["taken"]),
        lost=tuple(columns["lost"]),
        repeated=tuple(number for number, count in times.items() if count > 1),
    )


def _column(failure: Failure, begun_by: int | None, kills: Collection[Kill]) -> str:
    if begun_by is not None:
        return "served" if any(kill.pid == begun_by for kill in kills) else "lost"
    if failure.octets == 0 and any(failure.port in kill.ports for kill in kills):
        if failure.between_requests:
            return "between"
        if failure.answers == 0:
            return "taken"
    return "lost"
