"""`wsgi.file_wrapper`: a file as a response (PEP 3333, "Optional Platform-Specific File Handling")."""

import io
import os
import stat
from collections.abc import Iterator
from typing import Any, NamedTuple


class FileRange(NamedTuple):
    """A part of a regular file that the kernel can send by itself."""

    descriptor: int
    offset: int
    size: int


class FileWrapper:
    """Iterates over a file in blocks, where the kernel cannot send it."""

    def __init__(self, filelike: Any, block_size: int = 64 * 1024) -> None:
        """Wrap anything that has `read(size)`; its close() is called at the end, if it has one."""
        self.filelike = filelike
        self.block_size = block_size
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over what is left."""
        return self

    def __next__(self) -> bytes:
        """Read the next block."""
        block: bytes = self.filelike.read(self.block_size)
        if not block:
            raise StopIteration
        return block

    def file_range(self) -> FileRange | None:
        """What is left of the file, from `tell()`, if it is a plain one; None for everything else.

        Having a `fileno()` proves nothing: a GzipFile has that of the compressed file, a socket has one too.
        """
        file = self.filelike
        kind = type(file)
        if kind is not io.FileIO and not (
            kind in {io.BufferedReader, io.BufferedRandom} and type(file.raw) is io.FileIO
        ):
            return None
        try:
            if kind is io.BufferedRandom:
                file.flush()
            descriptor = file.fileno()
            status = os.fstat(descriptor)
            offset = file.tell()
        except (OSError, ValueError):
            # Closed, or without a position: the iteration will tell the application's author.
            return None
        # A file of /proc or /sys is regular and of size 0, and has something to read all the same.
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return None
        return FileRange(descriptor, offset, max(0, status.st_size - offset))
