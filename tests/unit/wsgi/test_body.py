"""A body in memory, and beyond."""

from __future__ import annotations

import pytest

from wsgid.wsgi.body import RequestBody, Spool, SpoolBudget, StreamReader


@pytest.mark.parametrize("size", [0, 10, 11, 1000])
def test_a_body_reads_like_a_file_wherever_it_lies(size: int) -> None:
    budget = SpoolBudget(0)
    body = RequestBody(Spool(10, budget, None))
    octets = bytes(range(256)) * 4
    for at in range(0, size, 3):
        body.write(octets[at : min(at + 3, size)])

    file = body.open()

    assert (body.fileno() is not None) == (size > 10)
    assert (size if size > 10 else 0) == budget.used
    assert octets[:size] == file.read()
    assert file.read(5) == b""
    body.close()
    assert budget.used == 0


def test_a_body_waits_while_the_files_of_a_worker_are_full() -> None:
    budget = SpoolBudget(20)
    first, second = (RequestBody(Spool(4, budget, None)) for _ in range(2))
    first.write(b"x" * 20)
    second.write(b"1234")
    woken: list[int] = []
    budget.on_release = lambda: woken.append(budget.used)

    assert second.waits_for_room
    first.close()
    assert not second.waits_for_room
    assert woken == [0]


def test_a_streamed_body_ends_where_pull_says() -> None:
    pieces = [b"abc", b"de", b""]
    reader = StreamReader(lambda: pieces.pop(0))

    assert reader.read(2) == b"ab"
    assert reader.readall() == b"cde"
