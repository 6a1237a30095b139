"""Users and groups by name or number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wsgid.daemon.identity import group_number, user_number
from wsgid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("number_of", [user_number, group_number])
def test_a_name_has_its_number_and_a_number_is_its_own(number_of: Callable[[str, int | str], int]) -> None:
    """A number may be nobody's: containers have no /etc/passwd for theirs."""
    assert 0 == number_of("user", "root")
    assert 3_999_999_999 == number_of("user", 3_999_999_999)


@pytest.mark.parametrize(
    ("number_of", "text"),
    [
        (user_number, "user: there is no user `no-such`; `getent passwd` lists those there are"),
        (group_number, "user: there is no group `no-such`; `getent group` lists those there are"),
    ],
)
def test_a_name_that_nobody_has_is_told(number_of: Callable[[str, int | str], int], text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        number_of("user", "no-such")

    assert text == str(caught.value)
