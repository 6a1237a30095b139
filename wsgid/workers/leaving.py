"""How a worker comes to its end: how many requests it may serve, and what becomes of its connections."""

import random

# With one worker, connections wait for the replacement at the bound; an application that needs longer to
# load goes on.
HOLD_S = 1.0

# A request that crosses our FIN is a lost request: idle connections of a stopping server may ask once more.
IDLE_S = 5.0


class Leaving:
    """What one worker decided about its end; times are `time.monotonic()`."""

    __slots__ = (
        "announce_at",
        "bound",
        "closes",
        "graceful_timeout",
        "held_until",
        "idle_until",
        "is_draining",
        "passes_on",
    )

    def __init__(self, max_requests: int, jitter: int, graceful_timeout: float) -> None:
        """`max_requests` 0 is no bound; up to `jitter` more, so that not all workers end together."""
        self.bound = max_requests + random.randint(0, jitter) if max_requests else 0  # noqa: S311 - no secret
        # The replacement is ordered when nine of ten are served, so that it is ready at the last.
        self.announce_at = self.bound - self.bound // 10 if self.bound else 0
        self.graceful_timeout = graceful_timeout
        # Requests are given to other workers instead of being served here.
        self.passes_on = False
        self.held_until = 0.0
        # Told to leave: no new connections, no new requests but those that were begun.
        self.is_draining = False
        self.idle_until = 0.0
        # Answers say that the connection ends with them.
        self.closes = False

    def is_worn(self, served: int) -> bool:
        """Whether it is time to order the replacement; said once."""
        if not self.announce_at or served < self.announce_at:
            return False
        self.announce_at = 0
        return True

    def hold(self, now: float) -> None:
        """Wait a moment for the replacement before one request more is served here."""
        self.passes_on = True
        self.held_until = now + HOLD_S

    def end_hold(self) -> None:
        """Serve on: no replacement came in time. It will, and nothing is counted any more."""
        self.passes_on = False
        self.held_until = 0.0
        self.bound = 0

    def begin(self, now: float, *, with_heirs: bool) -> None:
        """Drain; `with_heirs`: other workers serve on, and take what is not served here."""
        self.is_draining = True
        self.passes_on = with_heirs
        self.closes = not with_heirs
        self.idle_until = now + min(IDLE_S, self.graceful_timeout)
