"""How often an event loop says that it turns."""

from math import inf

# The arbiter expects a beat a second of everybody, and judges nobody for fewer than five missed (plan.py).
MOST_S = 1.0
LEAST_S = 0.05
A_TIMEOUT = 5


def beat_every(timeout: float, *others: float) -> float:
    """Return the seconds between two beats; `others` are times to be kept by who looks around at a beat.

    A `timeout` of 0 is none.
    """
    return min(MOST_S, max(LEAST_S, min(timeout or inf, *others, inf) / A_TIMEOUT))
