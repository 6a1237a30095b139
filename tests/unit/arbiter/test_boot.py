"""What follows from a process that cannot boot."""

from __future__ import annotations

import pytest

from wsgid.arbiter.boot import Boots, Consequence


def judge(
    boots: Boots,
    pid: int = 7,
    *,
    is_candidate: bool = False,
    may_await: bool = False,
    is_stopping: bool = False,
) -> Consequence | None:
    return boots.judge(pid, is_candidate=is_candidate, may_await=may_await, is_stopping=is_stopping)


@pytest.mark.parametrize("has_served", [False, True])
@pytest.mark.parametrize("may_await", [False, True])
def test_one_that_was_to_try_a_reload_has_it_refused(has_served: bool, may_await: bool) -> None:  # noqa: FBT001
    boots = Boots()
    boots.has_served = has_served

    assert Consequence.REFUSE is judge(boots, is_candidate=True, may_await=may_await)


def test_who_has_served_once_goes_on() -> None:
    boots = Boots()
    boots.has_served = True

    assert Consequence.GO_ON is judge(boots, may_await=True)


def test_a_server_that_never_served_ends_or_waits_for_its_developer() -> None:
    assert Consequence.END is judge(Boots())
    assert Consequence.AWAIT is judge(Boots(), may_await=True)


def test_a_boot_that_a_stop_has_ended_is_no_reason() -> None:
    """But when the server ends for a boot, the others' reasons belong to it."""
    assert Consequence.GO_ON is judge(Boots(), is_stopping=True)
    boots = Boots()
    boots.reasons["no module"] = None

    assert Consequence.END is judge(boots, is_stopping=True)


def test_a_process_has_its_consequence_once() -> None:
    """It says so itself, then its end does; the next process with that pid is another one."""
    boots = Boots()

    assert [Consequence.END, None] == [judge(boots), judge(boots)]
    boots.forget(7)
    assert Consequence.END is judge(boots)
