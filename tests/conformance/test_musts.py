"""Every demand of RFC 9112 has a row that would fail if it were not kept."""

from __future__ import annotations

import re

from tests.conformance.musts import MUSTS, TABLES, without_row


def test_every_demand_has_a_row() -> None:
    assert [] == without_row()


def test_every_row_says_where_it_is_laid_down() -> None:
    """An RFC and its section, or another text with a name."""
    rules = [rule for table in TABLES for case in table for rule in case.rule.split("; ")]

    known = re.compile(r"RFC [0-9]{4}(, [0-9.]+)?|PEP 3333|PROXY protocol, 2\.[12]")
    assert [] == [rule for rule in rules if not known.fullmatch(rule)]


def test_demands_are_in_the_order_of_the_standard() -> None:
    sections = [[int(part) for part in must.section.split(".")] for must in MUSTS]

    assert sorted(sections) == sections
    assert {2, 3, 4, 5, 6, 7, 8, 9} == {section[0] for section in sections}
