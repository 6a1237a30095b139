"""What the access log needs to know of an exchange that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Record(Protocol):
    @property
    def environ(self) -> dict[str, Any]: ...
    @property
    def status(self) -> str:
        """The status line's code and reason, "200 OK"."""

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """The response's."""

    @property
    def sent(self) -> int:
        """Octets of the response's body."""

    @property
    def began(self) -> float: ...
    @property
    def ended(self) -> float:
        """`time.monotonic()`, as `began`."""
