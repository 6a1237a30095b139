"""What the kernel tells of a process' memory."""

from __future__ import annotations

import mmap
import os

from wsgid.metrics.memory import private_memory, resident_memory

SIZE = 32 * 2**20
NOBODY = 2**22 + 1  # above the largest pid (proc(5), pid_max)


def test_what_a_process_wrote_is_its_own() -> None:
    before = private_memory(os.getpid())
    with mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as block:
        for page in range(0, SIZE, mmap.PAGESIZE):
            block[page] = 1
        after = private_memory(os.getpid())
        resident = resident_memory(os.getpid())

    assert before is not None
    assert after is not None
    assert resident is not None
    assert SIZE * 0.9 < after - before < SIZE * 1.5
    assert resident[0] >= resident[1] > SIZE * 0.9
    assert resident[0] >= after - mmap.PAGESIZE * 256  # the kernel counts it in batches for each CPU


def test_who_is_gone_has_none() -> None:
    assert private_memory(NOBODY) is None
    assert resident_memory(NOBODY) is None
