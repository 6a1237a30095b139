"""What every worker is doing, in memory that the arbiter shares with them.

One anonymous mapping, made before the first fork: a page for the whole server, then a row for each slot.
A row has a header (heartbeat, connections, failures) and a cell for each thread: how many requests it has
begun, when the present one began and last made progress, its method, target and peer. Pages that nobody
touches cost nothing.

Times are `time.monotonic()`, which all processes of a machine share.
"""

# Rule 1: a cell has one writer, the thread that it belongs to; a row's header has one, the worker in that
# slot. So nothing here locks.
# Rule 2: the reader believes nothing. A worker that has run wild may have written anything: whatever stands
# in the mapping, reading it gives plain numbers and octets, and never raises.
# Rule 3: `Cell.begin`, `progress`, `waiting` and `end` run for each request: begin costs 0.13 us, the others
# 0.04 us (CPython 3.11, x86-64), one call into C each.

from __future__ import annotations

import mmap
import struct
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# The part for the whole server: one word says that it stops, another whether connections are taken over. A
# page, so that rows begin on their own.
_SERVER_SIZE: Final = 4096

# pid, generation, connections, cells in use, heartbeat, how often that comes where it alone is judged, failed
# requests; the rest of it is kept for what comes later.
_HEADER: Final = struct.Struct("@QQQQddQ")
_HEADER_SIZE: Final = 256
# Words after the first, which is the pid.
_GENERATION, _CONNECTIONS, _CELLS, _BEAT, _LOOP_BEAT, _FAILED = range(1, 7)

# requests, began, progress, the request as it came, peer, and the requests again: a record that is read while
# it is written differs at its ends. struct cuts what is too long; 46 octets hold any IPv6 address
# (INET6_ADDRSTRLEN). 256 octets together: no two cells share a cache line.
_CELL: Final = struct.Struct("@Qdd176s46sQ")
_pack_cell: Final = _CELL.pack_into
_BEGAN, _PROGRESS = 1, 2  # words after the first, which is the number of requests
_WORD: Final = 8

# Of 176 octets; more of a target is a sign that there was more.
_METHOD_SHOWN: Final = 15
_TARGET_SHOWN: Final = 160

# A torn record is read again at once: a writer needs a tenth of a microsecond, what is torn twice is garbage.
_READS: Final = 2


class Scoreboard:
    """The shared memory of one server; made by the arbiter before its first fork."""

    def __init__(self, rows: int = 4096, cells: int = 64) -> None:
        """Map room for `rows` slots of `cells` threads each; 4,096 by 64 are 68 MB of addresses alone."""
        self.rows: Final = rows
        self.cells: Final = cells
        self._row_size: Final = _HEADER_SIZE + cells * _CELL.size
        self._memory: Final = mmap.mmap(-1, _SERVER_SIZE + rows * self._row_size)
        self._words: Final = memoryview(self._memory).cast("Q")
        self._times: Final = memoryview(self._memory).cast("d")

    @property
    def stopping(self) -> bool:
        """True once the whole server stops: workers then empty the backlog, for nobody else will."""
        return self._words[0] != 0

    @stopping.setter
    def stopping(self, value: bool) -> None:
        self._words[0] = int(value)

    @property
    def has_heirs(self) -> bool:
        """True if workers of the wanted generation take over connections that others pass on."""
        return self._words[1] != 0

    @has_heirs.setter
    def has_heirs(self, value: bool) -> None:
        self._words[1] = int(value)

    @property
    def is_succeeded(self) -> bool:
        """True if another server listens where this one does: what waits there when it stops is for that."""
        return self._words[2] != 0

    @is_succeeded.setter
    def is_succeeded(self, value: bool) -> None:
        self._words[2] = int(value)

    def row(self, slot: int) -> Row:
        """Return the row of a slot: for its worker to write, for the arbiter to read."""
        if not 0 <= slot < self.rows:
            message = f"slot {slot} is not on a scoreboard of {self.rows} rows"
            raise IndexError(message)
        return Row(self._memory, _SERVER_SIZE + slot * self._row_size, self.cells)

    def views(self) -> Iterator[RowView]:
        """Read the rows from the first on, up to one that no worker has ever claimed."""
        for slot in range(self.rows):
            view = self.row(slot).read()
            if not view.pid:
                return
            yield view

    def connections(self, generation: int, since: float) -> dict[int, int]:
        """Return how many connections each worker of a generation has that has beaten since; by pid.

        `views` says more, and costs fifty times as much where workers have many threads.
        """
        words = self._words
        found = {}
        step = self._row_size // _WORD
        first = _SERVER_SIZE // _WORD
        for word in range(first, first + self.rows * step, step):
            pid = words[word]
            if not pid:
                break
            if words[word + _GENERATION] == generation and self._times[word + _BEAT] >= since:
                found[pid] = words[word + _CONNECTIONS]
        return found


class Row:
    """One slot's part of the scoreboard."""

    __slots__ = ("_capacity", "_memory", "_offset", "_times", "_word", "_words")

    def __init__(self, memory: mmap.mmap, offset: int, cells: int) -> None:
        """Look at `memory` from `offset` on; `Scoreboard.row` calls this."""
        view = memoryview(memory)
        self._memory = memory
        self._words = view.cast("Q")
        self._times = view.cast("d")
        self._offset = offset
        self._word = offset // _WORD
        self._capacity = cells

    # The worker's side.

    def claim(self, pid: int, generation: int) -> None:
        """Clear what the slot's former worker left, and sign; the first thing that a worker does."""
        size = _HEADER_SIZE + self._capacity * _CELL.size
        self._memory[self._offset : self._offset + size] = bytes(size)
        self._words[self._word + _GENERATION] = generation
        self._words[self._word] = pid

    def beat(self, now: float) -> None:
        """Say that the worker lives."""
        self._times[self._word + _BEAT] = now

    @property
    def capacity(self) -> int:
        """How many cells there can be."""
        return self._capacity

    @property
    def connections(self) -> int:
        """How many connections the worker has open."""
        return self._words[self._word + _CONNECTIONS]

    @connections.setter
    def connections(self, value: int) -> None:
        self._words[self._word + _CONNECTIONS] = value

    def mark_loop(self, beat_every_s: float = 1.0) -> None:
        """Say that an event loop serves here: a call that waits holds nobody up, a loop that stands does.

        It will beat so often.
        """
        self._times[self._word + _LOOP_BEAT] = beat_every_s

    def note_failure(self) -> None:
        """Count a request whose answer was a failure, or was cut; that of two threads at once may be one."""
        self._words[self._word + _FAILED] += 1

    def cell(self, index: int) -> Cell:
        """Return the cell of one thread, 0 and up; called once for each thread, before it serves."""
        if not 0 <= index < self._capacity:
            message = f"cell {index} is not in a row of {self._capacity} cells"
            raise IndexError(message)
        used = self._word + _CELLS
        self._words[used] = max(self._words[used], index + 1)
        return Cell(self._memory, self._offset + _HEADER_SIZE + index * _CELL.size)

    # The arbiter's side.

    def read(self) -> RowView:
        """Return what stands here now, checked; a record that is half written is left out."""
        header = self._memory[self._offset : self._offset + _HEADER.size]
        pid, generation, connections, _, beat, loop_beat_s, failed = _HEADER.unpack(header)
        views = (self._read_cell(index) for index in range(self._cells_in_use()))
        return RowView(
            pid=pid,
            generation=generation,
            beat=_time(beat),
            connections=connections,
            threads=self._cells_in_use(),
            loop_beat_s=_time(loop_beat_s),
            failed=failed,
            cells=tuple(view for view in views if view is not None),
        )

    def requests(self) -> int:
        """Return how many requests the worker has begun, all threads together."""
        first = self._word + _HEADER_SIZE // _WORD
        step = _CELL.size // _WORD
        return sum(self._words[first + index * step] for index in range(self._cells_in_use()))

    def _cells_in_use(self) -> int:
        return min(self._words[self._word + _CELLS], self._capacity)

    def _read_cell(self, index: int) -> CellView | None:
        start = self._offset + _HEADER_SIZE + index * _CELL.size
        for _ in range(_READS):
            record = self._memory[start : start + _CELL.size]
            requests, began, progress, request, peer, requests_after = _CELL.unpack(record)
            if requests == requests_after:
                line = request.partition(b"\r\n")[0].rstrip(b"\0")
                method, _, rest = line.partition(b" ")
                return CellView(
                    requests=requests,
                    began=_time(began),
                    progress=_time(progress),
                    method=method[:_METHOD_SHOWN],
                    target=rest.partition(b" ")[0][:_TARGET_SHOWN],
                    peer=peer.rstrip(b"\0"),
                )
        return None


class Cell:
    """What one thread is doing; only that thread writes it."""

    __slots__ = ("_began", "_memory", "_offset", "_progress", "_times", "requests")

    def __init__(self, memory: mmap.mmap, offset: int) -> None:
        """Write at `offset` of `memory`; `Row.cell` calls this."""
        self._memory = memory
        self._offset = offset
        self._times = memoryview(memory).cast("d")
        self._began = offset // _WORD + _BEGAN
        self._progress = offset // _WORD + _PROGRESS
        self.requests = 0

    def begin(self, now: float, request: bytes, peer: bytes) -> None:
        """Note that the application is called now; of the octets of a `request` the first line is shown.

        What is too long is cut.
        """
        self.requests = requests = self.requests + 1
        _pack_cell(self._memory, self._offset, requests, now, now, request, peer, requests)

    def resume(self, now: float, request: bytes, peer: bytes) -> None:
        """Note that the application is called once more for a request that some thread has begun."""
        requests = self.requests
        _pack_cell(self._memory, self._offset, requests, now, now, request, peer, requests)

    def progress(self, now: float) -> None:
        """Note that the call got somewhere: a block was yielded or written."""
        self._times[self._progress] = now

    def progress_at(self) -> tuple[memoryview[float], int]:
        """Where `progress` writes, and at which index: for a loop in which a call costs too much."""
        return self._times, self._progress

    def waiting(self) -> None:
        """Note that the thread waits for its client: that is not the application's fault, and not judged."""
        self._times[self._progress] = 0.0

    def end(self) -> None:
        """Note that the call is over."""
        self._times[self._began] = 0.0


class CellView(NamedTuple):
    """One thread as it was read."""

    requests: int
    """How many requests it has begun."""
    began: float
    """When the present one began; 0 while there is none."""
    progress: float
    """When it last made progress; 0 while it waits for its client."""
    method: bytes
    target: bytes
    peer: bytes

    @property
    def is_busy(self) -> bool:
        """True while it is in the application's code."""
        return self.began > 0.0

    @property
    def stalled_since(self) -> float:
        """Since when has the application made no progress; infinity if nothing is to be judged."""
        return self.progress if self.began > 0.0 and self.progress > 0.0 else inf


class RowView(NamedTuple):
    """One worker as it was read; all zero before it has claimed its row."""

    pid: int
    generation: int
    beat: float
    connections: int
    cells: tuple[CellView, ...]
    """Of its threads, but those whose record is half written."""
    threads: int = 0
    """How many may call the application."""
    loop_beat_s: float = 0.0
    """How often an event loop beats; 0 for threads."""
    failed: int = 0
    """How many of its requests were answered with 500 or above, or not to the end."""

    @property
    def is_loop(self) -> bool:
        """Whether its heartbeat alone is judged: its calls wait without holding anybody up."""
        return self.loop_beat_s > 0.0

    @property
    def is_busy(self) -> bool:
        """True while any of its threads is in the application's code."""
        return any(cell.is_busy for cell in self.cells)


def _time(value: float) -> float:
    """Return a time that can be reckoned with: nan, infinities and what lies before the start are 0."""
    return value if 0.0 < value < inf else 0.0
