"""What the arbiter holds when it forks is what every worker has to live with."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOK = """
import sys, threading
made = []
real = threading.Lock, threading.RLock, threading.Condition
def watch(kind):
    def make(*args):
        frame = sys._getframe(1)
        if frame.f_globals.get("__name__", "").startswith("wsgid"):
            made.append(frame.f_globals["__name__"])
        return kind(*args)
    return make
threading.Lock, threading.RLock, threading.Condition = map(watch, real)
import wsgid.arbiter.arbiter
print([name for name in ("ssl", "asyncio", "concurrent.futures", "queue") if name in sys.modules], made)
"""


@pytest.mark.slow
def test_importing_the_arbiter_brings_in_nothing_that_gevent_must_patch_first() -> None:
    """They patch after the fork, gevent and eventlet: what was made before stays unpatched."""
    result = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)

    assert "[] []\n" == result.stdout
