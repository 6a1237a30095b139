"""What ps and top call a process (`proc_name`)."""

from __future__ import annotations

import contextlib
from pathlib import Path

# TASK_COMM_LEN of the kernel is 16, with the NUL that ends it (proc(5), /proc/PID/comm).
_COMM_OCTETS = 15


def set_title(role: str, name: str) -> None:
    """Call this process `name`; `role` is "arbiter", "template" or "worker". No name: it stays as it is.

    The kernel's short name is what top and `ps -e` show. The command line, which `ps -f` shows, can only be
    overwritten in C: where setproctitle is installed, it says the role, too.
    """
    if not name:
        return
    try:
        # Lazy: an extra, which most servers do without.
        from setproctitle import setproctitle  # noqa: PLC0415
    except ImportError:
        pass
    else:
        setproctitle(f"wsgid: {role} [{name}]")
    # After it, for it sets the short name too.
    with contextlib.suppress(OSError):  # /proc is not there, or not ours: a name is no reason not to serve
        Path("/proc/self/comm").write_bytes(name.encode("utf-8", "replace")[:_COMM_OCTETS])
