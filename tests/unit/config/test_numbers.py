"""Octal numbers: nobody's permissions are to be 26 because somebody wrote 22."""

from __future__ import annotations

import pytest

from wsgid.config.numbers import octal, why_not_octal


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("22", '`22` is not written in octal: write "022" or 0o022'),
        ("660", '`660` is not written in octal: write "0660" or 0o660'),
        ("18", '`18` is not written in octal: write "022" or 0o022'),
        ("0x12", '`0x12` is not written in octal: write "022" or 0o022'),
    ],
)
def test_a_number_that_may_be_decimal_is_shown_in_both_spellings(written: str, advice: str) -> None:
    assert advice == why_not_octal(written)
    with pytest.raises(ValueError) as caught:
        octal(written)
    assert advice == str(caught.value)


@pytest.mark.parametrize("written", ["0o22", "0O22"])
def test_what_is_written_with_0o_is_octal(written: str) -> None:
    assert "" == why_not_octal(written)
    assert 0o22 == octal(written)
