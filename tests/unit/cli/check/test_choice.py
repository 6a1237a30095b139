"""What is said of a choice that this machine cannot carry."""

from __future__ import annotations

import pytest

from wsgid.cli.check.choice import look_at_choice
from wsgid.config.processors import Machine
from wsgid.config.settings import Settings


@pytest.mark.parametrize(("workers", "is_told"), [(1, False), (32, False), (33, True), (1000, True)])
def test_more_workers_than_memory_allows_are_told(workers: int, is_told: bool) -> None:  # noqa: FBT001  a table
    settings = Settings.model_construct(workers=workers)
    found = list(look_at_choice(settings, Machine(processors=2, memory=512 * 2**20)))

    assert is_told == bool(found)
    assert all("there are 512 MiB" in one.message and one.severity == "warning" for one in found)
