"""Every demand of RFC 9112 has a row that would fail if it were not kept."""

from __future__ import annotations

import re

from tests.conformance.musts import MUSTS, SILENT, TABLES, without_row


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


def test_every_section_demands_something_or_is_known_to_demand_nothing() -> None:
    """The numbers are those of the standard's table of contents."""
    subsections = {2: 3, 3: 3, 4: 0, 5: 2, 6: 3, 7: 4, 8: 0, 9: 8}
    below = ["3.2.1", "3.2.2", "3.2.3", "3.2.4", "7.1.1", "7.1.2", "7.1.3", "9.3.1", "9.3.2"]
    every = [f"{one}" for one in subsections]
    every += [f"{one}.{number + 1}" for one, count in subsections.items() for number in range(count)]

    demanding = {must.section for must in MUSTS}
    assert sorted(every + below) == sorted(demanding | SILENT.keys())
    assert not demanding & SILENT.keys()
