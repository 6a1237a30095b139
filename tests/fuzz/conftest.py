"""How much is tried: a little at each test run, as long as it is told by `python -m tests.fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.fuzz.__main__ import EXAMPLES

# Examples are large, and how long one takes says something of the machine.
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=int(os.environ.get(EXAMPLES, "150")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
