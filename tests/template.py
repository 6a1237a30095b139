"""A process that has imported the command `wsgid`, and forks one for each time that it is run.

Nearly all that a command costs is the start of an interpreter and its imports. A test of what a command finds
and prints may do without them; what is said of the start itself, of a process of somebody else, or of the
files that an import leaves behind wants a process of its own (`checking.Project.run`).
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import _environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

DEADLINE_S = 40.0
_LONGEST = 1 << 18

# Ends when nobody can ask it any more. A child goes on behind the loop, as the end of any program.
_PROGRAM = """
import gc, json, os, socket, sys
from wsgid.cli import main
from wsgid.cli.check import command, instances, report

# No child looks through what is there already, whose pages it would have to copy.
gc.collect()
gc.freeze()
asking = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, descriptors, _, _ = socket.recv_fds(asking, int(sys.argv[2]), 2)
    if not message:
        sys.exit()
    if not (child := os.fork()):
        break
    for descriptor in descriptors:
        os.close(descriptor)
    asking.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

asking.close()
for number, descriptor in enumerate(descriptors, 1):
    os.dup2(descriptor, number)
    os.close(descriptor)
told = json.loads(message)
os.chdir(told["directory"])
os.environ.clear()
os.environ.update(told["variables"])
# As `python -m wsgid` has it.
sys.path[0] = told["directory"]
for part, name in ((command, "check"), (instances, "check_all")):
    getattr(part, name).__kwdefaults__.update(told["defaults"])
sys.exit(main.main(told["argv"]))
"""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    error: str


class Template:
    """The process, as its only asker has it."""

    def __init__(self, asking: socket.socket) -> None:
        self._asking = asking

    def run(
        self,
        argv: Sequence[str],
        directory: Path,
        env: Mapping[str, str],
        defaults: Mapping[str, object] | None = None,
    ) -> Done:
        """Run `wsgid` in a directory; `defaults` are for what checks, where it is to see another /etc."""
        told = {
            "argv": argv,
            "directory": str(directory),
            "variables": _environment({"PWD": str(directory), **env}),
            "defaults": defaults or {},
        }
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
            socket.send_fds(self._asking, [json.dumps(told).encode()], [out.fileno(), error.fileno()])
            status = int(self._asking.recv(100))
            out.seek(0)
            error.seek(0)
            return Done(status, out.read().decode(), error.read().decode())


@contextlib.contextmanager
def start_template(prefix: Sequence[str] = ()) -> Iterator[Template]:
    """Start one, behind the words of `prefix`, and end it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(DEADLINE_S)
    with ours, theirs:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-c", _PROGRAM, str(theirs.fileno()), str(_LONGEST)],
            env=_environment({}),
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        try:
            yield Template(ours)
        finally:
            ours.close()
            try:
                process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
