"""What follows from a process that cannot boot: decided once for each, carried out by `arbiter.py`."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Consequence(Enum):
    REFUSE = "refuse"
    """It was to try a reload, which is refused."""
    AWAIT = "await"
    """Whoever develops mends it, and a reload tries again."""
    END = "end"
    """The server ends with the reason: no worker was ever ready."""
    GO_ON = "go on"
    """The others serve, and the next one waits its time (backoff.py)."""


class Boots:
    """What is known of boots; the arbiter is its only user."""

    def __init__(self) -> None:
        self.has_served = False
        """Was any worker of any generation ever ready? Written by the arbiter."""
        self.reasons: Final[dict[str, None]] = {}
        """Why the server ends, each reason once; none if it does not end for that. Written by the arbiter."""
        self._explained: Final[set[int]] = set()

    def judge(
        self, pid: int, *, is_candidate: bool, may_await: bool, is_stopping: bool
    ) -> Consequence | None:
        """Say what follows from the failed boot of a process; None: it has had its consequence.

        A reason may come twice: from the process itself, and by its end.
        """
        if pid in self._explained:
            return None
        self._explained.add(pid)
        if is_candidate:
            return Consequence.REFUSE
        if self.has_served:
            return Consequence.GO_ON
        if may_await:
            return Consequence.AWAIT
        # Who is told to stop while it boots ends for that; who ends for a boot has the others' reasons, too.
        return Consequence.GO_ON if is_stopping and not self.reasons else Consequence.END

    def forget(self, pid: int) -> None:
        """Expect no more of a process that is gone: its pid may be another's."""
        self._explained.discard(pid)
