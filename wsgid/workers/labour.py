"""Whether threads that do not come back work or sleep, or only wait for a processor."""

import threading
import time
from pathlib import Path
from typing import Final

# Who has computed for so long is at work, however seldom it has a processor.
AT_WORK_S: Final = 0.002


class Labour:
    """What the threads of a process do that have joined; another thread asks."""

    __slots__ = ("_noted_s", "_stats")

    def __init__(self) -> None:
        """Begin with what the process has computed by now."""
        self._stats: list[Path] = []
        self._noted_s = time.process_time()

    def join(self) -> None:
        """Count the thread that calls this among those that are asked about."""
        stat = Path(f"/proc/self/task/{threading.get_native_id()}/stat")
        if stat not in self._stats:
            self._stats.append(stat)

    def note(self) -> None:
        """Begin anew."""
        self._noted_s = time.process_time()

    def is_kept_waiting(self) -> bool:
        """Whether one of them could go on, and none has had a processor to speak of since that was noted.

        The clock is the process's: where another thread of it computes, they count as at work.
        """
        if time.process_time() - self._noted_s >= AT_WORK_S:
            return False
        return any(_could_go_on(stat) for stat in self._stats)


def _could_go_on(path: Path) -> bool:
    try:
        stat = path.read_bytes()
    except OSError:
        # Without a descriptor, or without /proc, it is not known: then it counts as one that works.
        return False
    # proc(5): the name may hold spaces and brackets; after its last one comes the state.
    return stat.rpartition(b") ")[2].startswith(b"R")
