"""What a signal is called in a log or a message."""

from __future__ import annotations

import signal


def signal_name(number: int) -> str:
    """Return SIGSEGV and the like; most real-time signals have numbers only."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
