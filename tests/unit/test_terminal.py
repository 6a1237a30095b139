"""A page's commands are run where its files are, and what they print stands below them."""

import pytest

from docs.terminal import BrokenCommandError, is_told, told

PAGE = """
```toml file=wsgid.toml
workers = 2
```

<!-- file=/etc/wsgid/shop.toml
threads = 4
-->

```console run
$ cat wsgid.toml; pwd
what stood here before
$ cat /etc/wsgid/shop.toml; echo "status $?"
```

```
$ not run
```
"""


def test_what_commands_print_stands_below_them() -> None:
    """Files are written in their order, and no path of this machine is shown."""
    expected = PAGE.replace("what stood here before\n", "workers = 2\n/srv/shop\n").replace(
        '"status $?"\n', '"status $?"\nthreads = 4\nstatus 0\n'
    )

    assert expected == told(PAGE)


def test_a_page_that_was_made_is_made_the_same_again() -> None:
    assert told(PAGE) == told(told(PAGE))


def test_no_page_shows_a_traceback_of_ours() -> None:
    """`make generated` in a tree that is being worked on must leave the pages as they are."""
    with pytest.raises(BrokenCommandError, match=r"Traceback"):
        told("```console run\n$ echo 'Traceback (most recent call last):'\n```\n")


@pytest.mark.parametrize(
    ("page", "expected"),
    [(PAGE, True), ("```toml\nworkers = 2\n```\n", False), ("```\n$ not run\n```\n", False)],
)
def test_a_page_without_such_fences_is_left_alone(page: str, expected: bool) -> None:  # noqa: FBT001  a case
    assert expected == is_told(page)
