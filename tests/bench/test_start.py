"""What comes before a request stays as cheap as it is; the bounds are loose, for machines differ."""

from __future__ import annotations

import pytest

from tests.bench import start


@pytest.mark.load
@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_commands_and_workers_are_no_dearer_than_they_were() -> None:
    """Each bound is about twice what was measured (docs/explanation/performance.md), beside gunicorn's."""
    figures = {figure.what: figure.values for figure in start.measure(rounds=2)}
    lines = [f"{what:<50} {values}" for what, values in figures.items()]
    print(*lines, sep="\n")
    wsgid = {what: values["wsgid"] for what, values in figures.items()}
    gunicorn = {what: values["gunicorn"] for what, values in figures.items()}

    # A person waits for them, and completion asks them: they import no pydantic.
    for words in ("--help", "--version"):
        assert wsgid[f"`{words}`, {start.CPU}"] < 1.2 * gunicorn[f"`{words}`, {start.CPU}"]
    # It looks at all that can be known before serving, and tells all mistakes.
    assert wsgid[f"`--check-config`, {start.CPU}"] < 6 * gunicorn[f"`--check-config`, {start.CPU}"]
    assert wsgid[f"`--check-config`, {start.PEAK}"] < 80
    # The collector leaves alone what workers share, and what can be shared is there before the fork.
    assert wsgid[start.IDLE] < 9
    assert wsgid[start.USED] < 10
