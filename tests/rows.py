"""Rows of a test's table that are left to `make test-all` (docs/decisions/0062)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet


def again(*values: object) -> ParameterSet:
    """Mark a row that shows once more what a quick one shows."""
    return pytest.param(*values, marks=pytest.mark.again)
