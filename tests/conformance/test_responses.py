"""Responses: whatever an application does, its client sees one whole answer or knows that it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance import failures, files, responses

if TYPE_CHECKING:
    from tests.conformance.case import Case
    from tests.conformance.stage import Stage

CASES = (*responses.CASES, *failures.CASES, *files.CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_response(case: Case, stage: Stage) -> None:
    """Each row of the table, on a connection of its own."""
    stage.play(case)


def test_no_application_ends_its_worker(stage: Stage) -> None:
    """`sys.exit(3)` in a request must not look like a failed boot; it runs after all that raises."""
    assert "worker gone" not in stage.server.log
    assert len(stage.server.children()) == 1


def test_ids_are_unique() -> None:
    """A case that is listed twice hides one that is missing."""
    ids = [case.id for case in CASES]

    assert sorted(set(ids)) == sorted(ids)
