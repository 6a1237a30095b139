"""The two tables of what is tried: whose test is whose, and whether the pages are those of these tests."""

from __future__ import annotations

import pytest

from tests.matrix import Matrix, frameworks, promises


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_small_sites.py::test_a_page_and_a_form[tornado-tornado]", ("tornado", "tornado")),
        ("test_frameworks.py::test_upload[chunks-1000-django-gevent]", ("django", "gevent")),
        ("test_workers.py::test_every_request_has_a_line[gevent]", None),
    ],
)
def test_framework_and_kind_stand_in_the_name_of_a_test(test: str, expected: object) -> None:
    assert expected == frameworks().pair(f"tests/integration/{test}")


def test_promise_is_the_name_of_its_tests() -> None:
    test = "tests/integration/test_workers.py::test_head_that_does_not_come_ends_its_connection[nothing-asgi]"

    assert ("test_head_that_does_not_come_ends_its_connection", "asgi") == promises().pair(test)


@pytest.mark.parametrize("matrix", [promises(), frameworks()], ids=lambda matrix: matrix.page.stem)
def test_page_says_what_there_are_tests_for_and_all_of_it_is_green(matrix: Matrix) -> None:
    """Where this fails, `make matrix` asks again, and writes the page."""
    text = matrix.page.read_text(encoding="utf-8")

    assert text == matrix.fill(text, dict.fromkeys(matrix.asked, True))
