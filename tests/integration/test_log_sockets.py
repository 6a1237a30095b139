"""A log that is a socket, as standard error is under systemd."""

from __future__ import annotations

import os
import socket

import pytest

from wsgid.log.file import LogFile
from wsgid.log.opening import open_log


def test_a_socket_that_nobody_reads_does_not_block() -> None:
    """The journal's is one, and shares its O_NONBLOCK with whoever started us."""
    ours, theirs = socket.socketpair()
    file = LogFile(f"/proc/self/fd/{1}", 1, patience_s=0.01)
    file.adopt(os.dup(theirs.fileno()))
    while not file.lost:
        file.write(b"x" * 10_000 + b"\n")
    theirs.close()
    file.close()
    ours.close()

    assert 1 == file.lost


@pytest.mark.parametrize("name", ["-", "/dev/stderr", "/proc/self/fd/2", "/dev/fd/2"])
def test_standard_error_by_any_name_is_what_it_leads_to(name: str) -> None:
    """Under systemd it is a socket, which has no path to open."""
    ours, theirs = socket.socketpair()
    kept = os.dup(2)
    os.dup2(theirs.fileno(), 2)
    try:
        descriptor = open_log(name, 2)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    theirs.close()
    os.write(descriptor, b"line\n")
    os.close(descriptor)

    assert b"line\n" == ours.recv(100)
    ours.close()
