"""Where each green thread of this process stands; gevent's and eventlet's are both made of greenlets."""

import gc
import sys
from types import FrameType

from greenlet import getcurrent, greenlet


def all_frames() -> list[tuple[greenlet, FrameType]]:
    """Each of them that has begun and not ended, with its frame; the collector knows them."""
    current = getcurrent()
    found = []
    for green in gc.get_objects():
        if isinstance(green, greenlet):
            frame = sys._getframe() if green is current else green.gr_frame  # noqa: SLF001  a frame of its own has none
            if frame is not None:
                found.append((green, frame))
    return found
