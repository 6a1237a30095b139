"""Where wsgid runs: CPython with its lock, Linux, x86-64 and arm64. Elsewhere it says so and ends."""

from __future__ import annotations

import os
import sys

ARCHITECTURES = ("x86_64", "aarch64")


def why_not_here() -> str:
    """Return why wsgid cannot serve on this machine, in a line; nothing where it can."""
    return why_not(
        implementation=sys.implementation.name,
        platform=sys.platform,
        # Not platform.machine(): that imports subprocess for it.
        architecture=os.uname().machine if hasattr(os, "uname") else "another",
        has_64_bits=sys.maxsize > 2**32,
        # Python 3.13 and later tell; before, there is always a lock.
        has_lock=getattr(sys, "_is_gil_enabled", lambda: True)(),
    )


def why_not(
    *, implementation: str, platform: str, architecture: str, has_64_bits: bool, has_lock: bool
) -> str:
    needs = "wsgid needs CPython with its global lock (GIL), Linux, and x86-64 or arm64; this is"
    if platform != "linux":
        return f"{needs} {platform}"
    if implementation != "cpython":
        return f"{needs} {implementation}"
    if architecture not in ARCHITECTURES or not has_64_bits:
        return f"{needs} {architecture}{'' if has_64_bits else ' with a Python of 32 bits'}"
    if not has_lock:
        return f"{needs} a Python that runs without it: start with PYTHON_GIL=1"
    return ""
