"""The scoreboard: what is written is read, and garbage is read without harm."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.metrics.scoreboard import CellView, RowView, Scoreboard


def board() -> Scoreboard:
    return Scoreboard(rows=4, cells=3)


def test_a_row_nobody_claimed_is_all_zero() -> None:
    assert RowView(pid=0, generation=0, beat=0.0, connections=0, cells=()) == board().row(0).read()


def test_what_a_worker_writes_is_read() -> None:
    row = board().row(2)
    row.claim(pid=4711, generation=3)
    row.beat(12.5)
    row.connections = 7
    row.note_failure()
    row.cell(0).begin(13.0, b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n", b"::1")

    cell = CellView(requests=1, began=13.0, progress=13.0, method=b"GET", target=b"/a?b=c", peer=b"::1")
    expected = RowView(pid=4711, generation=3, beat=12.5, connections=7, cells=(cell,), threads=1, failed=1)
    assert expected == row.read()
    assert 7 == row.connections


def test_event_loop_is_known_until_the_row_is_anothers() -> None:
    row = Scoreboard(rows=1, cells=1).row(0)
    row.claim(pid=7, generation=1)
    row.mark_loop(0.2)
    before = row.read()
    row.claim(pid=8, generation=2)

    assert (True, 0.2) == (before.is_loop, before.loop_beat_s)
    assert not row.read().is_loop


def test_rows_and_cells_do_not_touch_each_other() -> None:
    whole = board()
    for slot in range(4):
        row = whole.row(slot)
        row.claim(slot + 1, 1)
        for index in range(3):
            row.cell(index).begin(1.0 + slot, b"%b /%d-%d HTTP/1.1\r\n" % (b"M" * 99, slot, index), b"p" * 99)

    assert [
        [(slot + 1.0, b"M" * 15, b"/%d-%d" % (slot, index), b"p" * 46) for index in range(3)]
        for slot in range(4)
    ] == [
        [(cell.began, cell.method, cell.target, cell.peer) for cell in whole.row(slot).read().cells]
        for slot in range(4)
    ]


def test_claiming_clears_what_the_former_worker_left() -> None:
    row = board().row(0)
    row.claim(1, 1)
    row.connections = 5
    row.cell(2).begin(1.0, b"GET / HTTP/1.1\r\n", b"")
    row.claim(2, 1)

    assert RowView(pid=2, generation=1, beat=0.0, connections=0, cells=()) == row.read()
    assert 0 == row.requests()


def test_requests_are_summed_over_the_threads() -> None:
    row = board().row(0)
    row.claim(1, 1)
    for index in range(3):
        cell = row.cell(index)
        for _ in range(index + 1):
            cell.begin(1.0, b"GET / HTTP/1.1\r\n", b"")
            cell.end()

    assert 6 == row.requests()


def test_only_a_call_that_can_get_on_is_judged() -> None:
    """Neither an idle thread nor one that waits for a slow client hangs."""
    row = board().row(0)
    row.claim(1, 1)
    cell = row.cell(0)
    stalled = []
    cell.begin(10.0, b"GET / HTTP/1.1\r\n", b"")
    stalled.append(row.read().cells[0].stalled_since)
    cell.progress(20.0)
    stalled.append(row.read().cells[0].stalled_since)
    cell.waiting()
    stalled.append(row.read().cells[0].stalled_since)
    cell.progress(30.0)
    stalled.append(row.read().cells[0].stalled_since)
    cell.end()
    stalled.append(row.read().cells[0].stalled_since)

    assert [10.0, 20.0, inf, 30.0, inf] == stalled
    assert not row.read().cells[0].is_busy


def test_a_time_written_where_progress_is_kept_is_progress() -> None:
    """A loop that sends hundreds of blocks writes it itself."""
    row = board().row(0)
    row.claim(1, 1)
    others, cell = row.cell(0), row.cell(1)
    others.begin(10.0, b"GET /other HTTP/1.1\r\n", b"")
    cell.begin(10.0, b"GET / HTTP/1.1\r\n", b"")
    times, index = cell.progress_at()
    times[index] = 20.0

    assert [10.0, 20.0] == [view.stalled_since for view in row.read().cells]


def test_the_whole_server_stops_at_once() -> None:
    whole = board()
    before = whole.stopping
    whole.stopping = True

    assert (False, True) == (before, whole.stopping)


@pytest.mark.parametrize("slot", [-1, 4])
def test_a_slot_that_is_not_there_is_our_mistake(slot: int) -> None:
    with pytest.raises(IndexError):
        board().row(slot)


@pytest.mark.parametrize("index", [-1, 3])
def test_a_cell_that_is_not_there_is_our_mistake(index: int) -> None:
    with pytest.raises(IndexError):
        board().row(0).cell(index)


def test_a_torn_record_is_left_out() -> None:
    whole = board()
    row = whole.row(0)
    row.claim(1, 1)
    row.cell(0).begin(1.0, b"GET /torn HTTP/1.1\r\n", b"")
    row.cell(1).begin(1.0, b"GET /whole HTTP/1.1\r\n", b"")
    whole._memory[4096 + 256] = 9  # the first octet of the first cell: another number than at its end

    assert [b"/whole"] == [cell.target for cell in row.read().cells]


@given(st.binary(min_size=1, max_size=1024))
def test_garbage_is_read_without_harm(noise: bytes) -> None:
    """A worker whose C code ran wild must not take the arbiter with it."""
    whole = board()
    size = len(whole._memory)
    whole._memory[:] = (noise * (size // len(noise) + 1))[:size]
    row = whole.row(1)

    view = row.read()
    assert row.requests() >= 0
    assert view.beat >= 0.0
    assert view.beat < inf
    assert len(view.cells) <= 3
    assert all(0.0 <= cell.began < inf and 0.0 <= cell.progress < inf for cell in view.cells)
