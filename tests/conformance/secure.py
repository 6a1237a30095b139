"""Over TLS: rows of the other tables, those that show how a connection goes on and how it ends.

The client of the tests takes nothing but what was ciphered, and no end without a good-bye, but that of an
answer that is cut, which must have none.
"""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.conformance import connection, failures, responses

if TYPE_CHECKING:
    from tests.conformance.case import Case

CHOSEN = (
    "persistence, 1.1: nothing said",
    "persistence, 1.1: Connection: close",
    "persistence, 1.0: nothing said",
    "persistence, 1.0: Connection: keep-alive",
    "pipelining: *",
    "segments: octet by octet",
    "100-continue: a body to come",
    "upgrade: h2c is ignored",
    "framing: a list of one large block",
    "framing: a thousand blocks",
    "framing, 1.0: *",
    "too little: *",
    "raises: *",
    "raises ValueError: *",
)

CASES: tuple[Case, ...] = tuple(
    replace(case, id=f"TLS, {case.id}")
    for case in (*connection.CASES, *responses.CASES, *failures.CASES)
    if any(fnmatch.fnmatchcase(case.id, pattern) for pattern in CHOSEN)
)
