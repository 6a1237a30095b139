"""What waits between workers is seen by whoever takes part, and by nobody who gives way."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

import pytest

from wsgid.workers.acceptor import Acceptor
from wsgid.workers.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.workers.handover import HandOver
    from wsgid.workers.maker import ConnectionMaker
    from wsgid.workers.shortage import Shortage


class Worker:
    """The doors of one; in the place of the pair is a file that is readable, as if something waited."""

    def __init__(self, held: ExitStack) -> None:
        reader, writer = os.pipe()
        pair = held.enter_context(os.fdopen(reader, "rb"))
        held.callback(os.close, writer)
        os.write(writer, b"!")
        self.poller = Poller(shared=True)
        held.callback(self.poller.epoll.close)
        self.acceptor = Acceptor(
            (),
            cast("HandOver", pair),
            self.poller,
            cast("ConnectionMaker", None),
            bound=100,
            shared=True,
            log=logging.getLogger("test"),
            shortage=cast("Shortage", None),
            arrived=lambda *_: None,
            close=lambda _: None,
        )
        self.acceptor.listen()

    def sees(self) -> bool:
        """Whether a thread that polls is told of what waits."""
        return bool(self.poller.epoll.poll(0))


@pytest.fixture
def worker() -> Iterator[Worker]:
    with ExitStack() as held:
        yield Worker(held)


def test_no_thread_takes_while_its_worker_gives_way(worker: Worker) -> None:
    """It would take back what one of them has just given."""
    seen = [worker.sees()]
    worker.acceptor.give_way()
    seen.append(worker.sees())
    worker.acceptor.take_part()
    seen.append(worker.sees())

    assert [True, False, True] == seen


def test_looking_anew_does_not_end_giving_way(worker: Worker) -> None:
    worker.acceptor.give_way()
    worker.acceptor.refresh()

    assert not worker.sees()


def test_doors_that_were_closed_meanwhile_stay_closed(worker: Worker) -> None:
    """Every thread may be in a call by now; or the worker leaves."""
    worker.acceptor.give_way()
    worker.acceptor.ignore()
    worker.acceptor.take_part()

    assert not worker.sees()


def test_doors_that_were_opened_anew_meanwhile_stay_open(worker: Worker) -> None:
    worker.acceptor.give_way()
    worker.acceptor.ignore()
    worker.acceptor.listen()
    worker.acceptor.take_part()

    assert worker.sees()
