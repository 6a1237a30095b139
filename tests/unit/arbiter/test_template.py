"""What is sent to a template for a worker, whatever the number of listeners."""

from __future__ import annotations

import json

import pytest

from wsgid.arbiter.template import Birth

# SCM_MAX_FD of unix(7): more of them in a message, and the kernel takes none.
MOST = 253


@pytest.mark.parametrize("count", [2, MOST, MOST + 1, 1000])
def test_all_descriptors_come_in_their_order(count: int) -> None:
    birth = Birth(slot=3, age=7, workers=4, is_first=True, descriptors=count)
    datagrams = list(birth.datagrams(range(count)))

    assert list(range(count)) == [fd for _, descriptors in datagrams for fd in descriptors]
    assert max(len(descriptors) for _, descriptors in datagrams) <= MOST


def test_what_the_worker_has_to_know_comes_first() -> None:
    birth = Birth(slot=3, age=7, workers=4, is_first=False, descriptors=600)
    first, *others = (word for word, _ in birth.datagrams(range(600)))

    assert birth == Birth(**json.loads(first.partition(b" ")[2]))
    assert {b"more"} == set(others)
