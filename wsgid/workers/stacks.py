"""What every thread of this worker is doing now, written by a thread that is free.

faulthandler would write it from a signal's handler, but it walks the frames of threads that run meanwhile,
and one that is just returning from a call ends the process (SIGSEGV, seen under load). That is good enough
for last words, not for a look without a death. With the interpreter's lock nothing moves; a call that never
gives it back keeps us from looking, and is found out by the scoreboard.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

# As faulthandler has it.
_MOST_FRAMES = 100


def format_stacks() -> str:
    """Return the stacks in faulthandler's form, and with the threads' names."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    current = threading.get_ident()
    return "\n".join(
        format_frames(
            f"{'Current thread' if ident == current else 'Thread'} {ident:#018x} {names.get(ident, '?')}",
            frame,
        )
        for ident, frame in sys._current_frames().items()  # noqa: SLF001  documented, in spite of its name
    )


def format_frames(who: str, frame: FrameType | None) -> str:
    """Return one stack, under a line that says whose it is."""
    lines = [f"{who} (most recent call first):\n"]
    while frame is not None and len(lines) <= _MOST_FRAMES:
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {frame.f_lineno} in {code.co_name}\n')
        frame = frame.f_back
    return "".join(lines) + ("  ...\n" if frame is not None else "")
