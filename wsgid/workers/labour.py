"""Whether a thread that does not come back works or sleeps, or only waits for a processor."""

import threading
import time
from pathlib import Path
from typing import Final

# Who has computed for so long is at work, however seldom it has a processor.
AT_WORK_S: Final = 0.002


class Labour:
    """What one thread does; made by that thread, asked by another."""

    __slots__ = ("_clock", "_noted_s", "_stat")

    def __init__(self) -> None:
        """Begin with what the thread has computed by now."""
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._stat = Path(f"/proc/self/task/{threading.get_native_id()}/stat")
        self._noted_s = time.clock_gettime(self._clock)

    def note(self) -> None:
        """Begin anew."""
        self._noted_s = time.clock_gettime(self._clock)

    def is_kept_waiting(self) -> bool:
        """Whether it could go on, and has had no processor to speak of since it was noted."""
        if time.clock_gettime(self._clock) - self._noted_s >= AT_WORK_S:
            return False
        try:
            stat = self._stat.read_bytes()
        except OSError:
            # Without a descriptor, or without /proc, it is not known: then it counts as one that works.
            return False
        # proc(5): the name may hold spaces and brackets; after its last one comes the state.
        return stat.rpartition(b") ")[2].startswith(b"R")
