"""What is served, what is refused, and what an application sees of either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance import connection, fields, framing, host, request_line, target

if TYPE_CHECKING:
    from tests.conformance.case import Case
    from tests.conformance.stage import Stage

CASES = (*request_line.CASES, *target.CASES, *host.CASES, *fields.CASES, *framing.CASES, *connection.CASES)
READ_BEFORE = (*framing.READ_BEFORE, *connection.READ_BEFORE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_request(case: Case, stage: Stage) -> None:
    """Each row of the table, on a connection of its own."""
    stage.play(case)


@pytest.mark.parametrize("case", READ_BEFORE, ids=lambda case: case.id)
def test_request_whose_body_is_read_before(case: Case, buffered_stage: Stage) -> None:
    """What the application is spared where its body is read first."""
    buffered_stage.play(case)


def test_ids_are_unique() -> None:
    """A case that is listed twice hides one that is missing."""
    ids = [case.id for case in (*CASES, *READ_BEFORE)]

    assert sorted(set(ids)) == sorted(ids)
