"""No process to be had (EAGAIN): who serves serves on; it is tried ever more rarely, until there is one."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.load.processes import Ends, cpu_seconds
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Serve

# Root may fork beyond RLIMIT_NPROC (fork(2)), so the server is somebody else's, who has no other processes.
SOMEBODY = 64321
# To see into the directory of the test.
CAPABILITY = ("--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.fault,
    pytest.mark.skipif(
        os.geteuid() != 0 and "CI" not in os.environ, reason="only root starts a server as another"
    ),
]


def test_a_fork_that_fails_is_tried_again_ever_more_rarely(serve: Serve) -> None:
    prefix = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", *CAPABILITY)
    server = serve("-w", "2", prefix=prefix)
    first, second = server.children()
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    allow_processes(server.pid, 1)
    spent_s = cpu_seconds([server.pid])
    with Ends([first]) as ends:
        server.signal(signal.SIGKILL, first)
        ends.wait(1, 10.0)
    server.expect("no worker could be forked: .*Resource temporarily unavailable", count=3)
    assert cpu_seconds([server.pid]) - spent_s < 0.5
    server.signal(signal.SIGHUP)
    server.expect("reload refused, generation=1 serves on: .*Resource temporarily unavailable")
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(get("/")).status
    assert (second,) == server.children()

    allow_processes(server.pid, most)
    server.expect("worker ready", count=3)
    assert 2 == len(server.children())


def allow_processes(pid: int, count: int) -> None:
    """Set the soft limit, as who owns the process: root may lack CAP_SYS_RESOURCE (prlimit(2))."""
    text = "unlimited" if count == resource.RLIM_INFINITY else str(count)
    prefix = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
    subprocess.run([*prefix, "prlimit", f"--pid={pid}", f"--nproc={text}:"], check=True)
