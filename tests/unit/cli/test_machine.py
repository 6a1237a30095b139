"""Where wsgid runs, and the line that it ends with elsewhere."""

from __future__ import annotations

import pytest

from wsgid.cli.machine import why_not, why_not_here


def here(**other: object) -> str:
    facts: dict[str, object] = {
        "implementation": "cpython",
        "platform": "linux",
        "architecture": "x86_64",
        "has_64_bits": True,
        "has_lock": True,
    }
    return why_not(**{**facts, **other})  # type: ignore[arg-type]


def test_the_machine_of_the_tests_is_good_enough() -> None:
    assert "" == why_not_here()


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_cpython_on_linux_is_served(architecture: str) -> None:
    assert "" == here(architecture=architecture)


@pytest.mark.parametrize(
    ("other", "end"),
    [
        ({"platform": "darwin"}, "this is darwin"),
        ({"platform": "win32", "architecture": "another"}, "this is win32"),
        ({"implementation": "pypy"}, "this is pypy"),
        ({"architecture": "riscv64"}, "this is riscv64"),
        ({"has_64_bits": False}, "this is x86_64 with a Python of 32 bits"),
        ({"has_lock": False}, "this is a Python that runs without it: start with PYTHON_GIL=1"),
    ],
)
def test_elsewhere_one_line_says_what_is_missing(other: dict[str, object], end: str) -> None:
    text = here(**other)

    assert text.endswith(end)
    assert "\n" not in text
