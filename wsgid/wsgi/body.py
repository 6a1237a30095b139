"""The body of a request on its way to `wsgi.input`: memory first, then a temporary file without a name."""

import io
import tempfile
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from wsgid.protocol.refusal import Refusal


class SpoolBudget:
    """What the temporary files of a worker may take together (`spool_limit`), in octets; 0 is no limit."""

    __slots__ = ("_limit", "_lock", "_used", "on_release")

    def __init__(self, limit: int) -> None:
        """Begin with nothing used."""
        self._limit = limit
        self._used = 0
        self._lock = threading.Lock()
        # Called when octets were given back; whoever waits for room looks again.
        self.on_release: Callable[[], None] | None = None

    @property
    def used(self) -> int:
        """Octets in files now."""
        return self._used

    def has_room(self, size: int = 1) -> bool:
        """Whether `size` octets more would stay within the limit."""
        return not self._limit or self._used + size <= self._limit

    def take(self, size: int) -> None:
        """Count octets that were written; what one read brought may go beyond the limit."""
        with self._lock:
            self._used += size

    def give_back(self, size: int) -> None:
        """Count octets whose file is gone."""
        with self._lock:
            self._used -= size
        if self.on_release is not None:
            self.on_release()


class Spool:
    """Where the bodies of a worker go: how much stays in memory, where the rest lies, what all may take."""

    __slots__ = ("budget", "directory", "memory")

    def __init__(self, memory: int, budget: SpoolBudget, directory: str | None) -> None:
        """`memory` octets of each body stay in memory; `directory` None is the system's place for files."""
        self.memory = memory
        self.budget = budget
        self.directory = directory

    def open_file(self) -> io.FileIO:
        """A new file without a name. Raises Refusal (503) where there is none to be had."""
        try:
            file = tempfile.TemporaryFile("w+b", buffering=0, dir=self.directory)  # noqa: SIM115 - the body closes it
        except OSError as error:
            raise _no_room(error) from error
        return file


class RequestBody:
    """Takes the octets of one body and gives them as a file."""

    __slots__ = ("_chunks", "_file", "_spool", "size")

    def __init__(self, spool: Spool) -> None:
        """Begin in memory."""
        self._spool = spool
        self._chunks: list[bytes] = []
        self._file: io.FileIO | None = None
        self.size = 0

    @property
    def waits_for_room(self) -> bool:
        """Whether the next octets would have to go to a file and there is no room."""
        return self.size >= self._spool.memory and not self._spool.budget.has_room()

    def write(self, data: bytes) -> None:
        """Keep octets. Raises Refusal (503) if the disk does not take them."""
        self.size += len(data)
        if self._file is None:
            self._chunks.append(data)
            if self.size <= self._spool.memory:
                return
            self._file = self._spool.open_file()
            self._spool.budget.take(self.size)
            data = b"".join(self._chunks)
            self._chunks = []
        else:
            self._spool.budget.take(len(data))
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _no_room(error) from error

    def fileno(self) -> int | None:
        """The descriptor of the temporary file, None while all is in memory."""
        return None if self._file is None else self._file.fileno()

    def in_memory(self) -> bytes:
        """What is in memory."""
        return b"".join(self._chunks)

    def adopt(self, descriptor: int, size: int) -> None:
        """Take over a temporary file that another worker filled."""
        self._file = io.FileIO(descriptor, "r+b")
        self.size = size
        self._spool.budget.take(size)

    def open(self) -> BinaryIO:
        """The body from its beginning: `read()`, iteration and the rest end where it ends (PEP 3333)."""
        if self._file is None:
            return io.BytesIO(self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks))
        self._file.seek(0)
        return io.BufferedReader(self._file)

    def close(self) -> None:
        """Let go of memory and file."""
        self._chunks = []
        if self._file is not None:
            self._file.close()
            self._file = None
            self._spool.budget.give_back(self.size)


class StreamedBody:
    """A body that the application reads from the connection as it arrives (`request_buffering` off)."""

    __slots__ = ("_chunks", "size")

    def __init__(self) -> None:
        """Begin empty."""
        self._chunks: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> None:
        """Keep octets until they are read."""
        self._chunks.append(data)

    def take(self) -> bytes:
        """What came since the last take."""
        data = b"".join(self._chunks)
        self._chunks = []
        return data

    def close(self) -> None:
        """Let go of what nobody read."""
        self._chunks = []


class StreamReader(io.RawIOBase):
    """`wsgi.input` over a StreamedBody; `pull` receives more and says b"" at the end.

    `pull` raises OSError when the client left before the end: what is there is not the body.
    """

    def __init__(self, pull: Callable[[], bytes]) -> None:
        """Nothing is received before the first read."""
        super().__init__()
        self._pull = pull
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill as much of the buffer as is here; wait for the first octet (io.RawIOBase)."""
        if not self._rest:
            self._rest = memoryview(self._pull())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _no_room(error: OSError) -> Refusal:
    return Refusal(
        503, "Service Unavailable", f"a body cannot be kept in a temporary file (tmp_upload_dir): {error}"
    )
