"""Numbers that people write with a unit, or in octal, and the plain number that it is."""

from __future__ import annotations

import re

# A longer duration is a slip (milliseconds?), and what poll(2) takes, 31 bits of milliseconds, is 24.8 days.
LONGEST_S = 24 * 86_400
# 8 PiB: more than any machine has, and exact as a float.
LARGEST_BYTES = 2**53

UNIT_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
UNIT_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30}

# As regular expressions of JSON Schema, too: no group with a name, no look-around.
DURATION = r"^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$"
SIZE = r"^([0-9]+)([KMGkmg])$"
OCTAL = r"^0[oO]?[0-7]*$"
# The same up to 0777.
PERMISSIONS = r"^0([0-7]{0,3}|[oO]0*[0-7]{1,3})$"


def seconds(value: object) -> object:
    """Read "30s"; what is no such text is left for the type's own check."""
    if isinstance(value, str) and (match := re.fullmatch(DURATION, value)):
        return float(match[1]) * UNIT_S[match[2]]
    return value


def octets(value: object) -> object:
    """Read "64K"; what is no such text is left for the type's own check."""
    if isinstance(value, str) and (match := re.fullmatch(SIZE, value)):
        return int(match[1]) * UNIT_BYTES[match[2].upper()]
    return value


def octal(value: object) -> object:
    """Read "022" or "0o022"; raises ValueError for a text that is not written in octal.

    A number is taken as it is: whoever knows how it was written asks `why_not_octal`.
    """
    if not isinstance(value, str):
        return value
    if not re.fullmatch(OCTAL, value) or value[-1] in "oO":
        raise ValueError(_both_spellings(value))
    return int(value.lower().replace("o", ""), 8)


def why_not_octal(written: str) -> str:
    """Say why a number, as it is written in a file, does not count as octal; "" if it does.

    `umask = 22` may mean 022 or 0o26: nobody but its author knows.
    """
    return "" if written.lower().startswith("0o") else _both_spellings(written)


def _both_spellings(text: str) -> str:
    digits = text.lstrip("0").removeprefix("o")
    if not re.fullmatch(r"[0-7]{1,4}", digits):
        digits = "22"
    zero = "0" if len(digits) >= len("022") else ""
    return f'`{text}` is not written in octal: write "{zero}{digits:0>3}" or 0o{digits:0>3}'
