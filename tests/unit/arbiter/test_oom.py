"""Which SIGKILL was the kernel's, by what its count has risen by: numbers, and a cgroup tree of paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.arbiter.oom import OomKills, oom_count
from wsgid.arbiter.spawn import describe

if TYPE_CHECKING:
    from pathlib import Path

KILLED = describe(7, 9)


class Count:
    """The kernel's, as far as it tells."""

    def __init__(self, number: int | None) -> None:
        self.number = number

    def __call__(self) -> int | None:
        return self.number


def ends(kills: OomKills, number: int = 1) -> list[bool | None]:
    return [kills.explain(KILLED).is_oom for _ in range(number)]


def test_as_many_ends_are_the_kernels_as_it_has_counted() -> None:
    """One by hand at the same time is taken for the kernel's, or the kernel's for it: the number is right."""
    count = Count(5)
    kills = OomKills(count, 0.0)
    assert [False] == ends(kills)
    count.number = 7

    assert [True, True, False] == ends(kills, 3)


def test_what_was_counted_long_ago_explains_no_new_end() -> None:
    count = Count(0)
    kills = OomKills(count, 0.0)
    count.number = 1
    kills.tick(30.0)
    kills.tick(60.0)

    assert [False] == ends(kills)


def test_an_end_is_explained_however_long_its_reaping_took() -> None:
    """The memory of the dead is given back first; a turn of the loop in between takes nothing away."""
    count = Count(0)
    kills = OomKills(count, 0.0)
    kills.tick(29.9)
    count.number = 1
    kills.tick(30.0)
    kills.tick(30.1)

    assert [True] == ends(kills)


def test_where_nobody_counts_nobody_knows() -> None:
    assert [None] == ends(OomKills(Count(None), 0.0))


def test_only_a_sigkill_is_asked_for() -> None:
    count = Count(0)
    kills = OomKills(count, 0.0)
    count.number = 1

    assert describe(7, 11) == kills.explain(describe(7, 11))


def test_what_the_kernel_did_is_no_act_from_outside() -> None:
    """So workers that are too large for their machine are not started again as fast as they boot."""
    count = Count(0)
    kills = OomKills(count, 0.0)
    count.number = 1

    assert [False, True] == [kills.explain(KILLED).is_from_outside for _ in range(2)]


@pytest.mark.parametrize(
    ("line", "path", "text"),
    [
        ("0::/a/b\n", "a/b/memory.events", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\noom_group_kill 0\n"),
        ("4:memory:/a\n", "memory/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
        ("4:memory:/the/hosts\n0::/\n", "memory/memory.oom_control", "under_oom 0\noom_kill 3\n"),
        ("0::/a\n", "a/memory.events", "oom_kill_of_no_kernel 3\n"),
        ("0::/a\n", "a/memory.events", "oom_kill"),
    ],
    ids=["version 2", "version 1", "a container", "other words", "cut"],
)
def test_the_count_is_that_of_our_own_cgroup(tmp_path: Path, line: str, path: str, text: str) -> None:
    own, file = tmp_path / "cgroup", tmp_path / "fs" / path
    own.write_text(line)
    file.parent.mkdir(parents=True)
    file.write_text(text)
    (tmp_path / "fs" / "memory.events").write_text("oom_kill 99\n")

    assert (3 if "oom_kill 3" in text else 99) == oom_count(tmp_path / "fs", own)()


def test_no_cgroups_count_nothing(tmp_path: Path) -> None:
    assert oom_count(tmp_path, tmp_path / "cgroup")() is None
