"""Which listener of a former self is taken for which address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wsgid.net.inheritance import match

if TYPE_CHECKING:
    from collections.abc import Sequence

FOUR = ("127.0.0.1", 8000)
OTHER = ("127.0.0.1", 8001)
SIX = ("::1", 8000, 0, 0)


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ([FOUR], [OTHER, FOUR], {0: 1}),
        ([SIX, FOUR], [FOUR, SIX], {0: 1, 1: 0}),
        ([FOUR], [OTHER], {}),
        ([FOUR], [], {}),
        (["/run/a", b"\0b"], [b"\0b", "/run/a"], {0: 1, 1: 0}),
        # any port will do, but not one that somebody else wants
        ([("127.0.0.1", 0)], [OTHER], {0: 0}),
        ([("127.0.0.1", 0), OTHER], [OTHER, FOUR], {1: 0, 0: 1}),
        ([("127.0.0.1", 0), OTHER], [OTHER], {1: 0}),
        ([("::1", 0, 0, 0)], [FOUR, SIX], {0: 1}),
        # the same twice (reuse_port): one each
        ([FOUR, FOUR], [FOUR], {0: 0}),
    ],
)
def test_the_same_address_first_then_any_port(
    wanted: Sequence[Any], names: Sequence[Any], found: dict[int, int]
) -> None:
    assert found == match(wanted, names)
