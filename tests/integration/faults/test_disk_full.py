"""A full disk: a request is refused, a log line is dropped, a start says why; nobody ends, nobody waits."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import get
from tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.fault,
    pytest.mark.skipif(os.geteuid() != 0 and "CI" not in os.environ, reason="only root makes a small disk"),
]

SIZE = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 1 MiB."""
    mount(tmp_path)
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def mount(path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", path], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def post(size: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


@pytest.mark.parametrize("kind", [("-k", "sync"), ("--threads", "2")], ids=["sync", "threads"])
def test_a_body_that_has_no_room_is_refused(serve: Serve, disk: Path, kind: tuple[str, ...]) -> None:
    """With 503, and those that need none are served; what the refused one took is given back."""
    server = serve("-w", "1", *kind, "--tmp-upload-dir", str(disk))
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(post(SIZE // 2)).status
    for _ in range(3):
        with Wire(server.connect()) as wire:
            wire.send(post(SIZE * 2))
            assert 503 == wire.read_answer().status
    with Wire(server.connect()) as wire:
        assert 200 == wire.ask(post(100)).status
        # What the others had taken is free again.
        assert 200 == wire.ask(post(SIZE // 2)).status
    server.expect("503 .*No space left on device")


def test_logs_that_have_no_room_lose_lines_and_nothing_else(serve: Serve, disk: Path) -> None:
    """And say so once there is room: the line that tells is the first one that is written again."""
    logs = ("--error-logfile", str(disk / "error.log"), "--access-logfile", str(disk / "access.log"))
    server = serve("-w", "2", *logs)
    fill(disk)
    with Wire(server.connect(f"http://127.0.0.1:{port_of(disk)}")) as wire:
        for _ in range(50):
            assert 200 == wire.ask(get("/?" + "x" * 200)).status
        server.signal(signal.SIGHUP)
        assert 200 == wire.ask(get("/")).status
        server.expect_notification("STATUS=reloading.*")
        (disk / "filler").unlink()
        assert 200 == wire.ask(get("/told")).status
        server.signal(signal.SIGUSR1)
    assert 0 == server.stop()
    log = (disk / "error.log").read_text()
    assert "lines of the access log were lost: No space left on device" in log
    assert "/told" in (disk / "access.log").read_text()
    assert "reload refused" not in log


def port_of(disk: Path) -> int:
    return int((disk / "error.log").read_text().partition("http://127.0.0.1:")[2].split()[0])


def test_a_pidfile_that_has_no_room_ends_the_start_with_a_reason(serve: Serve, disk: Path) -> None:
    fill(disk)
    server = serve("--pid", str(disk / "pid"), ready=False)

    assert 78 == server.wait()
    assert "pidfile" in server.log
    assert "No space left on device" in server.log
    assert not (disk / "pid").exists()
