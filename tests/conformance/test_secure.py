"""TLS changes nothing but how octets travel, and how an end is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance import secure

if TYPE_CHECKING:
    from tests.conformance.case import Case
    from tests.conformance.stage import Stage


@pytest.mark.parametrize("case", secure.CASES, ids=lambda case: case.id)
def test_over_tls(case: Case, secure_stage: Stage) -> None:
    """Each row of the table, on a connection of its own."""
    secure_stage.play(case)
