"""wsgi.file_wrapper around files of every shape."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.apps.probe.report import tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def wrap_file(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Send the file that the JSON in `X-File` orders.

    kind: see `KINDS` ("buffered"). size: of what is in it (1000). seek: where it stands (0). skip: octets
    that are read from it before (0). length: Content-Length (none). block: block size (none).
    through: "middleware" is a generator around the wrapper (none).
    """
    order = json.loads(environ["HTTP_X_FILE"])
    file = KINDS[order.get("kind", "buffered")](content(order.get("size", 1000)))
    if seek := order.get("seek", 0):
        file.seek(seek)
    if skip := order.get("skip", 0):
        file.read(skip)
    headers = [("Content-Type", "application/octet-stream")]
    if "length" in order:
        headers.append(("Content-Length", str(order["length"])))
    start_response(order.get("status", "200 OK"), headers)
    block = [order["block"]] if "block" in order else []
    wrapper: Iterable[bytes] = environ["wsgi.file_wrapper"](file, *block)
    return pass_on(wrapper) if order.get("through") == "middleware" else wrapper


def content(size: int) -> bytes:
    """Give octets that show where they come from: no two places within 251 octets look alike."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def pass_on(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Do what middleware does: iterate what the application returned, and close it."""
    try:
        yield from blocks
    finally:
        blocks.close()  # type: ignore[attr-defined]  # file_wrapper has it, by PEP 3333


class ToldBuffered(io.BufferedReader):
    """A buffered file whose first close() is told."""

    def close(self) -> None:
        """Tell, once: the finalizer calls it too."""
        if not self.closed:
            tell("file closed")
        super().close()


class ToldRaw(io.FileIO):
    """A raw file whose first close() is told."""

    def close(self) -> None:
        """Tell, once: the finalizer calls it too."""
        if not self.closed:
            tell("file closed")
        super().close()


class ToldMemory(io.BytesIO):
    """A file in memory whose first close() is told."""

    def close(self) -> None:
        """Tell, once: the finalizer calls it too."""
        if not self.closed:
            tell("file closed")
        super().close()


class OnlyRead:
    """The least that PEP 3333 asks of a file-like object: read(), and close() if it has one."""

    def __init__(self, data: bytes) -> None:
        """Read from these."""
        self._memory = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        """Give the next octets, a few less than asked for, as a file-like object may."""
        return self._memory.read(max(1, size - 3))

    def close(self) -> None:
        """Tell."""
        tell("file closed")


class LyingFileno(io.BytesIO):
    """Has the descriptor of a regular file, and other octets than that file."""

    def fileno(self) -> int:
        """Give the descriptor of this source."""
        return OWN_SOURCE.fileno()


# Kept open for LyingFileno; a server that sends it instead of the octets is seen at once.
OWN_SOURCE = Path(__file__).open("rb")  # noqa: SIM115


def on_disk(data: bytes) -> Path:
    """Put the octets into a file that has no name any more when it is opened for good."""
    path = Path(f"file-{os.urandom(8).hex()}")
    path.write_bytes(data)
    return path


def buffered(data: bytes) -> IO[bytes]:
    """Open a plain file as an application does."""
    path = on_disk(data)
    file = path.open("rb")
    path.unlink()
    return file


def raw(data: bytes) -> IO[bytes]:
    """Open it without a buffer."""
    path = on_disk(data)
    file = path.open("rb", buffering=0)
    path.unlink()
    return file


def pipe(data: bytes) -> IO[bytes]:
    """Give a pipe: it has a fileno, and is no regular file. What is in it must fit the kernel's 64 KB."""
    reading, writing = os.pipe()
    # Not os.close, which gevent puts off until its loop turns.
    with open(writing, "wb") as end:  # noqa: PTH123  a descriptor
        end.write(data)
    return open(reading, "rb")  # noqa: PTH123  a descriptor, and the server closes it


def compressed(data: bytes) -> IO[bytes]:
    """Give a file whose fileno leads to the compressed octets."""
    path = on_disk(gzip.compress(data))
    file = gzip.open(path)  # noqa: SIM115  the server closes it
    path.unlink()
    return file  # type: ignore[return-value]


def proc() -> IO[bytes]:
    """Give a file that is regular by fstat, of size 0, and not empty."""
    return Path("/proc/sys/kernel/ostype").open("rb")


def told_buffered(data: bytes) -> IO[bytes]:
    """Give a buffered file that tells its end."""
    path = on_disk(data)
    file = ToldBuffered(io.FileIO(path))
    KEPT.append(file)
    return file


def told_raw(data: bytes) -> IO[bytes]:
    """Give a raw file that tells its end."""
    file = ToldRaw(on_disk(data))
    KEPT.append(file)
    return file


def told_memory(data: bytes) -> IO[bytes]:
    """Give a file in memory that tells its end."""
    file = ToldMemory(data)
    KEPT.append(file)
    return file


# A finalizer closes too; while something holds the file, only the server can have closed it.
KEPT: list[Any] = []

KINDS: dict[str, Any] = {
    "buffered": buffered,
    "raw": raw,
    "memory": io.BytesIO,
    "pipe": pipe,
    "compressed": compressed,
    "lying-fileno": LyingFileno,
    "only-read": OnlyRead,
    "proc": lambda _data: proc(),
    "told-buffered": told_buffered,
    "told-raw": told_raw,
    "told-memory": told_memory,
}
