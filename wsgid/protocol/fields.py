"""From the name of a header field to the name of its meta-variable (RFC 3875, 4.1.18)."""

from collections.abc import Callable
from typing import Final

from wsgid.protocol.refusal import bad_request

# Names that clients make up must not fill the memory.
KNOWN_BOUND: Final = 1024

# `Proxy:` would become HTTP_PROXY, which programs take for a setting of their own (CVE-2016-5385, "httpoxy").
DROPPED: Final = frozenset({"PROXY"})

WITHOUT_PREFIX: Final = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


class FieldKeys:
    """Gives the environ key of a field name, "" for a field to be left out.

    `known` has those that were asked for, `find` has all: a dict that finds what it lacks by itself
    (`__missing__`) is asked by way of Python's methods, even for what it has, at twice the price.

    `A_B` and `A-B` would be one key, so a client could speak for its proxy: `underscores` says what becomes
    of such names (`header_map`: "drop", "refuse" or "dangerous"). What `is_aside` wants, by its name in
    capitals, is left out too: somebody else looks at it (`forwarded.py`).
    """

    __slots__ = ("_is_aside", "_underscores", "known")

    def __init__(self, underscores: str = "drop", is_aside: Callable[[str], bool] | None = None) -> None:
        """Begin empty: a name is worked out when it is first seen."""
        self.known: dict[str, str] = {}
        self._underscores = underscores
        self._is_aside = is_aside

    def find(self, name: str) -> str:
        """Work out the key and remember it, while there is room."""
        key = name.upper().replace("-", "_")
        if self._is_aside is not None and self._is_aside(name.upper()):
            key = ""
        elif "_" in name and self._underscores == "refuse":
            raise bad_request("a field name with an underscore")
        elif key in DROPPED or ("_" in name and self._underscores == "drop"):
            key = ""
        elif key not in WITHOUT_PREFIX or "_" in name:
            key = "HTTP_" + key
        if len(self.known) < KNOWN_BOUND:
            self.known[name] = key
        return key
